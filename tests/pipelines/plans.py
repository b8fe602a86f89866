"""Plans, contexts and files of the stages, made by hand: what a stage needs, and nothing run before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.spec import SourceSpec
from governance.keys import KeyStore
from governance.records.schemas import MEASURES, STAGED
from governance.terms import Terms, licence_class, parse_terms, restrictiveness
from pipelines.families import FAMILIES
from pipelines.home import Home
from pipelines.plan import Plan, SnapshotPlan, SourcePlan
from pipelines.planning import DECIDING_KEYS
from pipelines.recipe import Recipe
from pipelines.stages.index import Index, Judged
from pipelines.tasks import Context, Receipt
from pipelines.zones import Zone, declare_zone
from transforms.dedup.presets import preset

DAY = date(2026, 11, 24)
WORK = "corpus-test"
FREE_TERMS = {"licence": "LicenseRef-KOGL-1", "holder": "시험청", "legal_basis": "licence", "evidence": ["made up"]}
STRICT_TERMS = {**FREE_TERMS, "licence": "CC-BY-NC-SA-4.0"}
CHOSEN = preset("korean")


def source(name: str, terms: Mapping[str, Any] = FREE_TERMS, **spec: Any) -> SourcePlan:
    """A source as the plan holds it; its zone is its name."""
    parsed: Terms = parse_terms(name, terms)
    return SourcePlan(
        spec=SourceSpec(name=name, sector="government", domain="test", path="/nowhere", terms=dict(terms), **spec),
        snapshot=SnapshotPlan(name=f"snapshot-of-{name}", zone=name, items=1, bytes=10),
        licence=parsed.licence,
        licence_class=licence_class(parsed),
        restrictiveness=restrictiveness(parsed),
        terms=parsed.record(),
    )


def plan(home: Path, sources: Sequence[SourcePlan] | None = None, recipe: Mapping[str, Any] = {}, **more: Any) -> Plan:
    """A plan of these sources (one called `letters` when none are given)."""
    whole: dict[str, Any] = {"name": "test", "corpus": "test", "sources": ["*.yaml"], **recipe}
    given = {
        "as_of": DAY,
        "families": dict.fromkeys(FAMILIES, "f"),
        "key_ids": dict.fromkeys(DECIDING_KEYS, "k"),
        "policies": "p",
        "tombstones": "none",
        "lock": "l",
    }
    return Plan(
        home=home,
        work_zone=WORK,
        recipe=Recipe.model_validate(whole),
        sources=tuple(sources or (source("letters"),)),
        **given | more,
    )


def context(directory: Path, *given: Any, **more: Any) -> Context:
    """A context over a new home below `directory`, with its zones declared; arguments as of `plan`."""
    home = Home(directory / "home")
    KeyStore.open(home.keys, create=True)
    made = Context(plan(home.root, *given, **more))
    for name in (WORK, *(s.name for s in made.plan.sources)):
        declare_zone(home, Zone(name, "" if name == WORK else name, "2026-11-24", "2026-12-24"))
    return made


def key_of(text: str) -> bytes:
    """Sixteen bytes that stand for a keyed digest."""
    return hashlib.sha256(text.encode()).digest()[:16]


def doc_id(source_name: str, number: int) -> str:
    """An id of the released shape."""
    digest = hashlib.sha256(f"{source_name}/{number}".encode()).digest()
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digest)[:26]


def staged(source_name: str, texts: Sequence[str], **columns: Sequence[Any]) -> pa.Table:
    """Staged rows of these texts; `columns` replaces single ones."""
    count = len(texts)
    values: dict[str, Any] = {
        "doc_id": [doc_id(source_name, n) for n in range(count)],
        "native_id": [f"{source_name}-{n}" for n in range(count)],
        "native_key": [key_of(f"{source_name}-{n}") for n in range(count)],
        "item": [0] * count,
        "offset": list(range(count)),
        "length": [1] * count,
        "text": list(texts),
        "title": [None] * count,
        "url": [None] * count,
        "author": [None] * count,
        "published_at": [None] * count,
        "collected_at": [None] * count,
        "domain": ["test"] * count,
        "language": ["ko"] * count,
        "chars": [len(text) for text in texts],
        "bytes": [len(text.encode()) for text in texts],
        "quality": [{name: 1 if pa.types.is_integer(kind) else 0.5 for name, kind in MEASURES.items()}] * count,
        "destroyed": [[]] * count,
        "text_key": [key_of("".join(text.split())) for text in texts],
        "signature": [np.full(CHOSEN.permutations, n, "<u4").tobytes() for n in range(count)],
    }
    return pa.table(values | columns, schema=STAGED)


def write_staged(made: Context, source_name: str, name: str, table: pa.Table) -> None:
    """Keeps staged rows where Prepare would."""
    made.write(source_name, made.path(source_name, "prepare", name), table)


def write_judged(made: Context, name: str, rows: Mapping[str, Sequence[Any]]) -> int:
    """Keeps a judged file of these columns (the others stand at something harmless); returns its rows."""
    count = len(next(iter(rows.values())))
    kinds = {"doc_id": pa.string(), "native_key": pa.binary(16), "text_key": pa.binary(16), "keep": pa.bool_()}
    kinds |= {"item": pa.int32(), "offset": pa.int64(), "bytes": pa.int32()}
    values: dict[str, Any] = {
        "doc_id": [doc_id(name, n) for n in range(count)],
        "native_key": [key_of(f"{name}/{n}") for n in range(count)],
        "text_key": [key_of(f"{name}:{n}") for n in range(count)],
        "item": [0] * count,
        "offset": list(range(count)),
        "bytes": [100] * count,
        "keep": [True] * count,
        **rows,
    }
    columns = {key: pa.array(values[key], kind) for key, kind in kinds.items()}
    for band in range(CHOSEN.bands):
        given = values.get(f"b{band}", [(hash_of(name, band, n)) for n in range(count)])
        columns[f"b{band}"] = pa.array(given, pa.int64())
    made.write(WORK, made.path(WORK, "judge", name), pa.table(columns))
    return count


def hash_of(name: str, band: int, row: int) -> int:
    """A band key that no other row shares."""
    return int.from_bytes(hashlib.sha256(f"{name}/{band}/{row}".encode()).digest()[:7], "little")


def index_of(made: Context, files: Sequence[tuple[str, str, int, int]]) -> Index:
    """An index of (source, judged name, rows, kept), saved."""
    index = Index(tuple(Judged(s, s, f"staged-{name}", name, rows, kept, 1000) for s, name, rows, kept in files))
    index.save(made)
    return index


def receipt(stage: str, name: str = "n", source_name: str = "letters", **books: int) -> Receipt:
    """A receipt with only its books."""
    return Receipt(stage, name, source_name, books)
