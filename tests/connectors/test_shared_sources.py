"""The real sources of configs/sources/shared, read in place: what is there is read or counted, nothing else."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from connectors.base import open_connector
from connectors.catalogue import load_sources
from connectors.formats.contract import Broken
from connectors.formats.registry import splits
from connectors.read import read_item
from governance.terms import parse_terms

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("MALMOI_DATA", ROOT.parent / "shared" / "data"))
FILES = sorted((ROOT / "configs" / "sources" / "shared").glob("*.yaml"))
SPECS = {spec.name: spec for spec in load_sources(FILES, {"MALMOI_DATA": str(DATA)})}
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}; set MALMOI_DATA")

# Source: items, documents, broken. Counted independently: ../shared/data/README.md, wc, grep.
EXPECTED: dict[str, tuple[int, int, dict[str, int]]] = {
    "bills-csv": (1, 17353, {}),
    "bills-txt": (5, 5, {}),
    "chatbot": (1, 11823, {}),
    "comments-labelled": (1, 7896, {}),
    "comments-unlabelled": (1, 33893, {}),
    "constitution": (1, 1, {}),
    "encodings": (9, 4, {"item unsupported_encoding": 5}),
    "html-debian": (84, 84, {}),
    "html-libreoffice": (192, 192, {}),
    "hwp-hwplib": (43, 0, {"item unsupported_format": 43}),
    "hwpx-hwpxlib": (29, 0, {"item unsupported_format": 29}),
    "hwpx-notices": (2, 0, {"item unsupported_format": 2}),
    "hwpx-templates": (2, 0, {"item unsupported_format": 2}),
    "law-api-xml": (30, 30, {}),
    "law-versions": (113, 113, {}),
    "laws-md": (396, 396, {}),
    "md-react": (175, 175, {}),
    "nsmc-raw": (997, 73431, {"document empty_text": 2}),
    "pdf": (1, 0, {"item unsupported_format": 1}),
    "petitions": (3, 1758, {"document empty_text": 17}),
    "precedents-md": (1300, 1300, {}),
    "press-release": (12, 12, {}),
    "scale": (4, 30873, {}),
    "treebank": (1, 9, {}),
    "warc": (1, 0, {"item unsupported_format": 1}),
    "wikipedia-txt": (7, 7, {}),
}


def test_every_source_has_its_counts_and_valid_terms():
    assert set(SPECS) == set(EXPECTED)
    for spec in SPECS.values():
        terms = parse_terms(spec.name, spec.terms)
        assert terms.training
        assert terms.evidence


@needs_data
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_items_and_documents_are_all_read_or_counted(name):
    spec = SPECS[name]
    connector = open_connector(spec)
    items = list(connector.list())
    broken: Counter[str] = Counter()
    documents = 0
    for item in items:
        for split in splits(item, spec, 4 << 20):
            for part in read_item(connector, spec, item, split):
                if isinstance(part, Broken):
                    broken[f"{part.unit} {part.code.value}"] += 1
                else:
                    documents += part.num_rows
    assert (len(items), documents, dict(broken)) == EXPECTED[name]


@needs_data
def test_every_named_field_is_found_in_some_document():
    for spec in SPECS.values():
        if not spec.fields or spec.name == "scale":
            continue
        connector = open_connector(spec)
        found = {
            column
            for item in connector.list()
            for part in read_item(connector, spec, item)
            if not isinstance(part, Broken)
            for column in spec.fields
            if part.column(column).null_count < part.num_rows
        }
        assert found == set(spec.fields), spec.name
