from pathlib import Path

import yaml

from governance.delta import Shard
from governance.manifest import Book
from governance.parquet import write_released
from governance.signing import open_envelope
from pipelines.stages.describe import attribution, card, manifest, released
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import FREE_TERMS, STRICT_TERMS, context, plan, source, staged


def _shard(made: Context, source_name: str, rows: int) -> Shard:
    path = f"shards/{source_name}/k/a.parquet"
    write_released(made.home.corpus("test") / path, staged(source_name, ["글자 수"] * rows).select(["doc_id", "chars"]))
    return Shard.of(made.home.corpus("test"), path, source_name, "k")


def _lines() -> list[Book]:
    return [
        Book("letters", "prepare", "item", 1, 1, 0, 0),
        Book("letters", "prepare", "document", 9, 7, 0, 2),
        Book("letters", "judge", "document", 7, 3, 4, 0),
    ]


def test_the_rows_of_each_sources_shards_close_the_books(tmp_path: Path) -> None:
    made = context(tmp_path, [source("b"), source("a")])
    shards = [_shard(made, "b", 2), _shard(made, "a", 3)]
    assert released([*shards, shards[0]]) == [
        Book("a", "release", "document", 3, 3, 0, 0),
        Book("b", "release", "document", 4, 4, 0, 0),
    ]


def test_attributions_are_a_line_a_source_and_none_is_said(tmp_path: Path) -> None:
    named = source("named", {**FREE_TERMS, "attribution": "한빛시 (공공누리 제1유형)"})
    free = source("free", {**FREE_TERMS, "licence": "CC0-1.0"})
    page = attribution(plan(tmp_path, [named, free])).decode()
    assert "- named: 한빛시 (공공누리 제1유형) (LicenseRef-KOGL-1)" in page and "free" not in page
    assert "No source asks for one." in attribution(plan(tmp_path, [free])).decode()


def test_the_card_counts_what_was_read_released_dropped_and_broken(tmp_path: Path) -> None:
    made = context(tmp_path, [source("letters", STRICT_TERMS)])
    actions = Receipt("protect", "p", "letters", {}, {"actions": [["phone", "mask", 4], ["url", "keep", 9]]})
    page = card(made, [_shard(made, "letters", 3)], [actions], _lines()).decode()
    header = yaml.safe_load(page.split("---")[1])
    assert header["license"] == ["cc-by-nc-sa-4.0"] and header["language"] == ["ko"]
    numbers = page.split("---", 2)[2]
    assert all(str(n) in numbers for n in (9, 3, 4, 2)) and "phone" in numbers
    assert "shards/letters/k/a.parquet" in str(header["configs"])


def test_the_manifest_is_the_same_for_the_same_plan_and_signs_no_place_of_this_machine(tmp_path: Path) -> None:
    made = context(tmp_path, [source("letters")])
    directory = made.home.release("test", made.plan.release_id)
    directory.mkdir(parents=True)
    for name in ("README.md", "lineage.jsonl", ".hidden.tmp"):
        (directory / name).write_text(name)
    shards = [_shard(made, "letters", 3)]
    first = manifest(made, shards, directory, 4, _lines())
    assert first == manifest(made, shards, directory, 4, _lines())
    said = open_envelope(first["manifest.dsse.json"], made.keys.public_pem, "manifest")
    names = {subject["name"] for subject in said["subject"]}
    assert any(name.endswith("README.md") for name in names)
    assert not any(name.endswith(("lineage.jsonl", ".tmp")) for name in names)
    assert said["predicate"]["deltaVersion"] == 4 and str(tmp_path) not in str(said)
