"""Packaging; also what a Beam worker installs (`--setup_file`). Locked versions: requirements.lock."""

from pathlib import Path

from setuptools import find_packages, setup

RUNTIME = [
    line for line in Path(__file__).with_name("requirements.in").read_text().splitlines() if line and line[0] != "#"
]

setup(
    name="malmoi",
    version="0.1.0",
    description="Korean training-corpus pipeline: deduplicated, scrubbed, governed releases",
    python_requires=">=3.11,<3.14",
    packages=find_packages(
        include=["pipelines*", "transforms*", "governance*", "connectors*", "labeling*", "configs*", "samples*"]
    ),
    package_data={
        "configs": ["**/*.yaml", "**/*.cedar", "**/*.cedarschema", "**/*.json"],
        "": ["*.html", "*.css", "*.js", "*.sql", "*.txt", "*.tsv", "*.npz", "*.svg", "*.json"],
    },
    install_requires=RUNTIME,
    extras_require={"gpu": ["cudf-cu12>=25.2"]},
    entry_points={"console_scripts": ["malmoi=pipelines.cli:main"]},
)
