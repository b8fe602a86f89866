import re
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import restricted
from governance.records.errors import ConfigError
from governance.records.schemas import DOCUMENT
from pipelines.families import FAMILIES
from pipelines.stages.elect import KEEP
from pipelines.stages.protect import (
    Part,
    ProtectTask,
    lineage_steps,
    pii_level,
    pii_policy,
    protect_name,
    protect_tasks,
    sha256_of,
    shard_key,
)
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import STRICT_TERMS, WORK, context, doc_id, index_of, plan, source, staged, write_staged

TEXTS = [f"{n}번 안내문입니다. 문의는 담당 부서로 하십시오." for n in range(12)]
PHONE = "010-2600-4143"  # of a range that is given to nobody


def _task(
    made: Context, parts: list[tuple[int, int, int]], path: str = "shards/letters/kogl-1/k.r.parquet"
) -> ProtectTask:
    index = index_of(made, [("letters", "j0", 12, 12), ("letters", "j1", 12, 12)])
    whole = tuple(Part(*part) for part in parts)
    return ProtectTask(protect_name(path), WORK, "letters", index.name, "e", path, "r1", whole, 10)


def _keep(made: Context, file: int, rows: list[int], sizes: list[int] | None = None) -> None:
    columns = {"row": rows, "cluster_size": sizes or [1] * len(rows)}
    table = pa.table(columns).cast(KEEP)
    made.write(WORK, made.path(WORK, "deduplicate", f"e.keep-{file:06d}"), table)


def _shard(made: Context, task: ProtectTask) -> tuple[list[dict[str, Any]], Receipt]:
    receipt = task.run(made)
    table = pq.read_table(made.home.corpus("test") / task.path)
    assert table.schema.remove_metadata() == DOCUMENT.remove_metadata()
    return table.to_pylist(), receipt


@given(st.sets(st.integers(0, 11), min_size=1), st.integers(1, 5), st.data())
@settings(max_examples=20)
def test_a_shard_holds_the_kept_rows_of_its_parts_in_order(keep: set[int], group_rows: int, data: Any) -> None:
    rows = sorted(keep)
    start = data.draw(st.integers(0, len(rows) - 1))
    stop = data.draw(st.integers(start + 1, len(rows)))
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(restricted, "ROW_GROUP_ROWS", group_rows)
        made = context(Path(directory))
        batches = staged("letters", TEXTS).to_batches(max_chunksize=group_rows)
        write_staged(made, "letters", "staged-j0", pa.Table.from_batches(batches))
        _keep(made, 0, rows, [row + 1 for row in rows])
        found, receipt = _shard(made, _task(made, [(0, start, stop)]))
    wanted = rows[start:stop]
    assert [row["text"] for row in found] == [TEXTS[row] for row in wanted]
    assert [row["cluster_size"] for row in found] == [row + 1 for row in wanted]
    assert receipt.books == {"in": len(wanted), "kept": len(wanted), "dropped": 0, "broken": 0}


@pytest.fixture
def made(tmp_path: Path) -> Context:
    return context(tmp_path)


def test_parts_of_several_files_follow_each_other(made: Context) -> None:
    for file in (0, 1):
        write_staged(made, "letters", f"staged-j{file}", staged("letters", TEXTS[file * 6 : file * 6 + 6]))
        _keep(made, file, [0, 2])
    found, receipt = _shard(made, _task(made, [(0, 1, 2), (1, 0, 2)]))
    assert [row["text"] for row in found] == [TEXTS[2], TEXTS[6], TEXTS[8]]
    index = made.read(WORK, made.path(WORK, "protect", f"{receipt.name}.index")).to_pylist()
    assert index == [{"doc_id": row["doc_id"], "row": n} for n, row in enumerate(found)]


