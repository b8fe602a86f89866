import hashlib
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Item
from connectors.formats.contract import TO_END
from governance.erasure import Tombstones
from governance.records.ids import doc_ids, native_keys
from governance.records.schemas import STAGED
from pipelines.plan import Plan
from pipelines.stages.blank import is_blank
from pipelines.stages.prepare import PrepareTask, prepare_tasks
from pipelines.stages.snapshot import Clock, take_snapshot
from pipelines.tasks import Context, Receipt
from tests.end_to_end.conftest import letter
from tests.pipelines.plans import context, plan, source
from transforms.text.keys import raw_digests

SIZES = st.lists(st.integers(0, 400), max_size=25)


def _items(sizes: list[int]) -> list[Item]:
    return [Item(f"{n:03d}.jsonl", size, hashlib.sha256(bytes([n])).hexdigest(), 0) for n, size in enumerate(sizes)]


def _plan(split_bytes: int = 100, **change: Any) -> Plan:
    return plan(Path("/nowhere"), recipe={"prepare": {"split_bytes": split_bytes}}, **change)


@given(SIZES, st.integers(1, 200))
@settings(max_examples=60)
def test_tasks_cover_every_byte_of_every_item_once(sizes: list[int], split_bytes: int) -> None:
    made, items = _plan(split_bytes), _items(sizes)
    tasks = prepare_tasks(made, made.sources[0], items)
    parts = [part for task in tasks for part in task.parts]
    for number, item in enumerate(items):
        mine = sorted(
            (split.start, item.size if split.stop == TO_END else split.stop) for n, split in parts if n == number
        )
        assert mine[0][0] == 0 and mine[-1][1] == item.size
        assert all(before[1] == after[0] for before, after in pairwise(mine))
    assert sum(task.weight for task in tasks) == sum(sizes)
    assert len({task.name for task in tasks}) == len(tasks)


