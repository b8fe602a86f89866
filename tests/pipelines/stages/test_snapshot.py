import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.files import FilesConnector
from connectors.spec import SourceSpec
from governance.keys import KeyStore
from governance.records.errors import MissingKeyError
from governance.signing import open_envelope
from pipelines.home import Home
from pipelines.plan import SnapshotPlan
from pipelines.stages.snapshot import Clock, load_items, take_snapshot

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Place:
    """A directory of files, and an installation that lists it."""

    def __init__(self, directory: Path) -> None:
        self.files = directory / "files"
        self.files.mkdir()
        self.home = Home(directory / "home")
        self.keys = KeyStore.open(self.home.keys, create=True)

    def write(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.files / f"{name}.txt").write_text(text, encoding="utf-8")

    def snapshot(self, days: int = 30, at: datetime = NOON, name: str = "letters") -> SnapshotPlan:
        spec = SourceSpec(name=name, sector="government", domain="d", path=str(self.files))
        return take_snapshot(spec, self.home, self.keys, Clock.of(at, days))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.write(b="둘", a="하나", c="셋")
    return made


def test_items_are_kept_in_the_order_of_their_names(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = FilesConnector.list
    monkeypatch.setattr(FilesConnector, "list", lambda self: reversed(list(listed(self))))
    taken = place.snapshot()
    items = load_items(taken.zone, place.home, place.keys)
    assert [item.name for item in items] == ["a.txt", "b.txt", "c.txt"]
    assert (taken.items, taken.bytes) == (3, sum(item.size for item in items))


def test_an_equal_listing_is_kept_as_it_first_was(place: Place) -> None:
    first = place.snapshot()
    path = place.home.zone(first.zone) / "snapshot.parquet"
    before = path.read_bytes(), (path.parent / "zone.json").read_bytes()
    assert place.snapshot(at=datetime(2027, 1, 1, tzinfo=UTC)) == first
    assert before == (path.read_bytes(), (path.parent / "zone.json").read_bytes())


@pytest.mark.parametrize("change", [{"a": "하나둘"}, {"d": "넷"}], ids=["another text", "another file"])
def test_any_change_makes_another_snapshot_in_a_zone_of_its_own(place: Place, change: dict[str, str]) -> None:
    first = place.snapshot()
    place.write(**change)
    second = place.snapshot()
    assert first.name != second.name and first.zone != second.zone


def test_the_name_is_keyed_and_belongs_to_its_source(place: Place, tmp_path: Path) -> None:
    other = Place.__new__(Place)
    other.files, other.home = place.files, Home(tmp_path / "elsewhere")
    other.keys = KeyStore.open(other.home.keys, create=True)
    assert len({place.snapshot().name, other.snapshot().name, place.snapshot(name="letters-two").name}) == 3


def test_a_zone_says_when_it_ends(place: Place) -> None:
    zone = place.home.zone(place.snapshot(days=7).zone)
    label = json.loads((zone / "zone.json").read_bytes())
    assert (label["source"], label["created"], label["expires"]) == ("letters", "2026-11-24", "2026-12-01")
    assert zone.stat().st_mode & 0o077 == 0


def test_the_listing_is_signed_and_its_names_are_encrypted(place: Place) -> None:
    taken = place.snapshot()
    zone = place.home.zone(taken.zone)
    said = open_envelope((zone / "snapshot.dsse.json").read_bytes(), place.keys.public_pem, "snapshot")
    assert said["subject"][0]["digest"] == {"malmoiSnapshot": taken.name}
    assert said["predicate"] == {"items": 3, "bytes": taken.bytes, "zone": taken.zone}
    assert not any(b"a.txt" in path.read_bytes() for path in zone.iterdir())


def test_a_purged_snapshot_is_taken_again_under_a_new_name_of_its_zone(place: Place) -> None:
    first = place.snapshot()
    place.keys.destroy(f"zone/{first.zone}")
    again = place.snapshot()
    assert again.name == first.name and again.zone != first.zone
    assert len(load_items(again.zone, place.home, place.keys)) == 3
    with pytest.raises(MissingKeyError, match="destroyed"):
        load_items(first.zone, place.home, place.keys)


def test_an_empty_source_has_an_empty_listing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    taken = place.snapshot()
    assert (taken.items, taken.bytes) == (0, 0) and load_items(taken.zone, place.home, place.keys) == []
