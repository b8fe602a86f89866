from typing import Any

import pyarrow as pa
import pytest

from governance.records.schemas import BROKEN, DECISION, SENTENCE, SPAN
from pipelines.report.planted import FOUND_AS, planted_vs_found
from samples.invented import MAKERS
from transforms.pii.kinds import Kind

DOCUMENTS = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source", pa.string()),
        ("item", pa.string()),
        ("native_id", pa.string()),
        ("locator", pa.string()),
        ("destroyed", pa.list_(pa.struct([("kind", pa.string()), ("count", pa.int32())]))),
    ]
)


def row(what: str, kind: str, native: str | None = "n1", **more: Any) -> dict[str, Any]:
    base = {"what": what, "corpus": "letters", "item": "a.jsonl", "native_id": native, "kind": kind, "variant": "plain"}
    places = {"field": "text", "start": 10, "end": 23, "slack": 0, "value": "", "group": "", "detail": {}}
    return base | places | more


def run(
    truth: list[dict[str, Any]],
    documents: list[str] = ["n1", "n2", "n3"],  # noqa: B006
    spans: list[tuple[str, str, int, int]] = (),  # type: ignore[assignment]
    decisions: list[tuple[str, str, str]] = (),  # type: ignore[assignment]
    broken: list[tuple[str, str]] = (),  # type: ignore[assignment]
    destroyed: dict[str, list[dict[str, Any]]] | None = None,
    told: list[tuple[str, str, int, int]] = (),  # type: ignore[assignment]
) -> dict[str, dict[str, Any]]:
    """Runs it with small tables; document ids are the native ids, in capitals. Returns rows by kind, presence aside."""
    staged = [
        {
            "doc_id": n.upper(),
            "source": "letters",
            "item": "a.jsonl",
            "native_id": n,
            "locator": "",
            "destroyed": (destroyed or {}).get(n, []),
        }
        for n in documents
    ]
    found = [
        {
            "doc_id": d,
            "field": "text",
            "kind": k,
            "start": s,
            "end": e,
            "score": 900,
            "recogniser": "r@1",
            "action": "mask",
        }
        for d, k, s, e in spans
    ]
    made = [
        {"doc_id": d, "source": "letters", "stage": s, "rule": "r@1", "outcome": o, "code": "duplicate_native_id"}
        for d, s, o in decisions
    ]
    lost = [
        {
            "source": "letters",
            "item": 0,
            "unit": "item",
            "code": c,
            "offset": 0,
            "length": 0,
            "digest": "",
            "item_name": i,
        }
        for i, c in broken
    ]
    rows = planted_vs_found(
        truth,
        pa.Table.from_pylist(staged, schema=DOCUMENTS),
        pa.Table.from_pylist(found, schema=SPAN),
        pa.Table.from_pylist(made, schema=DECISION),
        pa.Table.from_pylist(lost, schema=BROKEN.append(pa.field("item_name", pa.string()))),
        pa.Table.from_pylist(
            [
                {"doc_id": d, "field": "text", "category": c, "start": s, "end": e, "recogniser": "s@1"}
                for d, c, s, e in told
            ],
            schema=SENTENCE,
        ),
    )
    return {r["kind"]: r for r in rows if r["what"] != "document"}


def counts(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["planted"], found["found"], found["withheld"]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (("N1", "phone", 10, 23), 1),  # exact
        (("N1", "phone", 10, 17), 1),  # more than half
        (("N1", "phone", 10, 16), 0),  # less than half of thirteen
        (("N1", "phone", 40, 53), 0),  # elsewhere
        (("N1", "email", 10, 23), 0),  # another kind
        (("N2", "phone", 10, 23), 0),  # another document
    ],
)
def test_a_value_is_found_by_half_of_it_under_its_own_kind(span: tuple[str, str, int, int], expected: int) -> None:
    found = run([row("pii", "mobile")], spans=[span])["mobile"]
    assert counts(found) == (1, expected, 0)
    assert len(found["misses"]) == 1 - expected


def test_a_span_moved_within_the_slack_is_found_and_counts_once() -> None:
    truth = [row("pii", "mobile", slack=40), row("pii", "mobile", start=60, end=73, slack=40)]
    found = run(truth, spans=[("N1", "phone", 35, 48)])["mobile"]
    assert counts(found) == (2, 1, 0)


def test_a_miss_names_its_corpus_and_its_line_of_the_truth_and_no_native_id() -> None:
    found = run([row("negative", "price"), row("pii", "mobile")])["mobile"]
    assert found["misses"] == [{"corpus": "letters", "line": 2}]


def test_a_unique_identifier_destroyed_in_prepare_is_found_without_a_span() -> None:
    truth = [row("pii", "rrn"), row("pii", "rrn", start=50, end=64)]
    found = run(truth, destroyed={"n1": [{"kind": "resident_number", "count": 1}]})["rrn"]
    assert counts(found) == (2, 1, 0)


def test_values_in_documents_that_were_dropped_are_withheld_not_missed() -> None:
    found = run([row("pii", "mobile")], decisions=[("N1", "judge", "dropped")])["mobile"]
    assert counts(found) == (0, 0, 1)


def test_values_in_documents_marked_as_copies_still_count() -> None:
    found = run([row("pii", "mobile")], decisions=[("N1", "deduplicate", "marked")])["mobile"]
    assert counts(found) == (1, 0, 0)


