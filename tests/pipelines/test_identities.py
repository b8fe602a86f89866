import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.erasure import Tombstones, sketches
from governance.keys import KeyStore
from governance.restricted import read_restricted
from pipelines.finding import staged_files
from pipelines.home import Home
from pipelines.identities import SCHEMA, identities, keep_identities
from pipelines.zones import Zone, zones


@pytest.fixture
def letters(released: Home) -> Zone:
    return next(zone for zone in zones(released) if zone.source == "letters")


def test_a_new_home_knows_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    found = identities(Home(tmp_path_factory.mktemp("none")))
    assert found.rows.num_rows == 0 and not found.has("x") and found.sources_of(["x"]) == []


def test_every_document_of_the_zone_is_kept_and_no_other(released: Home, keys: KeyStore, letters: Zone) -> None:
    keep_identities(released, keys, letters)
    kept = identities(released)
    assert len(kept.of_source("letters")) == 13 and kept.of_source("texts") == []
    one = kept.of_source("letters")[0]
    assert kept.has(one) and kept.sources_of([one]) == ["letters"] and kept.table([one]).num_rows == 1


def test_what_is_kept_finds_the_document_again_and_gives_nothing_of_it_away(
    released: Home, keys: KeyStore, letters: Zone
) -> None:
    keep_identities(released, keys, letters)
    (path,) = (released.state / "identities").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    table = pq.read_table(path)
    assert table.schema.names == SCHEMA.names
    whole = str(table.to_pylist())
    assert "native-00003" not in whole and "3번" not in whole
    staged = next(p for zone, p in staged_files(released) if zone == letters)
    rows = read_restricted(staged, keys.secret(letters.key), columns=["native_key", "text_key", "signature"])
    assert table["native_key"].to_pylist() == rows["native_key"].to_pylist()
    mine = np.array([list(sketch) for sketch in table["sketch"].to_pylist()])
    assert (mine == sketches(rows["signature"], keys.secret("tombstone"))).all()


def test_a_tombstone_made_of_it_matches_the_staged_row(released: Home, keys: KeyStore, letters: Zone) -> None:
    keep_identities(released, keys, letters)
    kept = identities(released)
    one = kept.table([kept.of_source("letters")[3]])
    tombstones = Tombstones.load(released.tombstones, keys.secret("tombstone"))
    tombstones = tombstones.add_known(released.tombstones, "E-1", one)
    staged = next(p for zone, p in staged_files(released) if zone == letters)
    rows = read_restricted(staged, keys.secret(letters.key), columns=["doc_id", "native_key", "text_key", "signature"])
    hits = rows.filter(pa.array(tombstones.matches(rows)))["doc_id"].to_pylist()
    assert one["doc_id"].to_pylist()[0] in hits and len(hits) <= 2
