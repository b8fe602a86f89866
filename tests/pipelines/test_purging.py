from datetime import date
from pathlib import Path

import pytest

from governance.keys import KeyStore
from governance.records.errors import BusyError, MissingKeyError
from governance.records.storage import exclusive
from governance.verify import verify_release
from pipelines import purging
from pipelines.home import Home
from pipelines.identities import identities
from pipelines.locks import corpus_lock
from pipelines.purging import purge
from pipelines.zones import zones

LAST_DAY, NEXT_DAY = date(2026, 12, 24), date(2026, 12, 25)


def test_a_zone_lives_through_its_last_day(released: Home, keys: KeyStore) -> None:
    assert purge(released, keys, LAST_DAY) == [] and len(list(zones(released))) == 3
    assert len(purge(released, keys, NEXT_DAY)) == 3 and not list(zones(released))


def test_key_and_files_go_and_what_finds_a_document_stays(released: Home, keys: KeyStore) -> None:
    gone = purge(released, keys, NEXT_DAY)
    assert list(released.restricted.iterdir()) == []
    for zone in gone:
        with pytest.raises(MissingKeyError, match="destroyed"):
            keys.secret(zone.key)
    assert len(identities(released).of_source("letters")) == 13
    assert len(identities(released).of_source("texts")) == 4


def test_what_is_released_is_not_touched(released: Home, keys: KeyStore) -> None:
    purge(released, keys, NEXT_DAY)
    verify_release(released.corpus("test"), "latest", released.public_key.read_bytes()).require()


@pytest.mark.parametrize("step", ["keep_identities", "remove_tree"])
def test_a_purge_that_is_killed_goes_on_when_it_is_repeated(
    released: Home, keys: KeyStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"pipelines.purging.{step}", killed)
    with pytest.raises(KeyboardInterrupt):
        purge(released, keys, NEXT_DAY)
    assert len(list(zones(released))) == 3
    monkeypatch.undo()
    assert len(purge(released, keys, NEXT_DAY)) == 3
    assert len(identities(released).rows) == 17 and purge(released, keys, NEXT_DAY) == []


def test_it_waits_for_no_run(released: Home, keys: KeyStore) -> None:
    with exclusive(corpus_lock(released, "test"), "corpus test"), pytest.raises(BusyError):
        purge(released, keys, NEXT_DAY, everything=True)
    assert len(list(zones(released))) == 3


def test_the_module_reads_no_clock() -> None:
    source = Path(purging.__file__).read_text(encoding="utf-8")
    assert "today()" not in source and "now(" not in source
