"""All of it: files in, a keep-set and its counters out."""

from __future__ import annotations

import platform
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from governance.records.errors import MalmoiError
from pipelines.dedup.inputs import Inputs, open_inputs
from pipelines.dedup.result import require_free, write_result
from pipelines.dedup.rows import Columns
from pipelines.dedup.settings import Settings
from pipelines.dedup.settling import Clusters, settle
from pipelines.dedup.signing import Corpus, sign_all
from pipelines.dedup.spool import Spool
from pipelines.dedup.steps import Steps
from transforms.dedup.minhash import numba_threads

_PACKAGES = ("malmoi", "numpy", "numba", "polars", "pyarrow", "blake3")


@dataclass(frozen=True)
class Job:
    """What is asked for. `threads` None takes every core; the result does not depend on it."""

    paths: tuple[Path, ...]
    out: Path
    settings: Settings
    columns: Columns
    overwrite: bool = False
    threads: int | None = None


def deduplicate(job: Job, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Runs the job; returns what stats.json holds. `tell` hears the name of each step as it begins.

    Raises:
        ConfigError: a column, a line, an id or the target is wrong.
        NotFoundError: a path that is not there.
        MalmoiError: a file is damaged or changes under way, or the disk is full. Nothing of the target is changed then.
    """
    require_free(job.out, overwrite=job.overwrite)
    steps = Steps(job.threads or numba_threads(), tell)
    inputs = open_inputs(job.paths, job.columns)
    out = job.out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with Spool(out.parent) as keys, Spool(out.parent) as texts:
            corpus, clusters = _run(inputs, job.settings, (keys, texts), steps)
            stats = _stats(inputs, job.settings, clusters, steps)
            write_result(out, corpus, clusters, stats)
    except OSError as error:
        raise MalmoiError(f"{error.filename or out.parent}: {error.strerror or error}") from error
    return stats


def _run(inputs: Inputs, settings: Settings, spools: Sequence[Spool], steps: Steps) -> tuple[Corpus, Clusters]:
    with steps.step("sign") as counts:
        corpus = sign_all(inputs.parts, settings, spools[0], steps.threads)
        blocks = list(corpus.signed)
        counts |= {
            "documents": sum(len(b.ids) for b in blocks),
            "null_texts": sum(len(b.missing) for b in blocks),
            "characters": sum(int(b.chars.sum(dtype=np.int64)) for b in blocks),
            "text_bytes": sum(int(b.sizes.sum()) for b in blocks),
            "key_bytes": spools[0].size,
        }
    return corpus, settle(inputs.parts, corpus, settings, spools[1], steps)


def _stats(inputs: Inputs, settings: Settings, clusters: Clusters, steps: Steps) -> dict[str, Any]:
    signed = steps.record["sign"]
    gone = clusters.docs != clusters.survivor
    near = gone & ~clusters.exact
    sizes = np.unique(clusters.survivor[gone], return_counts=True)[1] + 1
    chosen = settings.chosen
    return {
        "books": {
            "in": signed["documents"],
            "kept": signed["documents"] - signed["null_texts"] - int(gone.sum()),
            "exact_duplicates": int((gone & clusters.exact).sum()),
            "near_duplicates": int(near.sum()),
            "null_texts": signed["null_texts"],
        },
        "clusters": {"count": len(sizes), "largest": int(sizes.max(initial=0))},
        "near_duplicates_by_round": _by_round(clusters.round[near]),
        "steps": steps.record,
        "parameters": settings.model_dump()
        | {"bound": settings.limit, "width": chosen.width, "bands": chosen.bands, "rows": chosen.rows}
        | {"seed": chosen.seed, "permutations_sha256": sha256(chosen.a.tobytes() + chosen.b.tobytes()).hexdigest()},
        "files": {"count": len(inputs.files), "bytes": inputs.bytes, "parts": len(inputs.parts)},
        "threads": steps.threads,
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
    }


def _by_round(rounds: np.ndarray) -> dict[str, int]:
    """Near duplicates by the round they were settled in; one more than `rounds` is by their edges."""
    numbers, counts = np.unique(rounds, return_counts=True)
    return {str(number): int(count) for number, count in zip(numbers, counts, strict=True)}
