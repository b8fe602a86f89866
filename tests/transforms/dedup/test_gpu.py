"""What runs where never shows in a result; without a device a stand-in drives the control flow and proves no number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from apache_beam.transforms import resources
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.records.errors import ConfigError, MalmoiError
from transforms.dedup import candidates, minhash
from transforms.dedup.gpu import Backend, batch_end, call_bytes, resolve, resource_hints, with_int32_offsets
from transforms.dedup.presets import preset
from transforms.dedup.windows import text_buffers

A = np.array([3, 5, 7], np.uint32)
B = np.array([1, 2, 4], np.uint32)
CALL: dict[str, Any] = {"width": 5, "seed": 1, "a": A, "b": B}
TEXT = pa.array([f"문서 {i} " + "가나다라 " * (i % 50) for i in range(400)], pa.large_string())
LONG = pa.array([f"{i} " + "가" * 200_000 for i in range(8)], pa.large_string())


class StandIn:
    """Computes on the CPU behind the device's port; fails an allocation above `limit` bytes, or at random calls."""

    name = "stand-in"

    def __init__(self, free: int = 1 << 30, limit: int | None = None, fault: Exception | None = None) -> None:
        self.free, self.limit, self.fault = free, limit, fault
        self.rows: list[int] = []
        self.wrong = False

    def free_bytes(self) -> int:
        return self.free

    def minhash(self, text: pa.Array, width: int, seed: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        assert text.type == pa.string() and text.null_count == 0
        offsets, _ = text_buffers(text)
        if self.limit is not None and call_bytes(offsets, 0, len(text), a) > self.limit:
            raise MemoryError("std::bad_alloc: out_of_memory: RMM failure")
        if self.fault is not None:
            raise self.fault
        self.rows.append(len(text))
        return minhash.signatures(text, width=width, seed=seed, a=a, b=b) ^ a.dtype.type(self.wrong)

    def star_edges(self, keys: np.ndarray, docs: np.ndarray) -> candidates.Edges:
        if self.limit is not None and 24 * len(keys) > self.limit:
            raise MemoryError
        return candidates.star_edges(keys, docs)


def test_the_cpu_is_used_when_asked_for_and_no_device_is_opened() -> None:
    backend = resolve("cpu", open_device=lambda: pytest.fail("opened a device"))
    assert backend.kind == "cpu"
    np.testing.assert_array_equal(backend.signatures(TEXT, **CALL), minhash.signatures(TEXT, **CALL))
    assert backend.describe()["cpu_rows"] == 400


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        (ConfigError("no CUDA device is visible"), "no CUDA device is visible"),
        (RuntimeError("initialisation"), "RuntimeError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_auto_falls_back_with_a_reason_and_gpu_refuses_with_it(device: Exception, reason: str) -> None:
    def broken() -> Any:
        raise device

    backend = resolve("auto", open_device=broken)
    assert backend.kind == "cpu" and reason in backend.reason
    with pytest.raises(ConfigError, match=reason):
        resolve("gpu", open_device=broken)


def test_a_device_with_other_numbers_is_not_used() -> None:
    device = StandIn()
    device.wrong = True
    assert "differ from vector" in resolve("auto", open_device=lambda: device).reason
    with pytest.raises(ConfigError, match="differ from vector"):
        resolve("gpu", open_device=lambda: device)


def test_a_device_that_passes_is_used_and_counted() -> None:
    backend = resolve("auto", open_device=StandIn)
    assert backend.kind == "gpu"
    np.testing.assert_array_equal(backend.signatures(TEXT, **CALL), minhash.signatures(TEXT, **CALL))
    assert backend.counters.gpu_rows == 400 and backend.counters.cpu_rows == 0


@settings(max_examples=60, deadline=None)
@given(free=st.integers(1, 3_000_000), limit=st.one_of(st.none(), st.integers(0, 2_000_000)))
def test_results_never_depend_on_memory(free: int, limit: int | None) -> None:
    backend = Backend(StandIn(free, limit), "test")
    np.testing.assert_array_equal(backend.signatures(TEXT, **CALL), EXPECTED)
    assert backend.counters.gpu_rows + backend.counters.cpu_rows == 400


EXPECTED = minhash.signatures(TEXT, **CALL)


def test_batches_stay_inside_three_fifths_of_the_free_memory() -> None:
    device = StandIn(free=200_000, limit=120_000)
    backend = Backend(device, "test")
    backend.signatures(TEXT, **CALL)
    assert len(device.rows) > 1 and backend.counters.out_of_memory == 0 and backend.counters.fallbacks == 0


def test_a_failed_allocation_halves_the_batch_until_it_fits() -> None:
    device = StandIn(free=1 << 34, limit=8 << 20)
    backend = Backend(device, "test")
    np.testing.assert_array_equal(backend.signatures(LONG, **CALL), minhash.signatures(LONG, **CALL))
    assert backend.counters.out_of_memory > 0 and backend.counters.fallbacks == 0
    assert sum(device.rows) == len(LONG) and max(device.rows) < len(LONG)
    before = backend.counters.out_of_memory
    backend.signatures(LONG, **CALL)
    assert backend.counters.out_of_memory == before, "the process forgot what it learned"


def test_a_row_that_never_fits_goes_to_the_cpu_and_is_counted() -> None:
    backend = Backend(StandIn(free=1 << 34, limit=1000), "test")
    np.testing.assert_array_equal(backend.signatures(LONG, **CALL), minhash.signatures(LONG, **CALL))
    assert backend.counters.cpu_rows == len(LONG) and backend.counters.gpu_rows == 0
    assert backend.counters.fallbacks == len(LONG)


def test_a_cuda_fault_ends_the_use_of_the_device_in_this_process() -> None:
    device = StandIn(fault=RuntimeError("CUDA error: an illegal memory access"))
    backend = Backend(device, "test")
    with pytest.raises(MalmoiError, match="restart the worker, or set backend: cpu"):
        backend.signatures(TEXT, **CALL)
    device.fault = None
    with pytest.raises(MalmoiError, match="failed earlier"):
        backend.signatures(TEXT, **CALL)
    assert device.rows == []


def test_grouping_falls_back_when_it_does_not_fit() -> None:
    keys, docs = np.arange(1000) % 7, np.arange(1000)
    for limit, counter in ((None, "gpu_rows"), (100, "cpu_rows")):
        backend = Backend(StandIn(limit=limit), "test")
        for got, wanted in zip(backend.star_edges(keys, docs), candidates.star_edges(keys, docs), strict=True):
            np.testing.assert_array_equal(got, wanted)
        assert getattr(backend.counters, counter) == 1000


def test_a_call_never_exceeds_cudfs_32_bit_counts() -> None:
    many = np.ones(260, np.uint32)
    offsets = np.arange(20_000_001, dtype=np.int64)
    assert batch_end(offsets, 0, 1 << 62, many) == 8_259_552
    wide = np.array([0, 1 << 30, (1 << 31) - 1, 3 << 30], np.int64)
    assert batch_end(wide, 0, 1 << 62, many) == 2
    assert batch_end(np.array([0, 1 << 40], np.int64), 0, 1 << 62, many) == 1


def test_the_memory_estimate_is_the_documented_one() -> None:
    offsets = np.array([0, 1 << 30], np.int64)
    assert call_bytes(offsets, 0, 1, np.ones(260, np.uint32)) == 5 * (1 << 30) + 4 * 260
    assert call_bytes(offsets, 0, 1, np.ones(260, np.uint64)) == 9 * (1 << 30) + 8 * 260


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_reach_the_device_rebased_and_uncopied(kind: pa.DataType) -> None:
    whole = pa.array(["가나다", "", "라마", "abc", "바"], kind)
    for begin in range(5):
        part = with_int32_offsets(whole.slice(begin, 3))
        assert part.type == pa.string() and part.offset == 0
        assert part.to_pylist() == whole.slice(begin, 3).to_pylist()
    held = whole.buffers()[2].address
    assert with_int32_offsets(whole.slice(2)).buffers()[2].address == held + 9


def test_beam_accepts_the_resource_hints() -> None:
    assert resource_hints("cpu") == {}
    assert len(resources.parse_resource_hints(resource_hints("auto"))) == 3


def open_real_device() -> Any:
    from transforms.dedup.device import open_cudf

    try:
        return open_cudf()
    except ConfigError as error:
        pytest.skip(f"not run on a device: {error}")


@pytest.mark.gpu
def test_cudf_reproduces_every_vector_on_the_device() -> None:
    open_real_device()
    assert resolve("gpu").kind == "gpu"


@pytest.mark.gpu
def test_cudf_and_the_cpu_sign_korean_text_alike() -> None:
    backend = Backend(open_real_device(), "test")
    for name in ("korean", "fineweb-14x8", "curator-20x13"):
        chosen = preset(name)
        call = {"width": chosen.width, "seed": chosen.seed, "a": chosen.a, "b": chosen.b}
        for text in (TEXT, LONG, TEXT.slice(7, 100)):
            np.testing.assert_array_equal(backend.signatures(text, **call), minhash.signatures(text, **call))


@pytest.mark.gpu
def test_cudf_and_the_cpu_group_alike() -> None:
    backend = Backend(open_real_device(), "test")
    drawn = np.random.default_rng(5)
    keys, docs = drawn.integers(-500, 500, 20_000), drawn.permutation(20_000)
    for got, wanted in zip(backend.star_edges(keys, docs), candidates.star_edges(keys, docs), strict=True):
        np.testing.assert_array_equal(got, wanted)
