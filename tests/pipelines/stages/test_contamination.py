import json
from pathlib import Path

import pyarrow as pa
import pytest

from governance.ledger import write_ledger
from governance.records.ids import content_name
from governance.records.schemas import DECISION
from pipelines.recipe import Recipe
from pipelines.stages.benchmarks import index_benchmarks
from pipelines.stages.contamination import Contamination
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
    clean, decisions = found.split(rows, "letters")
    assert clean.to_pylist() == [True, False, True]
    (decision,) = decisions
    assert decision["doc_id"] == doc_id("letters", 1) and decision["measured"] == 1.0 and decision["bound"] == 0.6
    assert decision["code"] == "exam" and decision["related"] == content_name(["exam", "q1"])
    write_ledger(tmp_path / "ledger.parquet", pa.Table.from_pylist(decisions, schema=DECISION))


def test_a_document_with_two_items_is_dropped_once_for_the_larger_share(made: Context) -> None:
    found = Contamination.load(made)
    assert found is not None
    most = ITEMS[0][: int(len(ITEMS[0]) * 0.8)]
    clean, decisions = found.split(_rows(f"{most} 그리고 {ITEMS[1]}"), "letters")
    assert clean.to_pylist() == [False] and [d["measured"] for d in decisions] == [1.0]