def test_personal_data_leave_every_free_field_and_are_counted(made: Context) -> None:
    said = f"문의: {PHONE}"
    table = staged("letters", [f"안내입니다. {said}"], title=[said], author=[said], url=[None])
    write_staged(made, "letters", "staged-j0", table)
    _keep(made, 0, [0])
    ((row,), receipt) = _shard(made, _task(made, [(0, 0, 1)]))
    assert not any(PHONE in (row[name] or "") for name in ("text", "title", "author"))
    assert row["pii"]["level"] == "pseudonymised"
    assert {c["kind"]: c["count"] for c in row["pii"]["counts"]}["phone"] == 3
    assert sum(n for kind, _, n in receipt.out["actions"] if kind == "phone") == 3
    spans = made.read(WORK, made.path(WORK, "protect", f"{receipt.name}.spans")).to_pylist()
    assert {(s["doc_id"], s["field"]) for s in spans if s["kind"] == "phone"} == {
        (doc_id("letters", 0), field) for field in ("text", "title", "author")
    }


def test_a_row_says_where_it_comes_from_and_what_it_went_through(made: Context) -> None:
    write_staged(made, "letters", "staged-j0", staged("letters", TEXTS[:1]))
    _keep(made, 0, [0])
    ((row,), receipt) = _shard(made, _task(made, [(0, 0, 1)]))
    assert (row["source"], row["sector"], row["licence"], row["release_id"]) == (
        "letters",
        "government",
        "LicenseRef-KOGL-1",
        "r1",
    )
    assert row["lineage"] == lineage_steps(made.plan) and row["chars"] == len(row["text"])
    path = made.home.corpus("test") / receipt.out["path"]
    assert receipt.out["sha256"] == sha256_of(path) and receipt.out["bytes"] == path.stat().st_size


def _planned(first: str = "digest", bytes_: int = 50) -> dict[str, Any]:
    return {"source": "letters", "elect": "e", "bytes": bytes_, "parts": [[0, 0, 5, first, "staged-j0"]]}


def _names(made: Context, planned: list[dict[str, Any]], live: dict[str, str] | None = None) -> list[ProtectTask]:
    index = index_of(made, [("letters", "j0", 12, 12)])
    elect = Receipt("deduplicate", "e", "", {}, {"shards": planned})
    return protect_tasks(made.plan, index, elect, live or {})


def test_a_shard_is_named_by_what_decides_its_rows(tmp_path: Path) -> None:
    def key(directory: str, digest: str = "digest", **more: Any) -> str:
        (task,) = _names(context(tmp_path / directory, **more), [_planned(digest)])
        return shard_key(task.path)

    families = dict.fromkeys(FAMILIES, "f")
    keys = {
        key("same"),
        key("rows", digest="other"),
        key("terms", sources=[source("letters", STRICT_TERMS)]),
        key("policy", recipe={"protect": {"epoch": "2"}}),
        key("code", families=families | {"pii": "g"}),
    }
    assert len(keys) == 5
    # The release that first writes it, and what Judge or Publish are told, name nothing.
    assert key("again", base_release="r0", recipe={"judge": {"bounds": {"chars": {"at_least": 1}}}}) in keys


def test_a_shard_that_the_base_release_holds_keeps_its_file_and_its_release(tmp_path: Path) -> None:
    made = context(tmp_path, base_release="r0")
    fresh, new = _names(made, [_planned(), _planned("other")])
    live = {shard_key(fresh.path): "shards/letters/kogl-1/old.r0.parquet"}
    kept, again = _names(made, [_planned(), _planned("other")], live)
    assert (kept.path, kept.release_id) == ("shards/letters/kogl-1/old.r0.parquet", "r0")
    assert (again.path, again.release_id) == (new.path, made.plan.release_id)
    assert made.plan.release_id[:8] in new.path and new.path.startswith("shards/letters/kogl-1/")


def test_the_policy_of_the_recipe_is_read_without_its_epoch(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        recipe={
            "protect": {
                "actions": {"phone": "keep"},
                "reasons": {"phone": "public_record"},
                "epoch": "9",
                "legal_basis": "x",
            }
        },
    )
    assert pii_policy(made) != pii_policy(plan(tmp_path))


