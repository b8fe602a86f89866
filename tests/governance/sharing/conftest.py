"""A small installation: one corpus of five sources with different terms, two consortia, a server on loopback."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import uvicorn

from governance.delta import Shard, commit, head_version
from governance.events import EventLog
from governance.keys import KeyStore
from governance.manifest import MANIFEST, ROOT, Facts, build, root_statement
from governance.parquet import write_released
from governance.policy import Policies, default_policies
from governance.records.ids import base32, keyed_digest
from governance.records.schemas import DOCUMENT, MEASURES
from governance.sharing.admin import new_profile
from governance.sharing.app import create_app
from governance.sharing.settings import SharingSettings
from governance.signing import sign_statement
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore
from governance.store.sources import RecordedSource
from governance.terms import licence_class, parse_terms

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
CORPUS = "hangeul"

_COMMON = {"holder": "발행처", "legal_basis": "licence", "evidence": "https://example.org/terms"}
TERMS: dict[str, dict[str, Any]] = {
    "laws": {"licence": "LicenseRef-KR-PublicDomain-Art7"},
    "petitions": {"licence": "LicenseRef-KOGL-1"},
    "reviews": {"licence": "CC-BY-NC-4.0"},
    "calls": {"licence": "LicenseRef-AIHub"},
    "wiki": {"licence": "CC-BY-SA-4.0", "expires": "2026-12-31"},
}


def documents(source: str, licence: str, count: int, *, release_id: str, salt: int = 0) -> pa.Table:
    """Documents of one source, with ids that depend on source and number only."""
    ids = [base32(keyed_digest(b"k" * 32, source.encode(), str(n + salt).encode())) for n in range(count)]
    rows = [
        {
            "doc_id": doc_id,
            "text": f"{source} 문서 {number}. " + "가나다라 마바사. " * 40,
            "source": source,
            "sector": "government",
            "licence": licence,
            "language": "ko",
            "chars": 400,
            "quality": {name: 0 if pa.types.is_integer(kind) else 0.0 for name, kind in MEASURES.items()},
            "pii": {"level": "pseudonymised", "counts": []},
            "cluster_size": 1,
            "release_id": release_id,
            "lineage": ["prepare@1"],
        }
        for number, doc_id in enumerate(sorted(ids))
    ]
    return pa.Table.from_pylist(rows, schema=DOCUMENT)


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Home:
    """An installation in a directory."""

    root: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.store = SharingStore.open(self.root / "state" / "sharing.sqlite")
        self.keys = KeyStore.open(self.root / "keys", create=True)
        self.events = EventLog(self.root / "state" / "events.jsonl")
        self.policies = Policies.load(default_policies())
        self.terms = {name: parse_terms(name, _COMMON | data) for name, data in TERMS.items()}
        self.ids: dict[str, set[str]] = {}

    @property
    def corpus(self) -> Path:
        return self.root / "governed" / CORPUS

    def settings(self, **changes: Any) -> SharingSettings:
        values: dict[str, Any] = {
            "corpora": self.root / "governed",
            "store": self.store,
            "policies": self.policies,
            "events": self.events,
            "clock": self.clock,
            "link_key": b"l" * 32,
        }
        return SharingSettings(**(values | changes))

    def release(self, release_id: str = "r1", rows: int = 40, salt: int = 0) -> int:
        """Publishes a release of every source, two shards each, signed; records the terms."""
        shards = [shard for source in self.terms for shard in self._shards(source, release_id, rows, salt)]
        version = head_version(self.corpus) + 1
        facts = Facts(CORPUS, release_id, plan="p", delta_version=version, code="c", recipe={})
        statement = build(facts, shards, {})
        directory = self.corpus / "releases" / release_id
        directory.mkdir(parents=True)
        (directory / MANIFEST).write_bytes(sign_statement(statement, self.keys.signer()))
        (directory / ROOT).write_bytes(sign_statement(root_statement(statement), self.keys.signer()))
        commit(self.corpus, release_id=release_id, shards=shards, expected_version=version, schema=DOCUMENT, at=NOW)
        for source, terms in self.terms.items():
            self.store.sources.record(CORPUS, source, RecordedSource(terms, "pseudonymised"), at=NOW)
        return version

    def _shards(self, source: str, release_id: str, rows: int, salt: int) -> list[Shard]:
        licence = licence_class(self.terms[source])
        table = documents(source, licence, rows, release_id=release_id, salt=salt)
        self.ids[source] = set(table["doc_id"].to_pylist())
        made = []
        for number, part in enumerate((table.slice(0, rows // 2), table.slice(rows // 2))):
            path = f"shards/{source}/{licence}/{release_id}-{number}.parquet"
            write_released(self.corpus / path, part)
            made.append(Shard.of(self.corpus, path, source, licence))
        return made

    def recipient(self, name: str, **fields: Any) -> Recipient:
        return self.store.recipients.add(Recipient(name, name, **fields), at=NOW)

    def grant(self, recipient: str, purpose: str = "pretrain", **fields: Any) -> Grant:
        dates = {"valid_from": date(2026, 1, 1), "valid_until": date(2027, 6, 30)}
        return self.store.grants.add(Grant(recipient, CORPUS, purpose, **(dates | fields)), at=NOW, by="officer")

    def bearer(self, recipient: str, days: int = 30) -> str:
        return self.store.tokens.issue(
            recipient, at=self.clock(), expires_at=self.clock() + timedelta(days=days)
        ).bearer

    def profile(self, recipient: str, endpoint: str, name: str = "") -> Path:
        path = self.root / f"{name or recipient}.share"
        made = new_profile(
            self.store, recipient, endpoint=endpoint, at=self.clock(), expires_at=self.clock() + timedelta(days=30)
        )
        path.write_text(json.dumps(made.document()))
        return path


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    yield made
    made.store.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, set[str]]]:
    """A release with its recipients, made once; tests work on copies."""
    home = Home(tmp_path_factory.mktemp("template") / "home")
    home.release()
    home.recipient("team-a")
    home.recipient("body-a", consortium="team-a")
    home.recipient("team-b", commercial=False)
    home.grant("team-a", sources=("laws", "petitions", "reviews"))
    home.grant("body-a", sources=("calls",), approval_no="NIA-2026-17")
    home.grant("team-b", sources=("petitions", "reviews", "wiki", "calls"))
    home.store.close()
    return home.root, home.ids


@pytest.fixture
def shared(template: tuple[Path, dict[str, set[str]]], tmp_path: Path) -> Iterator[Home]:
    """A release; consortium A is commercial with an approval for the calls, B is a non-commercial body."""
    root, ids = template
    shutil.copytree(root, tmp_path / "home")
    made = Home(tmp_path / "home")
    made.ids = {source: set(known) for source, known in ids.items()}
    yield made
    made.store.close()


@dataclass
class Served:
    """A server on loopback."""

    base: str

    @property
    def endpoint(self) -> str:
        return f"{self.base}/delta-sharing"


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(settings: SharingSettings) -> Served:
        config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, access_log=False, log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
        running.append((server, thread))
        return Served(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(10)
