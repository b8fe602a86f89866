import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stages import passages
from pipelines.stages.elect import KEEP
from pipelines.stages.index import Index, numbers
from pipelines.stages.passages import PLACES, find_tasks, repeats_tasks
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import STRICT_TERMS, WORK, context, doc_id, index_of, source, staged, write_staged

SOURCES = (source("letters"), source("mirror", STRICT_TERMS))
FILES = ("letters", "letters", "mirror")
LINES = ("가나다라", "마바사", "아자차카타", "하")
Texts = list[list[str]]


def _world(directory: Path, texts: Texts, rules: list[dict[str, Any]], keep: list[list[int]] | None = None) -> Any:
    """Three staged files of two sources, their keep-sets, and an index over them."""
    made = context(directory, SOURCES, {"deduplicate": {"passages": rules}})
    rows = keep or [list(range(len(file))) for file in texts]
    listed, parts = [], []
    for file, (name, mine) in enumerate(zip(FILES, texts, strict=True)):
        write_staged(made, name, f"staged-j{file}", staged(name, mine, doc_id=[_id(file, n) for n in range(len(mine))]))
        keep_set = pa.table({"row": rows[file], "cluster_size": [1] * len(rows[file])}).cast(KEEP)
        made.write(WORK, made.path(WORK, "deduplicate", f"e.keep-{file:06d}"), keep_set)
        listed.append((name, f"j{file}", len(mine), len(mine)))
        if rows[file]:
            parts.append([file, 0, len(rows[file]), f"digest-{file}-{rows[file]}", f"staged-j{file}"])
    elect = Receipt("deduplicate", "e", "", {}, {"shards": [{"bytes": 100, "parts": parts}]})
    return made, index_of(made, listed), elect


def _id(file: int, row: int) -> str:
    return doc_id(f"file-{file}", row)


def _places(made: Context, index: Index, elect: Receipt) -> list[dict[str, Any]]:
    found = [task.run(made) for task in find_tasks(made, index, elect)]
    decided = [task.run(made) for task in repeats_tasks(made.plan, index, found[::-1])]
    tables = [made.read(WORK, made.path(WORK, "repeats", receipt.name)) for receipt in decided]
    for receipt, table in zip(decided, tables, strict=True):
        covered = [row for _, start, end, _ in receipt.out["files"] for row in range(start, end)]
        assert covered == list(range(table.num_rows)) and receipt.out["places"] == table.num_rows
    return (
        pa.concat_tables([PLACES.empty_table(), *tables]).sort_by([(n, "ascending") for n in PLACES.names]).to_pylist()
    )


def _stated(
    texts: Texts, scope: str, documents_at_least: int, keep: str
) -> list[tuple[int, int, int, int, str | None]]:
    """The same in plain words: (document, begin, end, documents, where it stays)."""
    met: dict[Any, list[tuple[Any, int, int, int, str]]] = defaultdict(list)
    for file, mine in enumerate(texts):
        for row, text in enumerate(mine):
            at = 0
            for line in text.split("\n"):
                size = len(line.encode())
                end = min(at + size + 1, len(text.encode()))
                if len(line) >= 3:
                    order = (FILES[file] == "mirror", -len(text), _id(file, row))
                    number = (file << 32) | row
                    met[line, FILES[file] if scope == "source" else ""].append((order, number, at, end, _id(file, row)))
                at = end
    cuts = []
    for places in met.values():
        if len({number for _, number, *_ in places}) >= documents_at_least:
            ordered = sorted(places)
            count = len({number for _, number, *_ in places})
            stays = ordered[0][4] if keep == "first" else None
            cuts += [(n, b, e, count, stays) for _, n, b, e, _ in ordered[1 if keep == "first" else 0 :]]
    return sorted(cuts, key=lambda cut: cut[:3])


TEXT = st.lists(st.sampled_from(LINES), min_size=1, max_size=4).map("\n".join)


@given(
    st.lists(st.lists(TEXT, max_size=4), min_size=3, max_size=3),
    st.sampled_from(["source", "corpus"]),
    st.integers(2, 3),
    st.sampled_from(["first", "none"]),
    st.integers(1, 3),
)
@settings(max_examples=40)
def test_the_places_are_those_of_the_plain_statement(
    texts: Texts, scope: str, documents_at_least: int, keep: str, parts: int
) -> None:
    rule = {"unit": "line", "scope": scope, "at_least_chars": 3, "at_least_documents": documents_at_least, "keep": keep}
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages, "PART_BYTES", 100 // parts)
        made, index, elect = _world(Path(directory), texts, [rule])
        found = _places(made, index, elect)
    told = [(p["document"], p["begin"], p["end"], p["documents"], p["first"]) for p in found]
    assert told == _stated(texts, scope, documents_at_least, keep)


SHARED = "이 줄은 여러 글에 있습니다"
WORLD: Texts = [[f"{SHARED}\n하나", "둘"], [f"셋\n{SHARED}"], [f"{SHARED}\n넷", SHARED]]
LINE = {"unit": "line", "at_least_chars": 5, "at_least_documents": 2}


def test_what_does_not_stay_anyway_is_not_counted(tmp_path: Path) -> None:
    made, index, elect = _world(tmp_path, WORLD, [LINE | {"scope": "corpus"}], keep=[[1], [0], [0]])
    (place,) = _places(made, index, elect)
    assert (place["document"], place["documents"], place["first"]) == (
        int(numbers(2, pa.array([0]).to_numpy())[0]),
        2,
        _id(1, 0),
    )


def test_each_level_decides_by_itself(tmp_path: Path) -> None:
    rules = [LINE, LINE | {"unit": "paragraph", "scope": "corpus", "keep": "none"}]
    made, index, elect = _world(tmp_path, WORLD, rules)
    found = _places(made, index, elect)
    # By line and source: three of letters are one too many each in letters and in mirror; no paragraph is shared.
    assert [(p["document"] >> 32, p["rule"]) for p in found] == [(1, 0), (2, 0)]


def test_a_recipe_without_passages_reads_no_text(tmp_path: Path) -> None:
    made, index, elect = _world(tmp_path, WORLD, [])
    assert find_tasks(made, index, elect) == [] and repeats_tasks(made.plan, index, []) == []


def test_a_search_is_named_by_rows_rules_key_and_code(tmp_path: Path) -> None:
    def names(directory: str, rules: list[dict[str, Any]], **change: Any) -> tuple[str, ...]:
        made, index, elect = _world(tmp_path / directory, WORLD, rules, keep=change.pop("keep", None))
        made.plan = made.plan.model_copy(update=change)
        return tuple(task.name for task in find_tasks(made, index, elect))

    one = names("one", [LINE])
    families = dict.fromkeys(context(tmp_path / "f").plan.families, "f")
    assert names("two", [LINE]) == one and len(set(one)) == 3
    assert not set(one) & set(names("rules", [LINE | {"keep": "none"}]))
    assert not set(one) & set(names("key", [LINE], key_ids={"text-key": "other"}))
    assert not set(one) & set(names("code", [LINE], families=families | {"stage-passages": "g"}))
    assert set(one) - set(names("rows", [LINE], keep=[[0], [0], [0, 1]])) == {one[0]}


def test_the_files_that_travel_hold_keys_and_no_text(tmp_path: Path) -> None:
    made, index, elect = _world(tmp_path, WORLD, [LINE | {"scope": "corpus"}])
    (place, *_) = _places(made, index, elect)
    assert set(place) == set(PLACES.names)
    for path in made.home.zone(WORK).glob("passages/*.parquet"):
        values = str(made.read(WORK, path).to_pylist())
        assert SHARED not in values and "하나" not in values
