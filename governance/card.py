"""The dataset card: README.md with the YAML header that the Hugging Face hub reads.

Source: huggingface.co/docs/hub/datasets-cards (metadata), /docs/hub/datasets-manual-configuration (configs).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

# The hub knows these; anything else is `other` with a name of its own.
_HUB_LICENCES = {
    "CC0-1.0": "cc0-1.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-3.0": "cc-by-3.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-SA-3.0": "cc-by-sa-3.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
    "CC-BY-ND-4.0": "cc-by-nd-4.0",
    "CC-BY-NC-ND-4.0": "cc-by-nc-nd-4.0",
    "Apache-2.0": "apache-2.0",
    "MIT": "mit",
    "ODC-By-1.0": "odc-by",
}
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)


@dataclass(frozen=True)
class CardSource:
    """One source in a release: counts and terms. `files` are shard paths relative to the card."""

    name: str
    sector: str
    licence: str
    documents: int
    chars: int
    files: tuple[str, ...]
    attribution: str = ""


@dataclass(frozen=True)
class CardFacts:
    """Everything the card says; the same facts give the same bytes."""

    title: str
    corpus: str
    release_id: str
    sources: tuple[CardSource, ...]
    languages: tuple[str, ...] = ("ko",)
    pii_level: str = "pseudonymised"
    pii_counts: Mapping[str, int] = field(default_factory=dict)
    books: Mapping[str, int] = field(default_factory=dict)
    merkle_root: str = ""
    sensitive: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # category: documents, sentences


def dataset_card(facts: CardFacts) -> str:
    """The card as Markdown with its YAML header."""
    header = yaml.safe_dump(header_of(facts), sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{header}---\n\n" + "\n".join(_body(facts)) + "\n"


def header_of(facts: CardFacts) -> dict[str, Any]:
    """The header as data: licence, language, size, and one configuration a source beside the whole."""
    licences = sorted({source.licence for source in facts.sources})
    everything = [path for source in facts.sources for path in source.files]
    header: dict[str, Any] = {
        "pretty_name": facts.title,
        "license": [_hub_licence(licence) for licence in licences],
        "language": list(facts.languages),
        "task_categories": ["text-generation"],
        "size_categories": [size_category(sum(source.documents for source in facts.sources))],
        "tags": ["korean", "malmoi", *sorted({source.sector for source in facts.sources})],
        "configs": [_config("default", everything), *(_config(s.name, s.files) for s in _ordered(facts))],
    }
    header["license"] = sorted(set(header["license"]))
    if "other" in header["license"]:
        others = [licence for licence in licences if _hub_licence(licence) == "other"]
        header["license_name"] = "-".join(others).lower() if len(others) == 1 else "several"
        header["license_link"] = "#sources-and-licences"
    return header


def size_category(documents: int) -> str:
    """The hub's word for a number of documents."""
    return next((word for bound, word in _SIZES if documents < bound), "n>1T")


def _hub_licence(licence: str) -> str:
    return _HUB_LICENCES.get(licence, "other")


def _config(name: str, files: Sequence[str]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "config_name": name,
        "data_files": [{"split": "train", "path": sorted(files)}],
    }
    return config | {"default": True} if name == "default" else config


def _ordered(facts: CardFacts) -> list[CardSource]:
    return sorted(facts.sources, key=lambda source: source.name)


def _body(facts: CardFacts) -> list[str]:
    documents = sum(source.documents for source in facts.sources)
    chars = sum(source.chars for source in facts.sources)
    return [
        f"# {_prose(facts.title)}",
        "",
        f"Release `{facts.release_id}` of corpus `{facts.corpus}`: {documents:,} documents, {chars:,} characters.",
        "",
        "## Sources and licences",
        "",
        *_table(["source", "sector", "licence", "documents", "characters", "attribution"], _source_rows(facts)),
        "",
        "## Personal data",
        "",
        f"Level: {facts.pii_level}. The text is not anonymised: do not try to identify anyone in it.",
        "",
        *_table(["kind", "spans"], [[kind, f"{n:,}"] for kind, n in sorted(facts.pii_counts.items())]),
        "",
        "## Sensitive subjects",
        "",
        "What documents speak of (PIPA, art. 23), whomever they mean; the column `sensitive` has it by document.",
        "",
        *_table(["category", "documents", "sentences"], _sensitive_rows(facts)),
        "",
        "## How it came about",
        "",
        *_table(["documents", "count"], [[name, f"{n:,}"] for name, n in facts.books.items()]),
        "",
        "Verify it with the publisher's public key, which comes by another road than this directory:",
        "",
        "```",
        f"malmoi verify {facts.release_id} --key public.pem",
        "```",
        "",
        f"Merkle root of the shards: `{facts.merkle_root}`" if facts.merkle_root else "",
    ]


def _source_rows(facts: CardFacts) -> list[list[str]]:
    return [[s.name, s.sector, s.licence, f"{s.documents:,}", f"{s.chars:,}", s.attribution] for s in _ordered(facts)]


def _sensitive_rows(facts: CardFacts) -> list[list[str]]:
    return [[name, *(f"{n:,}" for n in counts)] for name, counts in sorted(facts.sensitive.items())]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return ["None."]
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _cell(text: str) -> str:
    return _prose(text).replace("|", "\\|")


def _prose(text: str) -> str:
    """One line, without markup: names come from terms files, which others write."""
    return html.escape(" ".join(text.split()), quote=False)
