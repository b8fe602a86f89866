"""What decontamination finds of items planted in court decisions, disguised or not, and where it gives false alarms."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from transforms.decontaminate.index import Index
from transforms.decontaminate.items import Items
from transforms.decontaminate.match import contaminated
from transforms.text.buffers import Text

Disguise = Callable[[str, random.Random], str]
HOST = 300  # characters of a decision on either side of a planted item
# Particles that take one another's place; what a writer changes when a sentence is turned.
PARTICLES = {
    "에서": "에", "에": "에서", "은": "는", "는": "은", "이": "가", "가": "이", "을": "를", "를": "을",
    "과": "와", "와": "과", "의": "", "도": "은", "로": "으로",
}  # fmt: skip


def verbatim(text: str, _: random.Random) -> str:
    """As it is."""
    return text


def spacing(text: str, rng: random.Random) -> str:
    """Three blanks in ten gone, one new after every tenth character."""
    kept = "".join(sign for sign in text if sign != " " or rng.random() >= 0.3)
    return "".join(sign + " " * (rng.random() < 0.1) for sign in kept)


def punctuation(text: str, rng: random.Random) -> str:
    """Every sign dropped or another."""
    return re.sub(r"[.,?!\"'\[\]]", lambda _: rng.choice(["", "…", "!", " · "]), text)


def particles(share: float) -> Disguise:
    """That share of the particles another."""

    def disguise(text: str, rng: random.Random) -> str:
        return re.sub("[가-힣]+", lambda match: _turned(match.group(), share, rng), text)

    return disguise


def _turned(word: str, share: float, rng: random.Random) -> str:
    for particle, other in PARTICLES.items():
        if len(word) > len(particle) + 1 and word.endswith(particle) and rng.random() < share:
            return word[: -len(particle)] + other
    return word


def all_of(*disguises: Disguise) -> Disguise:
    """One after the other."""

    def disguise(text: str, rng: random.Random) -> str:
        for each in disguises:
            text = each(text, rng)
        return text

    return disguise


DISGUISES: dict[str, Disguise] = {
    "verbatim": verbatim,
    "spacing": spacing,
    "punctuation": punctuation,
    "particles, three in ten": particles(0.3),
    "particles, half": particles(0.5),
    "particles, all": particles(1.0),
    "spacing, punctuation and half the particles": all_of(particles(0.5), spacing, punctuation),
}


def recall(suites: Sequence[Items], index: Index, hosts: Sequence[str], disguise: Disguise) -> dict[str, Any]:
    """Items planted and found, in all and by suite, what the index skips left out."""
    found = {suite.suite: _found(suite, number, index, hosts, disguise) for number, suite in enumerate(suites)}
    items, hits = (sum(pair[k] for pair in found.values()) for k in (0, 1))
    by_suite = {name: round(hit / count, 4) for name, (count, hit) in found.items() if count}
    return {"items": items, "found": hits, "share": round(hits / items, 4), "by_suite": by_suite}


def _found(suite: Items, number: int, index: Index, hosts: Sequence[str], disguise: Disguise) -> tuple[int, int]:
    rng = random.Random(number)
    texts = [_planted(disguise(text, rng), hosts, rng) for text in suite.texts.to_pylist()]
    evidence = contaminated(pa.array(texts, pa.large_string()), index)
    pairs = set(zip(*(evidence[name].to_pylist() for name in ("row", "suite", "item")), strict=True))
    searched = {item for place, item in index.items if index.suites[place] == suite.suite}
    known = [(row, suite.suite, item) for row, item in enumerate(suite.ids) if item in searched]
    return len(known), len(pairs.intersection(known))


def _planted(text: str, hosts: Sequence[str], rng: random.Random) -> str:
    host = rng.choice(hosts)
    at = rng.randrange(max(len(host) - 2 * HOST, 1))
    return f"{host[at : at + HOST]}\n{text}\n{host[at + HOST : at + 2 * HOST]}"


def alarms(text: Text, index: Index) -> dict[str, Any]:
    """Documents that are called contaminated, and by which suites."""
    evidence = contaminated(text, index)
    count = pc.count_distinct(evidence["row"]).as_py()
    by_suite = evidence.group_by("suite").aggregate([("row", "count_distinct")]).sort_by("suite").to_pylist()
    rows = {entry["suite"]: entry["row_count_distinct"] for entry in by_suite}
    return {"documents": len(text), "called": count, "share": round(count / max(len(text), 1), 6), "by_suite": rows}
