"""What is served while it is measured: one corpus of court decisions, one recipient, big files of zeros beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from governance.delta import Shard, commit
from governance.keys import KeyStore
from governance.manifest import MANIFEST, ROOT, Facts, build, root_statement
from governance.parquet import write_released
from governance.records.schemas import DOCUMENT
from governance.sharing.admin import new_profile, record_release
from governance.sharing.settings import open_store
from governance.signing import sign_statement
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from governance.terms import parse_terms

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SHARDS, BIG = 4, 16
BIG_BYTES = 64 << 20
_TERMS = {
    "licence": "LicenseRef-KR-PublicDomain-Art7",
    "holder": "법원",
    "legal_basis": "public_domain",
    "evidence": "Copyright Act art. 7",
}


@dataclass(frozen=True)
class Installation:
    """A home with two corpora: `decisions` (real documents) and `big` (files that measure the wire alone)."""

    root: Path

    @property
    def public_key(self) -> bytes:
        """The signing key's public half."""
        return KeyStore.open(self.root / "keys").public_pem

    def profile(self, endpoint: str) -> Path:
        """A fresh profile file."""
        store = open_store(self.root)
        made = new_profile(store, "body", endpoint=endpoint, at=NOW, expires_at=NOW + timedelta(days=300))
        store.close()
        path = self.root / "body.share"
        path.write_text(json.dumps(made.document()))
        return path


def install(root: Path, documents: pa.Table) -> Installation:
    """Publishes both corpora and grants them to one recipient."""
    keys = KeyStore.open(root / "keys", create=True)
    step = -(-documents.num_rows // SHARDS)
    parts = [documents.slice(start, step) for start in range(0, documents.num_rows, step)]
    _publish(root, "decisions", [_written(root, n, part) for n, part in enumerate(parts)], keys)
    _publish(root, "big", [_zeros(root, n) for n in range(BIG)], keys)
    store = open_store(root)
    store.recipients.add(Recipient("body", "Body"), at=NOW)
    for corpus in ("decisions", "big"):
        record_release(store, corpus, {"courts": parse_terms("courts", _TERMS)}, at=NOW)
        wanted = Grant("body", corpus, "pretrain", date(2026, 1, 1), date(2027, 12, 31))
        store.grants.add(wanted, at=NOW, by="benchmark")
    store.close()
    return Installation(root)


def _path(number: int) -> str:
    return f"shards/courts/kr-public-domain-art7/{number:03}.parquet"


def _written(root: Path, number: int, part: pa.Table) -> Shard:
    table = root / "governed" / "decisions"
    write_released(table / _path(number), part)
    return Shard.of(table, _path(number), "courts", "kr-public-domain-art7")


def _zeros(root: Path, number: int) -> Shard:
    path = root / "governed" / "big" / _path(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written, not only truncated: a hole would be cheaper to read than a file is.
    path.write_bytes(bytes(BIG_BYTES))
    stats = {"numRecords": 1000}
    return Shard(_path(number), "0" * 64, BIG_BYTES, 1000, "courts", "kr-public-domain-art7", stats)


def _publish(root: Path, corpus: str, shards: list[Shard], keys: KeyStore) -> None:
    table = root / "governed" / corpus
    statement = build(Facts(corpus, "r1", plan="p", delta_version=0, code="c", recipe={}), shards, {})
    directory = table / "releases" / "r1"
    directory.mkdir(parents=True)
    (directory / MANIFEST).write_bytes(sign_statement(statement, keys.signer()))
    (directory / ROOT).write_bytes(sign_statement(root_statement(statement), keys.signer()))
    commit(table, release_id="r1", shards=shards, expected_version=0, schema=DOCUMENT, at=NOW)
