from __future__ import annotations

import pytest

from pipelines.dedup.steps import Steps


def test_each_step_is_told_when_it_begins_and_recorded_when_it_is_done() -> None:
    told: list[str] = []
    steps = Steps(2, told.append)
    with steps.step("sign") as counts:
        assert told == ["sign"] and steps.record == {}
        counts["documents"] = 3
    assert steps.record["sign"]["documents"] == 3 and set(steps.record["sign"]) == {"documents", "seconds", "cpu_s"}


def test_a_step_that_fails_leaves_no_record() -> None:
    steps = Steps(1)
    with pytest.raises(KeyError), steps.step("sign"):
        raise KeyError
    assert steps.record == {}
