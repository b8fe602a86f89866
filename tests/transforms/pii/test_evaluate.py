"""The figures that everything is judged by, on cases counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from governance.records.errors import ConfigError
from transforms.pii.evaluate import CORE, STRUCT, evaluate, match, predict
from transforms.pii.gold import LABEL, GoldDocument, Span, is_test, read_gold


def document(text: str, *spans: Span, name: str = "set") -> GoldDocument:
    return GoldDocument("id", text, spans, name)


def test_half_an_overlap_matches_and_less_does_not() -> None:
    gold = [Span(0, 10, "NAME")]
    assert match(gold, [Span(0, 5, "NAME")])
    assert not match(gold, [Span(0, 4, "NAME")])
    assert not match(gold, [Span(0, 10, "PHONE")])


def test_one_finding_answers_for_one_gold_span() -> None:
    gold = [Span(0, 4, "NAME"), Span(0, 4, "NAME")]
    assert len(match(gold, [Span(0, 4, "NAME")])) == 1


def test_figures_of_a_small_case() -> None:
    gold = document("가" * 30, Span(0, 10, "PHONE"), Span(20, 24, "NAME"))
    result = evaluate([gold], [[Span(0, 8, "PHONE"), Span(12, 15, "NAME")]])
    assert result.labels["PHONE"].figures() == {
        "gold": 1,
        "found": 1,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "exact_f1": 0.0,
        "leak": 0.2,
    }
    assert result.labels["NAME"].figures()["leak"] == 1.0
    assert result.group(["PHONE", "NAME"])["f1"] == 0.5
    assert result.confusion == {("NAME", "-"): 1, ("-", "NAME"): 1}


def test_a_label_that_a_set_never_uses_does_not_count_against_precision() -> None:
    silent = document("가나다", Span(0, 1, "NAME"), name="names only")
    result = evaluate([silent], [[Span(0, 1, "NAME"), Span(1, 2, "ADDRESS")]])
    assert result.labels["NAME"].figures()["precision"] == 1.0
    assert "ADDRESS" not in result.labels


def test_a_finding_of_another_label_covers_the_characters_but_is_no_match() -> None:
    gold = document("0" * 13, Span(0, 13, "RRN"))
    result = evaluate([gold], [[Span(0, 13, "ACCOUNT")]])
    assert result.labels["RRN"].figures()["leak"] == 0.0
    assert result.labels["RRN"].figures()["recall"] == 0.0


def test_predictions_speak_the_labels_of_the_gold_sets() -> None:
    spans = predict([document("전화 010-2345-6789")])
    assert spans == [[Span(3, 16, "PHONE")]]
    assert set(STRUCT) <= set(CORE) <= set(LABEL.values())


LAYOUTS = {
    "objects": {"id": "a", "text": "전화 010", "spans": [{"start": 3, "end": 6, "label": "PHONE"}]},
    "triples": {"prompt": "전화 010", "spans": [[3, 6, "PHONE"]]},
    "values": {"text": "전화 010", "pii": [{"type": "PHONE", "text": "010"}]},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_to_the_same_spans(layout: str, tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(LAYOUTS[layout], ensure_ascii=False) + "\n", encoding="utf-8")
    (found,) = read_gold(path)
    assert found.spans == (Span(3, 6, "PHONE"),)
    assert found.set == "set"


def test_lines_that_are_no_gold_are_named_without_their_text(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    bad = {"text": "비밀", "spans": [{"start": 0, "end": 9, "label": "NAME"}]}
    path.write_text("{}\nnot json\n" + json.dumps(bad), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        list(read_gold(path))
    assert len(refused.value.problems) == 3
    assert "비밀" not in str(refused.value)


def test_the_test_part_depends_on_the_text_alone_and_is_about_three_in_ten() -> None:
    texts = [f"문서 {number}" for number in range(2000)]
    share = sum(is_test(text) for text in texts) / len(texts)
    assert 0.25 < share < 0.35
    assert is_test(texts[0]) == is_test(str(texts[0]))
