import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.report import figures


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 0, "–"),
        (0, 7, "0 %"),
        (7, 7, "100 %"),
        (1, 3, "33.3 %"),
        (99_999, 100_000, "99.9 %"),  # rounding must not claim that all are there
        (1, 100_000, "0.1 %"),  # nor that none are
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, said: str) -> None:
    assert figures.share(part, whole) == said


@settings(deadline=None)
@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_only_the_whole_is_a_hundred_per_cent(part: int, whole: int) -> None:
    part = min(part, whole)
    assert (figures.share(part, whole) == "100 %") == (part == whole)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0.40 s"), (31.44, "31.4 s"), (75, "1 min 15 s"), (3599.6, "1 h 0 min"), (12_000, "3 h 20 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert figures.duration(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"), [(999, "999 B"), (1500, "1.5 kB"), (2_700_000, "2.7 MB"), (3.2e9, "3.2 GB"), (5e12, "5.0 TB")]
)
def test_sizes_are_decimal(number: float, said: str) -> None:
    assert figures.size(number) == said


@pytest.mark.parametrize(
    ("amount", "seconds", "said"), [(10, 0, "–"), (5, 50, "0.10"), (500, 20, "25.0"), (9999, 3, "3,333")]
)
def test_rates(amount: float, seconds: float, said: str) -> None:
    assert figures.rate(amount, seconds) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (0.35, "0.35"), (500, "500"), (2000, "2,000"), (20_000, "20k"), (1e6, "1M")]
)
def test_edges(value: float, said: str) -> None:
    assert figures.edge(value) == said


@settings(deadline=None)
@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_what_is_there_has_a_bar_that_can_be_seen_and_fits(part: int, whole: int) -> None:
    assert 0.25 <= float(figures.width(min(part, whole), whole)) <= 100
