import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from governance.delta import Shard, VersionConflictError, head_version, live_shards
from governance.delta import commit as real_commit
from governance.manifest import Book
from governance.records.errors import BusyError
from governance.records.schemas import DOCUMENT
from governance.verify import verify_release
from pipelines.books import books
from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.runs import latest_receipts
from pipelines.stages import publish as module
from pipelines.stages.publish import publish
from pipelines.tasks import Context, Receipt
from tests.end_to_end.conftest import World, documents, identical_set


@dataclass(frozen=True)
class Unpublished:
    """Everything a run did before its release, in a home that has no release yet."""

    context: Context
    receipts: list[Receipt]
    lines: list[Book]

    def publish(self) -> int:
        return publish(self.context, self.receipts, self.lines)

    @property
    def root(self) -> Path:
        return self.context.home.corpus("test")

    @property
    def release(self) -> Path:
        return self.context.home.release("test", self.context.plan.release_id)

    def verify(self) -> None:
        verify_release(self.root, "latest", self.context.home.public_key.read_bytes()).require()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("publish"))
    world.jsonl("letters", [*documents(12), {**documents(1)[0], "id": "copy"}, {"id": "n", "text": None}])
    world.settings["publish"] = {"shard_bytes": 6_000}
    world.run()
    return world


@pytest.fixture
def unpublished(world: World, tmp_path: Path) -> Unpublished:
    shutil.copytree(world.home.root, tmp_path / "home")
    home = Home(tmp_path / "home")
    corpus = home.corpus("test")
    shutil.rmtree(corpus / "_delta_log")
    shutil.rmtree(corpus / "releases")
    (run,) = home.state.glob("runs/*")
    made = Context(Plan.load(run / "plan.json").model_copy(update={"home": home.root}))
    _, receipts = latest_receipts(home, made.plan.core)
    return Unpublished(made, receipts, books(made.plan, receipts))


def test_a_release_is_made_of_files_and_receipts_alone(unpublished: Unpublished, world: World) -> None:
    assert unpublished.publish() == 0
    unpublished.verify()
    assert identical_set(unpublished.context.home).keys() >= {
        name for name in identical_set(world.home) if "seal" not in name
    }
    theirs = {k: v for k, v in identical_set(world.home).items() if "seal" not in k}
    assert {k: v for k, v in identical_set(unpublished.context.home).items() if k in theirs} == theirs


def test_publishing_again_changes_nothing(unpublished: Unpublished) -> None:
    unpublished.publish()
    before = identical_set(unpublished.context.home)
    assert unpublished.publish() == 0
    assert identical_set(unpublished.context.home) == before and head_version(unpublished.root) == 0


def test_nothing_is_visible_before_the_commit(unpublished: Unpublished, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "commit", killed)
    with pytest.raises(KeyboardInterrupt):
        unpublished.publish()
    assert head_version(unpublished.root) == -1 and (unpublished.release / "manifest.dsse.json").exists()
    monkeypatch.undo()
    assert unpublished.publish() == 0
    unpublished.verify()


def _intruding(unpublished: Unpublished, times: int) -> Callable[..., int]:
    """A commit before which another process commits something, the first `times` times."""
    left = [times]
    shard = unpublished.root / "shards" / "other.parquet"

    def commit(root: Path, **given: Any) -> int:
        if left[0]:
            left[0] -= 1
            name = f"other-{left[0]}"
            if not shard.exists():
                shutil.copyfile(next(root.glob("shards/letters/**/*.parquet")), shard)
            foreign = Shard.of(root, "shards/other.parquet", "letters", "kogl-1")
            version = head_version(root) + 1
            real_commit(root, release_id=name, shards=[foreign], expected_version=version, schema=DOCUMENT)
        return real_commit(root, **given)

    return commit


def test_a_release_between_is_met_with_a_new_manifest(
    unpublished: Unpublished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "commit", _intruding(unpublished, 2))
    assert unpublished.publish() == 2
    payload = json.loads((unpublished.release / "manifest.dsse.json").read_bytes())["payload"]
    assert json.loads(base64.b64decode(payload))["predicate"]["deltaVersion"] == 2
    unpublished.verify()
    assert "shards/other.parquet" not in {shard.path for shard in live_shards(unpublished.root)}


def test_releases_that_keep_coming_between_end_in_busy(
    unpublished: Unpublished, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: object, **__: object) -> int:
        raise VersionConflictError("moved on")

    monkeypatch.setattr(module, "commit", conflict)
    with pytest.raises(BusyError, match="other commits came between 5 times"):
        unpublished.publish()


def test_every_document_that_was_read_has_its_last_decision(unpublished: Unpublished) -> None:
    unpublished.publish()
    decisions = pl.read_parquet(unpublished.release / "ledger" / "decisions-letters.parquet")
    last = dict(decisions.group_by("outcome").len().iter_rows())
    assert last == {"kept": 12, "dropped": 1}
    assert decisions["doc_id"].n_unique() == 13
    clusters = pl.read_parquet(unpublished.release / "clusters.parquet")
    assert clusters.height == 2 and clusters["cluster_size"].to_list() == [2, 2]


def test_the_index_leads_to_every_row_of_every_shard(unpublished: Unpublished) -> None:
    unpublished.publish()
    index = pl.read_parquet(unpublished.release / "index.parquet")
    assert index["doc_id"].is_sorted() and index.height == 12
    shards = {
        s.path: pq.read_table(unpublished.root / s.path)["doc_id"].to_pylist() for s in live_shards(unpublished.root)
    }
    assert len(shards) > 1
    assert all(shards[row["shard"]][row["row"]] == row["doc_id"] for row in index.iter_rows(named=True))


def test_the_manifest_names_every_file_beside_it_and_the_books(unpublished: Unpublished) -> None:
    unpublished.publish()
    payload = json.loads((unpublished.release / "manifest.dsse.json").read_bytes())["payload"]
    statement = json.loads(base64.b64decode(payload))
    named = {subject["name"] for subject in statement["subject"]}
    beside = {
        path.relative_to(unpublished.root).as_posix()
        for path in unpublished.release.rglob("*")
        if path.is_file() and not path.name.endswith(".dsse.json")
    }
    assert beside <= named and {s.path for s in live_shards(unpublished.root)} <= named
    (last,) = [book for book in statement["predicate"]["books"] if book["stage"] == "release"]
    assert (last["source"], last["came"], last["kept"]) == ("letters", 12, 12)
    assert json.loads((unpublished.release / "books.json").read_bytes()) == [vars(line) for line in unpublished.lines]
