"""Sensitive subjects of a batch: counted over title and text, followed through rows that leave."""

from __future__ import annotations

import pyarrow as pa

from governance.records.schemas import SENTENCE
from pipelines.stages.sensitive import Tagged, tag, totals
from transforms.pii.sensitive_words import Sensitive

TEXTS = ["우울증. 고혈압.", "무관", "노조 가입", "당뇨. 암 환자. 치매. 집행유예"]
TITLES = ["치매 안내", None, None, "집행유예"]
IDS = pa.array(["a", "b", "c", "d"])


def _tagged() -> Tagged:
    return tag({"text": pa.array(TEXTS, pa.large_string()), "title": pa.array(TITLES, pa.string())})


def _counts(tagged: Tagged) -> list[dict[str, int]]:
    return [{e["category"]: e["sentences"] for e in entries} for entries in tagged.tags.to_pylist()]


def test_title_and_text_are_counted_together() -> None:
    assert _counts(_tagged()) == [{"health": 3}, {}, {"union": 1}, {"health": 3, "criminal_record": 2}]
    assert totals([_tagged().tags, _tagged().tags]) == [
        ["health", 4, 12],
        ["union", 2, 2],
        ["criminal_record", 2, 4],
    ]


def test_sentences_name_their_document_field_and_place() -> None:
    found = _tagged().sentences(IDS)
    assert found.schema == SENTENCE and found.num_rows == 9
    assert {(r["doc_id"], r["field"]) for r in found.to_pylist()} == {
        ("a", "text"),
        ("a", "title"),
        ("c", "text"),
        ("d", "text"),
        ("d", "title"),
    }


def test_rows_that_leave_take_their_sentences_along() -> None:
    stays = pa.array([False, True, True, True])
    left = _tagged().filter(stays)
    assert _counts(left) == _counts(_tagged())[1:]
    mine = [r for r in _tagged().sentences(IDS).to_pylist() if r["doc_id"] != "a"]
    assert left.sentences(IDS.filter(stays)).to_pylist() == mine


def test_the_first_category_over_its_bound_is_named() -> None:
    at_most = {Sensitive.CRIMINAL_RECORD: 0, Sensitive.HEALTH: 2}
    assert _tagged().over(at_most) == [(0, "health", 3, 2), (3, "health", 3, 2)]
    assert _tagged().over({Sensitive.CRIMINAL_RECORD: 1}) == [(3, "criminal_record", 2, 1)]
    assert _tagged().over({}) == []