@pytest.mark.parametrize(
    ("skip", "problem"),
    [
        ("naem", "protect.skip: 'naem' is unknown; did you mean 'name'?"),
        ("resident_number", "protect.skip: resident_number: unique identifiers are always destroyed"),
    ],
)
def test_a_kind_that_cannot_be_skipped_is_refused(skip: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        pii_policy(plan(Path("home"), recipe={"protect": {"skip": [skip]}}))
    assert refused.value.problems == (problem,)


def test_a_release_without_a_kind_is_raw() -> None:
    skipping = plan(Path("home"), recipe={"protect": {"skip": ["name"]}})
    assert "name" not in {str(kind) for kind in pii_policy(skipping).actions}
    assert (pii_level(skipping), pii_level(plan(Path("home")))) == ("raw", "pseudonymised")


def test_a_subject_that_names_a_person_is_left_out(made: Context) -> None:
    table = staged("letters", TEXTS[:3], domain=["민원", f"문의 {PHONE}", None])
    write_staged(made, "letters", "staged-j0", table)
    _keep(made, 0, [0, 1, 2])
    found, _ = _shard(made, _task(made, [(0, 0, 3)]))
    assert [row["domain"] for row in found] == ["민원", None, None]


FORM = "성별: 남\n생년월일: 1980년 3월 2일\n주소: 서울특별시 강남구 테헤란로 12\n나이: 44세\n직업: 교사"


@pytest.mark.parametrize(
    ("then", "bound", "outcome"),
    [("generalise", 23.0, "marked"), ("generalise", 4.0, "dropped"), ("drop", 23.0, "dropped")],
)
def test_a_document_whose_quasi_identifiers_show_too_much_is_made_coarser_or_dropped(
    tmp_path: Path, then: str, bound: float, outcome: str
) -> None:
    made = context(tmp_path, recipe={"protect": {"combination": {"bound": bound, "then": then}}})
    write_staged(made, "letters", "staged-j0", staged("letters", [FORM, *TEXTS]))
    _keep(made, 0, [0, 1])
    found, receipt = _shard(made, _task(made, [(0, 0, 2)]))
    (said,) = made.read(WORK, made.path(WORK, "protect", f"{receipt.name}.decisions")).to_pylist()
    assert (said["rule"], said["outcome"], said["bound"]) == ("combination@1", outcome, bound)
    assert said["measured"] > bound and said["doc_id"] == doc_id("letters", 0)
    kept = 1 if outcome == "dropped" else 2
    assert len(found) == kept == receipt.books["kept"] and receipt.books["dropped"] == 2 - kept
    spans = made.read(WORK, made.path(WORK, "protect", f"{receipt.name}.spans")).to_pylist()
    if outcome == "marked":
        assert "강남구" not in found[0]["text"] and "1980" not in found[0]["text"]
        assert all(s["action"] == "destroy" for s in spans if s["kind"] in ("address", "birth_date", "age"))
    else:
        assert receipt.out["rules"] == {"combination@1": 1} and not [s for s in spans if s["doc_id"] == said["doc_id"]]


def test_another_epoch_makes_pseudonyms_that_nothing_links(tmp_path: Path) -> None:
    texts = {}
    for epoch in ("1", "2"):
        made = context(tmp_path, recipe={"protect": {"epoch": epoch, "link": "source"}})
        write_staged(made, "letters", "staged-j0", staged("letters", [f"문의: {PHONE}", f"다시 {PHONE}"]))
        _keep(made, 0, [0, 1])
        found, _ = _shard(made, _task(made, [(0, 0, 2)], f"shards/letters/kogl-1/k{epoch}.r.parquet"))
        texts[epoch] = {re.search(r"[\d-]{9,}", row["text"]).group() for row in found}  # type: ignore[union-attr]
    assert {len(values) for values in texts.values()} == {1} and not texts["1"] & texts["2"]
    assert {"pseudonym/letters/1", "pseudonym/letters/2"} <= set(made.keys.names())
