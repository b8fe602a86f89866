import json
from pathlib import Path

import pyarrow as pa
import pytest

from governance.ledger import write_ledger
from governance.records.ids import content_name
from governance.records.schemas import DECISION
from pipelines.recipe import Recipe
from pipelines.stages.benchmarks import index_benchmarks
from pipelines.stages.contamination import RULE, Contamination
from pipelines.stages.cutting import LEFT_RULE, cut_marked
from pipelines.tasks import Context
from tests.pipelines.plans import WORK, context, doc_id

ITEMS = [
    "다음 글을 읽고 알맞은 답을 고르시오. 우리 마을의 도서관은 언제 문을 열었으며 누가 처음 책을 기증하였는가?",
    "바다에서 불어오는 바람이 산을 넘으면서 어떻게 달라지는지 설명하고 그 까닭을 두 가지 이상 적어 보시오.",
]


@pytest.fixture
def made(tmp_path: Path) -> Context:
    suite = tmp_path / "exam.jsonl"
    suite.write_text("".join(json.dumps({"id": f"q{n}", "text": t}) + "\n" for n, t in enumerate(ITEMS)))
    recipe = {"decontaminate": {"suites": {"exam": {"path": str(suite)}}, "share": 0.6}}
    made = context(tmp_path, recipe=recipe)
    benchmarks = index_benchmarks(
        Recipe.model_validate({"name": "r", "corpus": "c", "sources": ["s"], **recipe}), tmp_path, made.home.zone(WORK)
    )
    made.plan = made.plan.model_copy(update={"benchmarks": benchmarks})
    return made


def _rows(*texts: str) -> pa.Table:
    ids = [doc_id("letters", n) for n in range(len(texts))]
    return pa.table({"doc_id": ids, "text": pa.array(texts, pa.large_string())})


def test_a_plan_without_suites_has_nothing_to_look_for(tmp_path: Path) -> None:
    assert Contamination.load(context(tmp_path)) is None


def test_a_document_that_holds_an_item_is_dropped_with_its_evidence(made: Context, tmp_path: Path) -> None:
    found = Contamination.load(made)
    assert found is not None
    rows = _rows("오늘의 안내입니다.", f"시험지를 옮겨 적습니다. {ITEMS[1]} 끝입니다.", ITEMS[0][:20])
    told = found.search(rows, "letters")
    assert told.stays.to_pylist() == [True, False, True] and told.marks.num_rows == 0
    (decision,) = told.decisions
    assert decision["doc_id"] == doc_id("letters", 1) and decision["measured"] == 1.0 and decision["bound"] == 0.6
    assert decision["code"] == "exam" and decision["related"] == content_name(["exam", "q1"])
    write_ledger(tmp_path / "ledger.parquet", pa.Table.from_pylist(told.decisions, schema=DECISION))


def test_a_document_with_two_items_is_dropped_once_for_the_larger_share(made: Context) -> None:
    found = Contamination.load(made)
    assert found is not None
    most = ITEMS[0][: int(len(ITEMS[0]) * 0.8)]
    told = found.search(_rows(f"{most} 그리고 {ITEMS[1]}"), "letters")
    assert told.stays.to_pylist() == [False] and [d["measured"] for d in told.decisions] == [1.0]


CLEAN = "오늘 회의에서는 내년 예산과 도로 공사의 기간을 차례로 검토하였습니다."


def _cutting(made: Context, left_at_least: int = 20) -> Contamination:
    found = Contamination.load(made)
    assert found is not None
    return Contamination(found.index, left_at_least)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{CLEAN}\n{ITEMS[1]}\n{CLEAN}", f"{CLEAN}\n{CLEAN}"),
        (f"{ITEMS[0]}\n{CLEAN}\n\n{ITEMS[1]}", CLEAN),
        # An item over three lines stands in no line alone, but in a paragraph.
        (
            f"{CLEAN}\n\n{ITEMS[0].replace('우리', chr(10) + '우리').replace('언제', chr(10) + '언제')}\n\n{CLEAN}",
            f"{CLEAN}\n\n{CLEAN}",
        ),
    ],
)
def test_only_the_passages_with_an_item_are_cut_where_the_recipe_cuts(made: Context, text: str, left: str) -> None:
    rows = _rows(CLEAN, text)
    told = _cutting(made).search(rows, "letters")
    assert told.stays.to_pylist() == [True, True] and not told.decisions
    outcome = cut_marked(rows, told.marks, "letters")
    assert outcome.rows["text"].to_pylist() == [CLEAN, left]
    assert {(d["outcome"], d["rule"], d["code"]) for d in outcome.decisions} == {("cut", RULE, "exam")}
    assert set(outcome.cuts["related"].to_pylist()) <= {content_name(["exam", f"q{n}"]) for n in range(2)}


def test_what_is_contaminated_across_its_paragraphs_is_dropped(made: Context) -> None:
    item = ITEMS[0]
    spread = "\n\n".join(item[at : at + 12] for at in range(0, len(item), 12))
    told = _cutting(made).search(_rows(f"{CLEAN}\n\n{spread}"), "letters")
    assert told.stays.to_pylist() == [False] and told.marks.num_rows == 0
    assert [d["outcome"] for d in told.decisions] == ["dropped"]


def test_a_document_that_is_all_benchmark_is_not_left_as_a_scrap(made: Context) -> None:
    rows = _rows(f"시험\n{ITEMS[0]}\n{ITEMS[1]}")
    outcome = cut_marked(rows, _cutting(made).search(rows, "letters").marks, "letters")
    assert outcome.rows.num_rows == 0
    dropped = [d for d in outcome.decisions if d["outcome"] == "dropped"]
    assert [(d["rule"], d["measured"], d["bound"]) for d in dropped] == [(LEFT_RULE, 2.0, 20.0)]