def test_a_number_that_is_nobodys_must_be_left_alone() -> None:
    truth = [row("negative", "price", start=0, end=40)]
    assert counts(run(truth)["price"]) == (1, 1, 0)
    assert counts(run(truth, spans=[("N1", "account", 5, 15)])["price"]) == (1, 0, 0)
    assert counts(run(truth, spans=[("N1", "organisation", 5, 15)])["price"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ([("N2", "deduplicate", "dropped"), ("N3", "deduplicate", "dropped")], (2, 2, 0)),
        ([("N2", "deduplicate", "dropped"), ("N3", "deduplicate", "marked")], (2, 2, 0)),
        ([("N2", "deduplicate", "dropped")], (2, 1, 0)),
        ([], (2, 0, 0)),
        # The survivor may lie outside the group: then all members leave.
        ([(n, "deduplicate", "dropped") for n in ("N1", "N2", "N3")], (2, 2, 0)),
        # Two of three never reach Deduplicate: nothing is left to compare.
        ([("N1", "judge", "dropped"), ("N2", "judge", "dropped")], (0, 0, 1)),
    ],
)
def test_of_a_group_of_copies_all_but_one_must_leave(
    decisions: list[tuple[str, str, str]], expected: tuple[int, int, int]
) -> None:
    truth = [row("exact_duplicate", "text", n, group="g") for n in ("n1", "n2", "n3")]
    assert counts(run(truth, decisions=decisions)["text"]) == expected


def test_a_letter_of_a_template_must_stay() -> None:
    truth = [row("template", "permit")]
    assert counts(run(truth)["permit"]) == (1, 1, 0)
    assert counts(run(truth, decisions=[("N1", "deduplicate", "dropped")])["permit"]) == (1, 0, 0)


def test_a_poor_document_must_leave_or_be_empty() -> None:
    truth = [row("low_quality", "english"), row("low_quality", "empty", native="gone")]
    found = run(truth, decisions=[("N1", "judge", "dropped")], broken=[("a.jsonl", "empty_text")])
    assert counts(found["english"]) == (1, 1, 0)
    assert counts(found["empty"]) == (1, 1, 0)


def test_a_broken_item_counts_with_a_code_that_fits_it() -> None:
    truth = [row("broken", "truncated_gzip", None, item="t.gz", detail={"codes": ["truncated", "corrupt"]})]
    assert counts(run(truth, broken=[("t.gz", "truncated")])["truncated_gzip"]) == (1, 1, 0)
    assert counts(run(truth, broken=[("t.gz", "empty_item")])["truncated_gzip"]) == (1, 0, 0)


def test_an_id_used_twice_is_known_by_the_decision_on_it() -> None:
    truth = [row("broken", "duplicate_native_id", None, detail={"codes": ["duplicate_native_id"]})]
    assert counts(run(truth, decisions=[("N2", "deduplicate", "broken")])["duplicate_native_id"]) == (1, 1, 0)
    assert counts(run(truth, decisions=[("N2", "deduplicate", "dropped")])["duplicate_native_id"]) == (1, 0, 0)


def test_a_file_that_is_a_document_is_known_by_its_item() -> None:
    assert (
        counts(run([row("pii", "mobile", None)], documents=["n1"], spans=[("N1", "phone", 10, 23)])["mobile"])[1] == 1
    )


def test_documents_that_vanished_are_told_apart_from_missed_values() -> None:
    documents = pa.Table.from_pylist([], schema=DOCUMENTS)
    lost = [{"source": "letters", "item": 0, "unit": "item", "code": "corrupt", "offset": 0, "length": 0, "digest": ""}]
    broken = pa.Table.from_pylist(
        [{**lost[0], "item_name": "b"}], schema=BROKEN.append(pa.field("item_name", pa.string()))
    )
    found = planted_vs_found(
        [row("pii", "mobile")], documents, SPAN.empty_table(), DECISION.empty_table(), broken, SENTENCE.empty_table()
    )
    read = next(r for r in found if r["what"] == "document")
    assert (read["planted"], read["found"]) == (1, 0)
    assert next(r for r in found if r["what"] == "pii")["withheld"] == 1


def test_corpora_that_are_no_source_of_the_run_are_left_out() -> None:
    assert run([row("pii", "mobile", corpus="refused")]) == {}


def test_every_planted_kind_has_kinds_that_find_it() -> None:
    known = {kind.value for kind in Kind}
    for kind in MAKERS.keys() - {"rrn_2020"}:
        assert FOUND_AS.get(kind, {kind}) <= known, kind


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (("N1", "health", 0, 60), 1),
        (("N1", "union", 0, 60), 0),  # another category
        (("N1", "health", 30, 60), 0),  # another sentence
        (("N2", "health", 0, 60), 0),
    ],
)
def test_a_sensitive_thing_is_found_by_a_sentence_of_its_category(
    sentence: tuple[str, str, int, int], expected: int
) -> None:
    assert run([row("pii", "sensitive", variant="health")], told=[sentence])["sensitive"]["found"] == expected


def test_one_sentence_tells_of_all_that_was_planted_in_it() -> None:
    truth = [row("pii", "sensitive", variant="criminal"), row("pii", "sensitive", variant="criminal", start=30, end=40)]
    assert counts(run(truth, told=[("N1", "criminal_record", 0, 60)])["sensitive"]) == (2, 2, 0)
