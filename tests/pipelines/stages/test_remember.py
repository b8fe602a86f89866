from pathlib import Path

import polars as pl

from governance.keys import KeyStore
from governance.restricted import read_restricted
from pipelines.home import Home
from pipelines.releases import history
from pipelines.stages.index import file_of, row_of
from pipelines.stages.released import Released
from transforms.dedup.index import lookup


def test_a_release_leaves_the_place_and_the_keys_of_each_of_its_documents(released: Home, keys: KeyStore) -> None:
    (release,) = history(released, "test")
    known = Released.load(released, "test", release.name)
    assert (
        known is not None and known.level == "pseudonymised" and {s.name for s in known.sources} == {"letters", "texts"}
    )
    members = known.members(keys)
    index = pl.read_parquet(release / "index.parquet")
    assert sorted(members["doc_id"].to_pylist()) == sorted(index["doc_id"]) and known.documents == index.height
    docs = members["doc"].to_numpy()
    for number, file in enumerate(known.files):
        mine = docs[file_of(docs) == number]
        staged = _read(released, keys, file.zone, "prepare", file.staged).take(row_of(mine))
        judged = _read(released, keys, "corpus-test", "judge", file.judged).take(row_of(mine))
        here = members.filter(file_of(docs) == number)
        assert staged["doc_id"].equals(here["doc_id"]) and staged["chars"].equals(here["chars"])
        assert judged["text_key"].equals(here["text_key"])
        for band in (0, 15):
            run = known.band(keys, band, members.select(["doc", "text_key"]))
            left, right = lookup(run, mine, judged[f"b{band}"].to_numpy()[:, None])
            assert set(zip(mine, mine, strict=True)) <= set(zip(left, right, strict=True))


def _read(home: Home, keys: KeyStore, zone: str, stage: str, name: str):  # type: ignore[no-untyped-def]
    path: Path = home.zone(zone) / stage / f"{name}.parquet"
    return read_restricted(path, keys.secret(f"zone/{zone}"))
