from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from governance.parquet import write_released
from pipelines.plan import SourcePlan
from pipelines.stages.index import numbers
from pipelines.stages.verify import ExtractTask, VerifyTask, extract_tasks, verify_tasks
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import (
    FREE_TERMS,
    STRICT_TERMS,
    WORK,
    context,
    doc_id,
    index_of,
    source,
    staged,
    write_judged,
    write_staged,
)

TEXT = " ".join(f"{n}번째 문장은 도로 공사에 관한 안내입니다." for n in range(40))
NEAR = TEXT.replace("20번째", "스무째")
FAR = " ".join(f"{n}번째 예산은 지역 회의에서 정합니다." for n in range(40))


def _number(file: int, row: int) -> int:
    return int(numbers(file, np.array([row]))[0])


class Candidates:
    """Two staged files of two sources whose rows are all candidates of one chunk."""

    def __init__(self, directory: Path, first: list[str], second: list[str], *sources: SourcePlan, **more: Any) -> None:
        both = sources or (source("letters"), source("texts"))
        self.made: Context = context(directory, both, **more)
        files = []
        for number, (one, texts) in enumerate(zip(both, (first, second), strict=True)):
            write_staged(self.made, one.name, f"staged-j{number}", staged(one.name, texts))
            write_judged(self.made, f"j{number}", {"keep": [True] * len(texts)})
            files.append((one.name, f"j{number}", len(texts), len(texts)))
        self.index = index_of(self.made, files)
        self.documents = [_number(f, row) for f, texts in enumerate((first, second)) for row in range(len(texts))]

    def verified(self, edges: list[tuple[int, int]], chunks: list[int] | None = None) -> dict[int, dict[str, Any]]:
        chunks = chunks or [0] * len(self.documents)
        chunk = dict(zip(self.documents, chunks, strict=True))
        self._keep("candidates", {"document": self.documents, "chunk": chunks})
        between = sorted(edges, key=lambda edge: chunk[edge[0]])
        starts = [sum(chunk[left] < n for left, _ in edges) for n in range(max(chunks) + 2)]
        self._keep("edges", {"left": [left for left, _ in between], "right": [right for _, right in between]})
        self._keep("starts", {"start": starts})
        connect = Receipt("connect", "c", "", {}, {"files": [0, 1], "chunks": max(chunks) + 1})
        extracts = [task.run(self.made) for task in extract_tasks(self.made, self.index, connect)]
        self.tasks: list[VerifyTask] = verify_tasks(self.made.plan, self.index, connect, extracts)
        rows: dict[int, dict[str, Any]] = {}
        for task in self.tasks:
            task.run(self.made)
            table = pl.DataFrame(self.made.read(WORK, self.made.path(WORK, "verify", task.name)))
            rows |= {row["document"]: row for row in table.iter_rows(named=True)}
        return rows

    def _keep(self, what: str, columns: dict[str, list[int]]) -> None:
        kinds = {"chunk": pa.int32()}
        table = pa.table({name: pa.array(v, kinds.get(name, pa.int64())) for name, v in columns.items()})
        self.made.write(WORK, self.made.path(WORK, "connect", f"c.{what}"), table)


