from pathlib import Path

import pytest

from governance.keys import KeyStore
from governance.records.errors import MissingKeyError
from pipelines.home import Home
from pipelines.zones import Zone, declare_zone, usable_zone, zones

ZONE = Zone("letters-abc", "letters", "2026-11-24", "2026-12-24")


def test_a_declared_zone_is_listed_and_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert list(zones(home)) == []
    declare_zone(home, ZONE)
    assert list(zones(home)) == [ZONE] and ZONE.key == "zone/letters-abc"
    assert home.zone(ZONE.name).stat().st_mode & 0o077 == 0


def test_declaring_it_again_does_not_move_its_end(tmp_path: Path) -> None:
    home = Home(tmp_path)
    declare_zone(home, ZONE)
    declare_zone(home, Zone(ZONE.name, ZONE.source, "2027-01-01", "2027-02-01"))
    assert list(zones(home)) == [ZONE]


def test_zones_come_by_name(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for name in ("c", "a", "b"):
        declare_zone(home, Zone(name, name, "2026-11-24", "2026-12-24"))
    assert [zone.name for zone in zones(home)] == ["a", "b", "c"]


def test_the_name_of_a_purged_zone_is_spent(tmp_path: Path) -> None:
    keys = KeyStore.open(tmp_path / "keys", create=True)
    assert usable_zone("letters", keys) == "letters"
    keys.secret("zone/letters")
    assert usable_zone("letters", keys) == "letters"
    for spent, following in (("letters", "letters-2"), ("letters-2", "letters-3")):
        keys.destroy(f"zone/{spent}")
        assert usable_zone("letters", keys) == following
    with pytest.raises(MissingKeyError):
        keys.secret("zone/letters")
