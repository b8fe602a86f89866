import os
from pathlib import Path

import pytest

from governance.records.errors import ConfigError
from pipelines.home import HOME_VARIABLE, SETTINGS, Home


def test_the_directory_given_comes_before_the_variable_and_that_before_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert Home.of().root == tmp_path / ".malmoi"
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "variable"))
    assert Home.of().root == tmp_path / "variable"
    assert Home.of("given").root == tmp_path / "given"


def test_everything_lies_below_the_root_and_keys_apart_from_data(tmp_path: Path) -> None:
    home = Home(tmp_path)
    places = [
        home.keys,
        home.public_key,
        home.restricted,
        home.state,
        home.events,
        home.queue,
        home.tombstones,
        home.run("r"),
        home.zone("z"),
        home.corpus("c"),
        home.release("c", "r"),
    ]
    assert all(place.is_relative_to(tmp_path) for place in places) and len(set(places)) == len(places)
    assert not any(place.is_relative_to(home.keys) for place in places if place != home.keys)


def test_it_is_created_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b")
    home.create()
    home.create()
    assert home.state.is_dir()


@pytest.mark.parametrize("place", ["file", "file/below", "null"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "null").mkdir()
    (tmp_path / "null" / "state").write_bytes(b"")
    with pytest.raises(ConfigError, match=place):
        Home(tmp_path / place).create()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o500)
    with pytest.raises(ConfigError, match="no permission to write"):
        Home(tmp_path).create()


def _settings(directory: Path, text: str) -> Home:
    (directory / SETTINGS).write_text(text)
    return Home.of(directory)


def test_a_store_holds_the_zones_and_the_state_that_workers_read_and_no_more(tmp_path: Path) -> None:
    home = _settings(tmp_path, "store: s3://bucket/prefix\n")
    far = [home.zone("z"), home.release("c", "r"), home.tombstones, home.known_values, home.identities, home.index("c")]
    assert all(str(place).startswith("s3://bucket/prefix/") for place in far)
    near = [home.keys, home.public_key, home.events, home.queue, home.run("r")]
    assert all(place.is_relative_to(tmp_path) for place in near)


def test_a_store_may_be_another_directory(tmp_path: Path) -> None:
    home = _settings(tmp_path, f"store: file://{tmp_path}/large\n")
    assert home.corpus("c") == tmp_path / "large" / "governed" / "c"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "store: null\n"])
def test_without_a_store_everything_lies_in_the_directory(tmp_path: Path, text: str) -> None:
    assert _settings(tmp_path, text) == Home(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stores: s3://b\n", "did you mean 'store'"),
        ("- s3://b\n", "write one line"),
        ("store: [\n", "write one line"),
        ("store: ftp://b/c\n", "s3://"),
        ("store: s3://id:hidden-word@b/c\n", "credentials"),
    ],
)
def test_a_store_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        _settings(tmp_path, text)
    assert "hidden-word" not in str(refused.value)