def test_near_and_exact_copies_find_their_survivor_and_others_stay_alone(tmp_path: Path) -> None:
    a, b, c, d = _number(0, 0), _number(0, 1), _number(1, 0), _number(1, 1)
    found = Candidates(tmp_path, [TEXT, FAR], [TEXT, NEAR]).verified([(a, c), (a, d), (a, b), (c, d)])
    survivor = found[a]["survivor"]
    assert {found[n]["survivor"] for n in (a, c, d)} == {survivor} and found[b]["survivor"] == b
    exact = next(n for n in (a, c) if n != survivor)
    assert (found[exact]["exact"], found[exact]["similarity"]) == (True, 1.0)
    assert not found[d]["exact"] and 0.8 < found[d]["similarity"] < 1
    assert found[d]["survivor_id"] == found[survivor]["doc_id"]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (source("zeta"), source("alpha", STRICT_TERMS)),
        (source("zeta", priority=1), source("alpha", priority=2)),
        (source("zeta", {**FREE_TERMS, "resale": True}), source("alpha", {**FREE_TERMS, "resale": False})),
    ],
    ids=["terms", "priority", "resale"],
)
def test_the_better_source_survives_whatever_its_name(tmp_path: Path, better: SourcePlan, worse: SourcePlan) -> None:
    ordered = sorted((better, worse), key=lambda s: s.name)
    found = Candidates(tmp_path, [TEXT], [TEXT], *ordered).verified([(_number(0, 0), _number(1, 0))])
    assert found[_number(0, 0)]["survivor"] == _number(ordered.index(better), 0)


def test_a_released_document_survives_a_better_one(tmp_path: Path) -> None:
    made = Candidates(tmp_path, [TEXT], [TEXT], source("a"), source("b", priority=9), base_release="r0")
    release = made.made.home.release("test", "r0")
    release.mkdir(parents=True)
    write_released(release / "index.parquet", pa.table({"doc_id": [doc_id("b", 0)]}))
    assert made.verified([(_number(0, 0), _number(1, 0))])[_number(0, 0)]["survivor"] == _number(1, 0)


def test_the_longer_of_two_near_copies_survives(tmp_path: Path) -> None:
    longer = NEAR + " 덧붙인 말."
    found = Candidates(tmp_path, [TEXT], [longer]).verified([(_number(0, 0), _number(1, 0))])
    assert found[_number(0, 0)]["survivor"] == _number(1, 0)


def test_each_chunk_is_verified_apart_and_reads_its_own_rows(tmp_path: Path) -> None:
    made = Candidates(tmp_path, [TEXT, FAR, NEAR], [FAR, TEXT])
    edges = [(_number(0, 0), _number(1, 1)), (_number(0, 1), _number(1, 0))]
    found = made.verified(edges, chunks=[0, 1, 0, 1, 0])
    assert set(found) == set(made.documents) and len(made.tasks) == 2
    assert found[_number(1, 1)]["survivor"] in (_number(0, 0), _number(1, 1))
    assert found[_number(0, 1)]["survivor"] == found[_number(1, 0)]["survivor"]
    assert [sum(stop - start for _, start, stop in task.texts) for task in made.tasks] == [3, 2]


def test_without_exact_an_equal_text_is_still_a_near_copy(tmp_path: Path) -> None:
    made = Candidates(tmp_path, [TEXT], [TEXT], recipe={"deduplicate": {"exact": False}})
    found = made.verified([(_number(0, 0), _number(1, 0))])
    (lost,) = [row for row in found.values() if row["document"] != row["survivor"]]
    assert (lost["exact"], lost["similarity"]) == (False, 1.0)


def test_a_stricter_bound_of_the_recipe_counts(tmp_path: Path) -> None:
    made = Candidates(tmp_path, [TEXT], [NEAR], recipe={"deduplicate": {"bound": 1.0}})
    found = made.verified([(_number(0, 0), _number(1, 0))])
    assert all(row["document"] == row["survivor"] for row in found.values())


def test_extracted_texts_lie_encrypted_and_sorted_by_chunk(tmp_path: Path) -> None:
    made = Candidates(tmp_path, [TEXT, FAR], [NEAR])
    made.verified([], chunks=[1, 0, 1])
    tasks = extract_tasks(made.made, made.index, Receipt("connect", "c", "", {}, {"files": [0]}))
    assert all(isinstance(task, ExtractTask) for task in tasks)
    path = made.made.path(WORK, "candidates", tasks[0].name)
    assert made.made.read(WORK, path)["chunk"].to_pylist() == [0, 1]
    assert "도로".encode() not in path.read_bytes() and path.read_bytes()[-4:] == b"PARE"
