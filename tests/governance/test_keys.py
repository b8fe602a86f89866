import os
import pickle
import subprocess
import sys
import threading
from multiprocessing import get_context
from pathlib import Path

import pytest

from governance.keys import KEYS_VARIABLE, SIGNING, KeyStore, key_directory, public_id
from governance.records.errors import ConfigError, MissingKeyError


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore.open(tmp_path / "keys", create=True)


def _secret(path: str, name: str) -> str:
    return bytes(KeyStore.open(Path(path)).secret(name)).hex()


def test_a_key_is_made_once_and_stays(keys: KeyStore, tmp_path: Path) -> None:
    first = keys.secret("doc-id")
    assert len(first) == 32
    assert keys.secret("doc-id") == first
    assert KeyStore.open(tmp_path / "keys").secret("doc-id") == first
    assert keys.secret("tombstone") != first


def test_processes_and_threads_that_ask_at_once_get_one_key(keys: KeyStore, tmp_path: Path) -> None:
    directory = str(tmp_path / "keys")
    with get_context("spawn").Pool(4) as pool:
        found = set(pool.starmap(_secret, [(directory, "zone/minutes-a")] * 16))
    gate, seen = threading.Barrier(8), set()

    def ask() -> None:
        gate.wait()
        seen.add(bytes(keys.secret("zone/minutes-b")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert len(seen) == 1


def test_peek_makes_nothing(keys: KeyStore) -> None:
    assert keys.peek("doc-id") is None
    assert keys.names() == []
    made = keys.secret("doc-id")
    assert keys.peek("doc-id") == made


def test_names_of_every_alphabet_are_kept_apart(keys: KeyStore) -> None:
    names = ["zone/a", "zone%2Fa", "zone/가나-다", "pseudonym/minutes/1", "A", "a"]
    assert len({bytes(keys.secret(name)) for name in names}) == len(names)
    assert keys.names() == sorted(names)


@pytest.mark.parametrize("name", ["", ".", "..", ".lock", "가" * 60])
def test_a_name_that_is_no_file_name_is_refused(keys: KeyStore, name: str) -> None:
    with pytest.raises(ConfigError):
        keys.secret(name)


def test_a_name_cannot_lead_out_of_the_directory(keys: KeyStore, tmp_path: Path) -> None:
    keys.secret("a/../../b")
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_files_are_for_their_owner_only(keys: KeyStore, tmp_path: Path) -> None:
    keys.secret("doc-id")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {"doc-id.key": 0o600, ".lock": 0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_that_others_can_read_is_refused(keys: KeyStore, tmp_path: Path, mode: int) -> None:
    keys.secret("doc-id")
    (tmp_path / "keys" / "doc-id.key").chmod(mode)
    with pytest.raises(MissingKeyError, match="chmod"):
        keys.secret("doc-id")


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_directory_that_others_can_enter_is_refused(keys: KeyStore, tmp_path: Path, mode: int) -> None:
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(MissingKeyError, match="chmod"):
        KeyStore.open(tmp_path / "keys")


def test_a_store_that_is_not_there_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(MissingKeyError, match=KEYS_VARIABLE):
        KeyStore.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("data", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_key_is_not_used(keys: KeyStore, tmp_path: Path, data: bytes) -> None:
    keys.secret("doc-id")
    (tmp_path / "keys" / "doc-id.key").write_bytes(data)
    with pytest.raises(MissingKeyError, match="backup"):
        keys.secret("doc-id")


def test_a_destroyed_key_is_gone_and_its_name_is_spent(keys: KeyStore, tmp_path: Path) -> None:
    value = bytes(keys.secret("zone/a"))
    keys.destroy("zone/a")
    keys.destroy("zone/a")
    for use in (keys.secret, keys.peek, keys.key_id):
        with pytest.raises(MissingKeyError, match="destroyed"):
            use("zone/a")
    assert keys.names() == []
    assert all(value not in path.read_bytes() for path in (tmp_path / "keys").iterdir())


def test_destroying_overwrites_the_bytes_where_they_stood(keys: KeyStore, tmp_path: Path) -> None:
    value = bytes(keys.secret("zone/a"))
    # A second name for the same bytes on disk shows what was written over them.
    os.link(tmp_path / "keys" / "zone%2Fa.key", tmp_path / "witness")
    keys.destroy("zone/a")
    assert (tmp_path / "witness").read_bytes() != value


def test_a_kill_between_the_mark_and_the_unlink_leaves_no_usable_key(keys: KeyStore, tmp_path: Path) -> None:
    keys.secret("zone/a")
    (tmp_path / "keys" / "zone%2Fa.destroyed").touch(mode=0o600)
    with pytest.raises(MissingKeyError):
        keys.secret("zone/a")
    keys.destroy("zone/a")
    assert not (tmp_path / "keys" / "zone%2Fa.key").exists()


def test_a_half_made_key_of_a_killed_process_is_swept(keys: KeyStore, tmp_path: Path) -> None:
    leftover = tmp_path / "keys" / ".doc-id.key.1.tmp"
    leftover.write_bytes(b"x" * 32)
    keys.secret("doc-id")
    assert not leftover.exists()


def test_a_read_only_mount_serves_keys_and_makes_none(keys: KeyStore, tmp_path: Path, monkeypatch) -> None:
    made = keys.secret("doc-id")
    real = os.open

    def refuse(path, flags, *rest, **options):
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            raise OSError(30, "Read-only file system", str(path))
        return real(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert KeyStore.open(tmp_path / "keys").secret("doc-id") == made
    with pytest.raises(MissingKeyError, match="make the key first"):
        keys.secret("tombstone")


def test_a_worker_finds_the_mounted_directory(tmp_path: Path, monkeypatch) -> None:
    assert key_directory(tmp_path) == tmp_path
    monkeypatch.setenv(KEYS_VARIABLE, "/run/malmoi-keys")
    assert key_directory(tmp_path) == Path("/run/malmoi-keys")


def test_the_public_id_tells_keys_apart_and_nothing_else(keys: KeyStore) -> None:
    key = keys.secret("doc-id")
    assert keys.key_id("doc-id") == public_id(key) != keys.key_id("tombstone")
    assert bytes(key).hex() not in keys.key_id("doc-id")


def test_no_repr_string_or_pickle_shows_a_key(keys: KeyStore) -> None:
    key = keys.secret("doc-id")
    shown = [repr(key), str(key), f"{key}", repr([key]), repr(keys), repr(vars(keys)), repr(keys.signer())]
    assert not any(bytes(key).hex() in text or repr(bytes(key)) in text for text in shown)
    assert bytes(key) not in pickle.dumps(keys)
    assert pickle.loads(pickle.dumps(keys)).secret("doc-id") == key
    for held in (key, keys.signer()):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(held)


def test_the_signer_is_the_same_in_every_process(keys: KeyStore, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from governance.keys import KeyStore; "
    code += "sys.stdout.buffer.write(KeyStore.open(Path(sys.argv[1])).public_pem)"
    keys.secret(SIGNING)
    other = subprocess.run([sys.executable, "-c", code, str(tmp_path / "keys")], capture_output=True, check=True)
    assert other.stdout == keys.public_pem
