from pathlib import Path

import pyarrow as pa
import pytest

from governance.records.errors import RefusedError
from governance.restricted import read_restricted
from pipelines.late import clear_late, late_counts
from pipelines.stages.protect import LATE_RULE, Part, ProtectTask, protect_name
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import WORK, context, doc_id, index_of, staged, write_staged

# Staged by hand: what Prepare would have destroyed stands there. The number is invented.
RRN = "900101-1234567"
TEXTS = [f"{n}번 안내문입니다." for n in range(9)]


def _protect(directory: Path, *, bound: float, count: int = 1) -> tuple[Context, Receipt]:
    made = context(directory, recipe={"protect": {"late_unique_bound": bound}})
    late = [f"{n}번 안내문입니다. 주민등록번호 {RRN}" for n in range(count)]
    titles = [f"{RRN} 제출"] + [None] * (len(TEXTS) + count - 1)
    write_staged(made, "letters", "staged-j0", staged("letters", [*late, *TEXTS], title=titles))
    rows = {"row": range(len(TEXTS) + count), "cluster_size": [1] * (len(TEXTS) + count)}
    kept = pa.table(rows, schema=pa.schema([("row", pa.int32()), ("cluster_size", pa.int32())]))
    made.write(WORK, made.path(WORK, "deduplicate", "e.keep-000000"), kept)
    index = index_of(made, [("letters", "j0", 99, 99)])
    path = "shards/letters/kogl-1/k.r.parquet"
    whole = (Part(0, 0, len(TEXTS) + count),)
    task = ProtectTask(protect_name(path), WORK, "letters", index.name, "e", path, "r1", whole, 10)
    return made, task.run(made)


def _staged(made: Context) -> list[dict]:
    path = made.path("letters", "prepare", "staged-j0")
    return read_restricted(path, made.keys.secret("zone/letters")).to_pylist()


def test_a_unique_identifier_found_late_is_destroyed_where_it_is_staged(tmp_path: Path) -> None:
    made, receipt = _protect(tmp_path, bound=0.2)
    before = _staged(made)
    assert RRN in before[0]["text"] and receipt.out["late"] == 1
    assert clear_late(made, [receipt]) == {"letters": 1} == late_counts([receipt])
    after = _staged(made)
    assert not any(RRN in (value or "") for row in after for value in (row["text"], row["title"]))
    assert after[0]["text"] == before[0]["text"].replace(RRN, "[주민등록번호]")
    assert (after[0]["chars"], after[0]["bytes"]) == (len(after[0]["text"]), len(after[0]["text"].encode()))
    assert after[1:] == before[1:]
    assert clear_late(made, [receipt]) == {"letters": 1} and _staged(made) == after


def test_the_find_is_a_decision_and_spans_of_the_ledger(tmp_path: Path) -> None:
    made, receipt = _protect(tmp_path, bound=0.2)
    decisions = made.read(WORK, made.path(WORK, "protect", f"{receipt.name}.decisions")).to_pylist()
    (late,) = [d for d in decisions if d["rule"] == LATE_RULE]
    assert (late["doc_id"], late["outcome"], late["measured"]) == (doc_id("letters", 0), "marked", 2.0)
    assert ["resident_number", "destroy", 2] in receipt.out["actions"]
    assert receipt.books["dropped"] == 0


def test_a_source_above_the_bound_is_refused_and_what_was_found_is_destroyed_all_the_same(tmp_path: Path) -> None:
    made, receipt = _protect(tmp_path, bound=0.1, count=2)
    with pytest.raises(RefusedError, match=r"letters: .* in 2 of 11 documents.*nothing was published") as refused:
        clear_late(made, [receipt])
    assert refused.value.policies == ("protect-late-unique",)
    assert not any(RRN in row["text"] for row in _staged(made))


def test_candidates_texts_go_with_them(tmp_path: Path) -> None:
    made, receipt = _protect(tmp_path, bound=1)
    candidates = made.home.zone(WORK) / "candidates"
    candidates.mkdir()
    clear_late(made, [receipt])
    assert not candidates.exists()
    assert clear_late(made, []) == {}
