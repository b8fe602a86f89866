from pathlib import Path

from governance.keys import KeyStore
from tests.end_to_end.commands import invoke


def test_keys_of_pseudonyms_are_listed_with_source_and_epoch_and_no_key_is_shown(tmp_path: Path) -> None:
    keys = KeyStore.open(tmp_path / "home" / "keys", create=True)
    secrets = [keys.secret(name) for name in ("pseudonym/letters/1", "pseudonym/letters/2026-2", "doc-id")]
    listed = invoke("keys", "list", "--home", str(tmp_path / "home"), "--json")
    assert [(row["name"], row["source"], row["epoch"]) for row in listed.json] == [
        ("doc-id", None, None),
        ("pseudonym/letters/1", "letters", "1"),
        ("pseudonym/letters/2026-2", "letters", "2026-2"),
    ]
    shown = invoke("keys", "list", "--home", str(tmp_path / "home"))
    assert "2026-2" in shown.out
    for secret in secrets:
        assert bytes(secret).hex() not in listed.out + shown.out
