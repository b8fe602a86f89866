"""Signatures and grouping on a GPU when there is one that proves itself, else on the CPU; the same numbers either way.

The backend is resolved once, in a worker's `setup()`: a device must first reproduce every vector of `vectors`.
A call is then cut to what the device's free memory holds; a batch that still does not fit is halved, and what
does not fit at the floor goes to the CPU and is counted. Nothing here touches CUDA when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa

from governance.records.errors import ConfigError, MalmoiError
from transforms.dedup.candidates import Edges, star_edges
from transforms.dedup.device import Device, open_cudf
from transforms.dedup.minhash import signatures
from transforms.dedup.vectors import cudf_vectors
from transforms.dedup.windows import text_buffers

Choice = Literal["auto", "cpu", "gpu"]
_T = TypeVar("_T")

# Of the free device memory, three fifths: the estimate of a call leaves cuDF's small temporaries out.
_USABLE = (3, 5)
# cuDF numbers list elements, and 32-bit offsets number string bytes.
_INT32 = (1 << 31) - 1
# A call this small that does not fit will not fit when halved again.
_FLOOR_BYTES = 1 << 20


@dataclass
class Counters:
    """What ran where. Rows are documents signed or keys grouped."""

    gpu_rows: int = 0
    cpu_rows: int = 0
    gpu_calls: int = 0
    out_of_memory: int = 0
    fallbacks: int = 0


@dataclass
class Backend:
    """Signs and groups on `device`, or on the CPU where it is None; `reason` says how that came about.

    Attributes:
        halvings: how often the memory plan was halved after a failed allocation; it stays so for the process.
        fault: what broke the device for this process, or "".
    """

    device: Device | None
    reason: str
    counters: Counters = field(default_factory=Counters)
    halvings: int = 0
    fault: str = ""

    @property
    def kind(self) -> Literal["cpu", "gpu"]:
        """Where calls go first."""
        return "cpu" if self.device is None else "gpu"

    def describe(self) -> dict[str, str | int]:
        """For the run's report, never for its results: kind, reason and counters."""
        return {"backend": self.kind, "reason": self.reason, **asdict(self.counters)}

    def signatures(self, text: pa.Array, *, width: int, seed: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """As `minhash.signatures`, bit for bit, wherever each batch ran.

        Raises:
            MalmoiError: the device failed in a way that leaves this process unable to use it.
        """
        if self.device is None:
            return self._on_cpu(text, width=width, seed=seed, a=a, b=b)
        offsets, _ = text_buffers(text)
        out = np.empty((len(text), a.size), a.dtype)
        row = 0
        while row < len(text):
            budget = self._guarded(lambda device: device.free_bytes()) * _USABLE[0] // _USABLE[1] >> self.halvings
            stop = batch_end(offsets, row, budget, a)
            done = self._batch(text.slice(row, stop - row), width=width, seed=seed, a=a, b=b)
            if done is not None:
                out[row:stop], row = done, stop
        return out

    def star_edges(self, keys: np.ndarray, docs: np.ndarray) -> Edges:
        """As `candidates.star_edges`; a column that does not fit on the device is grouped on the CPU."""
        if self.device is not None and len(keys) < _INT32:
            try:
                edges = self._guarded(lambda device: device.star_edges(keys, docs))
            except MemoryError:
                self.counters.out_of_memory += 1
                self.counters.fallbacks += 1
            else:
                self.counters.gpu_calls += 1
                self.counters.gpu_rows += len(keys)
                return edges
        self.counters.cpu_rows += len(keys)
        return star_edges(keys, docs)

    def _batch(self, piece: pa.Array, **call: Any) -> np.ndarray | None:
        """The batch's signatures, or None when it has to be cut smaller."""
        offsets, _ = text_buffers(piece)
        size = call_bytes(offsets, 0, len(piece), call["a"])
        if offsets[-1] - offsets[0] > _INT32:
            self.counters.fallbacks += 1
            return self._on_cpu(piece, **call)
        try:
            strings = with_int32_offsets(piece)
            done = self._guarded(lambda device: device.minhash(strings, **call))
        except MemoryError:
            self.counters.out_of_memory += 1
            if len(piece) > 1 and size > _FLOOR_BYTES:
                self.halvings += 1
                return None
            self.counters.fallbacks += 1
            return self._on_cpu(piece, **call)
        self.counters.gpu_calls += 1
        self.counters.gpu_rows += len(piece)
        return done

    def _on_cpu(self, text: pa.Array, **call: Any) -> np.ndarray:
        self.counters.cpu_rows += len(text)
        return signatures(text, **call)

    def _guarded(self, call: Callable[[Device], _T]) -> _T:
        """Runs a device call; after a CUDA fault the context is lost, so the process must not try again."""
        if self.device is None or self.fault:
            raise MalmoiError(f"the GPU failed earlier in this process ({self.fault}); restart the worker")
        try:
            return call(self.device)
        except RuntimeError as error:
            self.fault = type(error).__name__
            raise MalmoiError(
                f"{self.device.name}: {self.fault} during deduplication; restart the worker, or set backend: cpu"
            ) from error


def call_bytes(offsets: np.ndarray, row: int, stop: int, a: np.ndarray) -> int:
    """Device memory that one MinHash call takes at its peak, bytes: text, window hashes, signatures.

    Source: read in cuDF's minhash.cu, not measured on a device.
    """
    word = a.itemsize
    return int((1 + word) * (offsets[stop] - offsets[row]) + word * a.size * (stop - row))


def batch_end(offsets: np.ndarray, row: int, budget: int, a: np.ndarray) -> int:
    """End of the longest batch from `row` that fits the budget and cuDF's 32-bit counts; one row at least."""
    last = min(len(offsets) - 1, row + (_INT32 - 1) // a.size)
    word = a.itemsize
    size = (1 + word) * (offsets[row : last + 1] - offsets[row]) + word * a.size * np.arange(last - row + 1)
    fits = min(
        int(np.searchsorted(size, budget, side="right")) - 1,
        int(np.searchsorted(offsets[row : last + 1], offsets[row] + _INT32, side="right")) - 1,
    )
    return row + max(1, fits)


def with_int32_offsets(text: pa.Array) -> pa.StringArray:
    """The same text, starting at its own first byte, under 32-bit offsets; the bytes are not copied."""
    offsets, data = text_buffers(text)
    begin = int(offsets[0])
    buffer = pa.py_buffer(data)[begin : int(offsets[-1])] if len(data) else pa.py_buffer(b"")
    return pa.StringArray.from_buffers(len(text), pa.py_buffer((offsets - begin).astype(np.int32)), buffer)


def self_test(device: Device) -> None:
    """Compares the device with every vector and with the CPU's grouping.

    Raises:
        ConfigError: names the first vector that differs.
    """
    for vector in cudf_vectors():
        text = pa.array(vector.texts, pa.string())
        got = device.minhash(text, vector.width, vector.seed, vector.a, vector.b)
        if got.dtype != vector.expected.dtype or not np.array_equal(got, vector.expected):
            raise ConfigError(f"{device.name}: signatures differ from vector {vector.name}; set backend: cpu")
    keys, docs = np.array([5, -2, 5, 7, -2, 5], np.int64), np.array([9, 4, 3, 1, 8, 6], np.int64)
    for got, wanted in zip(device.star_edges(keys, docs), star_edges(keys, docs), strict=True):
        if not np.array_equal(got, wanted):
            raise ConfigError(f"{device.name}: grouping differs from the CPU's; set backend: cpu")


def resolve(choice: Choice, *, open_device: Callable[[], Device] = open_cudf) -> Backend:
    """The backend for this process; call it once, in `setup()` of a process started after the choice was made.

    Args:
        choice: gpu requires a device that passes the self-test, auto takes one when there is, cpu asks for none.
        open_device: opens the GPU library.

    Raises:
        ConfigError: `gpu` was asked for and there is none that passes.
    """
    if choice == "cpu":
        return Backend(None, "asked for")
    try:
        device = open_device()
        self_test(device)
    except (ConfigError, MemoryError, RuntimeError) as error:
        reason = error.problems[0] if isinstance(error, ConfigError) else f"self-test failed: {type(error).__name__}"
        if choice == "gpu":
            raise ConfigError(f"deduplicate.backend: gpu: {reason}") from error
        return Backend(None, reason)
    return Backend(device, f"{device.name} reproduces every vector")


def resource_hints(choice: Choice, accelerator: str = "type:nvidia-l4;count:1;install-nvidia-driver") -> dict[str, str]:
    """Beam resource hints of a step that may use a GPU; none for the CPU. Runners are free to ignore them.

    `max_active_bundles_per_worker` is 1: two processes on a device would each plan for its free memory.
    Beam wants every value as text.
    """
    if choice == "cpu":
        return {}
    return {"accelerator": accelerator, "min_ram": "16GB", "max_active_bundles_per_worker": "1"}
