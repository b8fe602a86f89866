"""The GPU library behind a port of four calls, so that batching and fallback are tested without a device.

`CudfDevice` is written for cuDF 25.02 to 26.10. Before 25.02 `str.minhash` means another function with the same name.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from governance.records.errors import ConfigError

Edges = tuple[np.ndarray, np.ndarray]
_OLDEST = (25, 2)


class Device(Protocol):
    """What is needed of a GPU library; MemoryError when an allocation fails, RuntimeError on any other fault."""

    name: str

    def free_bytes(self) -> int:
        """Device memory not in use, bytes."""

    def minhash(self, text: pa.StringArray, width: int, seed: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Signatures of a column without nulls, shape (rows, len(a)), of the type of `a`."""

    def star_edges(self, keys: np.ndarray, docs: np.ndarray) -> Edges:
        """As `candidates.star_edges`."""


class CudfDevice:
    """cuDF on the current CUDA device."""

    def __init__(self, cudf: Any, cupy: Any) -> None:
        self._cudf, self._cupy = cudf, cupy
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.runtime.getDevice())
        self.name = f"{properties['name'].decode()} (cuDF {cudf.__version__})"

    def free_bytes(self) -> int:
        """What the driver has free; a memory pool set up by the caller hides the rest."""
        return int(self._cupy.cuda.runtime.memGetInfo()[0])

    def minhash(self, text: pa.StringArray, width: int, seed: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """`Series.str.minhash`, which dispatches on the type of `a`: uint32 or uint64."""
        series = self._cudf.Series
        lists = series.from_arrow(text).str.minhash(seed, a=series(a), b=series(b), width=width).to_arrow()
        return lists.flatten().to_numpy(zero_copy_only=False).reshape(len(text), len(a))

    def star_edges(self, keys: np.ndarray, docs: np.ndarray) -> Edges:
        """Group by key, minimum of the document numbers, joined back by `transform`."""
        frame = self._cudf.DataFrame({"key": keys, "right": docs})
        frame["left"] = frame.groupby("key")["right"].transform("min")
        edges = frame[frame["left"] != frame["right"]][["left", "right"]].drop_duplicates()
        edges = edges.sort_values(["left", "right"])
        return edges["left"].to_numpy(), edges["right"].to_numpy()


def open_cudf() -> Device:
    """The current CUDA device through cuDF.

    Raises:
        ConfigError: says which part is missing: cupy, a device, or a cuDF that is new enough.
    """
    try:
        # cupy first: it answers "no device" calmly where cuDF's own import may fail in several ways.
        cupy = importlib.import_module("cupy")
        count = cupy.cuda.runtime.getDeviceCount()
    except (ImportError, RuntimeError) as error:
        raise ConfigError(f"no CUDA device: {type(error).__name__}; install the gpu extra on a GPU node") from error
    if not count:
        raise ConfigError("no CUDA device is visible; check CUDA_VISIBLE_DEVICES and the driver")
    try:
        cudf = importlib.import_module("cudf")
    except (ImportError, RuntimeError, OSError) as error:
        raise ConfigError(f"cuDF does not import: {type(error).__name__}; install the gpu extra") from error
    if _version(cudf.__version__) < _OLDEST:
        raise ConfigError(f"cuDF {cudf.__version__} is too old: its MinHash has other numbers; install 25.2 or newer")
    return CudfDevice(cudf, cupy)


def _version(text: str) -> tuple[int, int]:
    year, month = text.split(".")[:2]
    return int(year), int(month)