@given(SIZES)
@settings(max_examples=30)
def test_small_items_go_into_bundles_of_a_power_of_two(sizes: list[int]) -> None:
    made = _plan(500)
    tasks = prepare_tasks(made, made.sources[0], _items(sizes))
    most = 1 << max(0, sum(sizes) // 500).bit_length()
    assert len(tasks) <= most
    assert Counter(n for task in tasks for n, _ in task.parts) == Counter(range(len(sizes)))


def test_a_source_that_grows_a_little_keeps_its_other_bundles() -> None:
    made, items = _plan(1_000), _items([100] * 60)
    before = {task.name for task in prepare_tasks(made, made.sources[0], items)}
    more = [*items, Item("more.jsonl", 100, "f" * 64, 0)]
    after = {task.name for task in prepare_tasks(made, made.sources[0], more)}
    assert len(before) > 4 and len(before & after) == len(before) - 1


def _name(made: Plan) -> str:
    (task,) = prepare_tasks(made, made.sources[0], _items([10]))
    return task.name


def _spec(**change: Any) -> Plan:
    return _plan(sources=[source("letters", **change)])


CHANGES = {
    "encoding": _spec(encoding="cp949"),
    "fields": _spec(fields={"text": "body"}),
    "sample": _plan(sample=3),
    "keys": _plan(key_ids={"doc-id": "other"}),
    "preset": plan(
        Path("/nowhere"), recipe={"prepare": {"split_bytes": 100}, "deduplicate": {"preset": "fineweb-14x8"}}
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_decides_the_staged_rows_names_the_task(what: str) -> None:
    assert _name(CHANGES[what]) != _name(_plan())


def test_terms_priority_place_and_bounds_make_nothing_prepare_again() -> None:
    moved = source("letters", priority=5)
    moved = moved.model_copy(update={"spec": moved.spec.model_copy(update={"path": "/mnt"})})
    judged = {"prepare": {"split_bytes": 100}, "judge": {"bounds": {"chars": {"at_least": 4}}}}
    assert _name(plan(Path("/nowhere"), [moved], judged)) == _name(_plan())


class Prepared:
    """A JSON Lines source prepared in one task."""

    def __init__(self, directory: Path, *documents: dict[str, Any], **more: Any) -> None:
        files = directory / "files"
        files.mkdir(parents=True)
        lines = [json.dumps(document, ensure_ascii=False) for document in documents]
        (files / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        made = source("letters", fields={"native_id": "id", "title": "title", "author": "author", "url": "url"})
        made = made.model_copy(update={"spec": made.spec.model_copy(update={"path": str(files)})})
        self.made: Context = context(directory, [made], **more)
        taken = take_snapshot(made.spec, self.made.home, self.made.keys, Clock("2026-11-24", "2026-12-24"))
        self.made.plan = self.made.plan.model_copy(update={"sources": (made.model_copy(update={"snapshot": taken}),)})
        self.task = PrepareTask("t", "letters", taken.zone, ((0, _whole()),), 10)

    def run(self) -> tuple[pa.Table, Receipt]:
        receipt = self.task.run(self.made)
        return self.made.read(self.task.zone, self.made.path(self.task.zone, "prepare", "t")), receipt


def _whole() -> Any:
    from connectors.formats.contract import WHOLE

    return WHOLE


def test_a_row_carries_its_keys_its_place_and_its_measures(tmp_path: Path) -> None:
    prepared = Prepared(tmp_path, {"id": "x", "text": "안내  말씀입니다.", "title": "제목"}, {"id": "y", "text": "둘"})
    table, receipt = prepared.run()
    assert table.schema.remove_metadata() == STAGED.remove_metadata()
    keys = prepared.made.keys
    raw = raw_digests(pa.array(["안내  말씀입니다.", "둘"], pa.large_string()))
    assert table["doc_id"].to_pylist() == doc_ids(keys.secret("doc-id"), "letters", ["x", "y"], raw)
    assert table["offset"].to_pylist()[0] == 0 and table["quality"][0]["syllables"].as_py() == 7
    assert receipt.books == {"in": 2, "kept": 2, "dropped": 0, "broken": 0} and receipt.out["rows"] == 2
    assert receipt.out["text_bytes"] == sum(table["bytes"].to_pylist())


def test_unique_identifiers_are_destroyed_in_every_free_field(tmp_path: Path) -> None:
    number = "900101-1234568"
    said = f"주민등록번호 {number} 입니다."
    prepared = Prepared(tmp_path, {"id": "x", "text": said, "title": said, "author": said})
    table, receipt = prepared.run()
    row = table.to_pylist()[0]
    assert not any(number in str(row[name]) for name in ("text", "title", "author"))
    assert receipt.out["destroyed"] == {"resident_number": 1}
    assert [(e["kind"], e["count"]) for e in row["destroyed"]] == [("resident_number", 1)]


def test_an_id_or_a_subject_that_is_a_persons_number_is_not_staged_either(tmp_path: Path) -> None:
    number = "900101-1234568"
    prepared = Prepared(tmp_path, {"id": number, "text": "하나", "domain": f"주민등록번호 {number}"})
    (spec,) = (prepared.made.plan.sources[0].spec,)
    wanted = spec.model_copy(update={"fields": {**spec.fields, "domain": "domain"}})
    source_plan = prepared.made.plan.sources[0].model_copy(update={"spec": wanted})
    prepared.made.plan = prepared.made.plan.model_copy(update={"sources": (source_plan,)})
    (row,) = prepared.run()[0].to_pylist()
    assert number not in str(row)
    assert (row["native_id"], row["domain"]) == ("[주민등록번호]", "주민등록번호 [주민등록번호]")
    # It is still found by the id that its source gave it.
    key = native_keys(prepared.made.keys.secret("native-id"), "letters", [number])
    assert [row["native_key"]] == key


def test_a_text_of_nothing_but_invisible_signs_is_broken_with_its_place(tmp_path: Path) -> None:
    prepared = Prepared(tmp_path, {"id": "x", "text": "하나"}, {"id": "y", "text": "\u200b\ufeff"})
    table, receipt = prepared.run()
    broken = prepared.made.read(prepared.task.zone, prepared.made.path(prepared.task.zone, "prepare", "t.broken"))
    assert table.num_rows == 1 and receipt.books == {"in": 2, "kept": 1, "dropped": 0, "broken": 1}
    (pointer,) = broken.to_pylist()
    assert (pointer["unit"], pointer["code"]) == ("document", "empty_text") and pointer["offset"] > 0


@pytest.mark.parametrize("sample", [1, 2, 9])
def test_a_sample_stops_at_its_size(tmp_path: Path, sample: int) -> None:
    documents = [{"id": str(n), "text": f"{n}번 글"} for n in range(4)]
    table, receipt = Prepared(tmp_path, *documents, sample=sample, batch_rows=3).run()
    assert table.num_rows == receipt.books["in"] == min(sample, 4)


def test_what_was_erased_is_staged_as_a_blank_row(tmp_path: Path) -> None:
    documents = [{"id": str(n), "text": letter(n)} for n in range(3)]
    first = Prepared(tmp_path / "one", *documents)
    table, _ = first.run()
    home, key = first.made.home, first.made.keys.secret("tombstone")
    erased = table.slice(1, 1).select(["native_key", "text_key", "signature"])
    Tombstones.load(home.tombstones, key).add(home.tombstones, "E-1", erased)
    again, receipt = first.run()
    assert is_blank(again)[1] and again["text"][1].as_py() is None
    assert again["doc_id"] == table["doc_id"] and receipt.books["kept"] == 3
    assert not is_blank(again)[0]


def test_staged_texts_lie_encrypted(tmp_path: Path) -> None:
    prepared = Prepared(tmp_path, {"id": "native-7", "text": "비밀스러운 글입니다."})
    prepared.run()
    for path in prepared.made.home.restricted.rglob("*"):
        assert path.is_dir() or not ({b"native-7", "비밀스러운".encode()} & set(path.read_bytes().split(b'"')))
        assert path.is_dir() or "비밀스러운".encode() not in path.read_bytes()
