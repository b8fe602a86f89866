from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.records.schemas import STAGED
from pipelines.stages.histograms import EDGES, histograms
from tests.pipelines.plans import staged


def _measured(chars: list[int], **measures: list[Any]) -> pa.Table:
    table = staged("letters", ["글"] * len(chars), chars=chars)
    quality = [{**row, **{k: v[n] for k, v in measures.items()}} for n, row in enumerate(table["quality"].to_pylist())]
    return table.set_column(
        table.schema.get_field_index("quality"),
        STAGED.field("quality"),
        pa.array(quality, STAGED.field("quality").type),
    )


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=50))
def test_every_document_is_in_one_bin_of_every_measure(chars: list[int]) -> None:
    counts = histograms(_measured(chars))
    assert set(counts) == set(EDGES)
    for name, bins in counts.items():
        assert (len(bins), sum(bins)) == (len(EDGES[name]) - 1, len(chars))


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=30), st.data())
def test_counts_of_parts_add_up_to_those_of_the_whole(chars: list[int], data: Any) -> None:
    cut = data.draw(st.integers(1, len(chars) - 1))
    parts = [histograms(_measured(part)) for part in (chars[:cut], chars[cut:])]
    whole = histograms(_measured(chars))
    assert {name: (np.array(parts[0][name]) + parts[1][name]).tolist() for name in whole} == whole


def test_a_share_of_one_is_in_the_last_bin_and_none_at_all_in_no_bin() -> None:
    counts = histograms(_measured([5, 5, 5], hangul_share=[1.0, 0.0, float("nan")]))
    assert (counts["hangul_share"][0], counts["hangul_share"][-1], sum(counts["hangul_share"])) == (1, 1, 2)


@pytest.mark.parametrize("name", EDGES)
def test_edges_rise_and_reach_what_a_measure_can_be(name: str) -> None:
    edges = EDGES[name]
    assert edges == sorted(set(edges)) and edges[0] == 0
    assert edges[-1] == (1.0 if name.endswith("_share") else 2**31 - 1)
