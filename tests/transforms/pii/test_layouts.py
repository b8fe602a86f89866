import json
import os
from pathlib import Path

import pytest

from governance.records.errors import ConfigError
from transforms.pii.gold import LABEL
from transforms.pii.kinds import Kind
from transforms.pii.labels import common_label
from transforms.pii.layouts import read_layout

TEXT = "김민준 010-2600-4143"
SPANS = [(0, 3, "NAME"), (4, 17, "PHONE")]
DATA = Path(os.environ.get("MALMOI_DATA", "../shared/data")) / "pii"

RECORDS = {
    "spans as objects": {"text": TEXT, "spans": [{"start": a, "end": b, "label": c} for a, b, c in SPANS]},
    "spans as triples": {"prompt": TEXT, "spans": [[0, 3, "KR_PERSON"], [4, 17, "KR_PHONE"]]},
    "values to look up": {
        "text": TEXT,
        "pii": [{"type": "PERSON", "text": "김민준"}, {"type": "PHONE", "text": TEXT[4:]}],
    },
    "spaCy's entities": {"text": TEXT, "entities": [[0, 3, "PER"], [4, 17, "PHONE_NUMBER"]]},
    "doccano's label": {"text": TEXT, "label": [[4, 17, "phone"], [0, 3, "person"]]},
    "our own kinds": {"text": TEXT, "spans": [[0, 3, "name"], [4, 17, "phone"]]},
}


def _read(tmp_path: Path, name: str, content: str) -> list[tuple[str, list[tuple[int, int, str]]]]:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return [(d.text, [tuple(s) for s in d.spans]) for d in read_layout(path)]


@pytest.mark.parametrize("layout", RECORDS)
def test_a_layout_gives_the_same_spans_and_labels(tmp_path: Path, layout: str) -> None:
    assert _read(tmp_path, "set.jsonl", json.dumps(RECORDS[layout]) + "\n\n") == [(TEXT, SPANS)]


def test_test_vectors_are_labelled_by_the_name_of_their_file(tmp_path: Path) -> None:
    line = json.dumps({"text": TEXT, "expected_len": 1, "expected_positions": [[4, 17]]})
    assert _read(tmp_path, "presidio_kr_rrn.jsonl", line) == [(TEXT, [(4, 17, "RRN")])]


def test_an_export_of_label_studio_is_read(tmp_path: Path) -> None:
    result = [{"value": {"start": a, "end": b, "labels": [c]}} for a, b, c in SPANS] + [{"value": {"choices": ["x"]}}]
    tasks = [{"id": 7, "data": {"text": TEXT}, "annotations": [{"result": result}]}, {"data": {"text": "없음"}}]
    assert _read(tmp_path, "export.json", json.dumps(tasks)) == [(TEXT, SPANS), ("없음", [])]


def test_signs_with_tags_are_joined_to_sentences(tmp_path: Path) -> None:
    tagged = "## klue-1\t<김:PS>\n김\tB-PS\n수\tI-PS\n \tO\n이\tB-PS\n박\tB-PS\n\n## klue-2\n가\tO\n\n"
    assert _read(tmp_path, "ner.tsv", tagged) == [
        ("김수 이박", [(0, 2, "NAME"), (3, 4, "NAME"), (4, 5, "NAME")]),
        ("가", []),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.jsonl", '{"text": "가", "spans": [[0, 9, "NAME"]]}'),
        ("set.jsonl", "{"),
        ("set.jsonl", '{"text": "가"}'),
        ("vectors.jsonl", '{"text": "가", "expected_positions": []}'),
        ("export.json", '{"a": 1}'),
        ("export.json", "[1]"),
    ],
)
def test_what_is_in_no_layout_is_refused_with_its_file(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(ConfigError, match=name):
        _read(tmp_path, name, content)


def test_every_kind_has_the_label_of_the_gold_sets() -> None:
    assert {common_label(kind.value): LABEL[kind] for kind in Kind if kind in LABEL} == {v: v for v in LABEL.values()}
    assert common_label("driver-license") == "DRIVER" and common_label("Something new") == "SOMETHING_NEW"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data (MALMOI_DATA)")
@pytest.mark.parametrize(
    ("original", "gold"),
    [
        ("kopii_generated/generated_eval.audited.even.jsonl", "kopii_audited"),
        ("kopii_generated/eval_corpus.spans.third.jsonl", "kopii_evalcorpus"),
        ("nufi_gold/dev.jsonl", "nufi"),
        ("klue_ner/klue-ner-dev.part1.tsv", "klue_ner"),
    ],
)
def test_original_layouts_give_the_spans_of_the_converted_sets(original: str, gold: str) -> None:
    converted = {d.text: d.spans for d in read_layout(DATA / "gold" / f"{gold}.jsonl")}
    labels = {span.label for spans in converted.values() for span in spans}
    found = {d.text: tuple(s for s in d.spans if s.label in labels) for d in read_layout(DATA / original)}
    assert found.keys() == converted.keys()
    same = sum(found[text] == converted[text] for text in found)
    # The conversion dropped a few labels and looked repeated values up its own way.
    assert same >= 0.95 * len(found)
