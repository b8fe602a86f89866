from __future__ import annotations

import pytest

from labeling.attempts import FAILURES, Attempts, LockedOutError
from tests.labeling.conftest import after


def test_an_address_with_too_many_wrong_tokens_waits_and_others_do_not():
    attempts = Attempts()
    for n in range(FAILURES):
        attempts.require_open("10.0.0.1", after(n))
        attempts.failed("10.0.0.1", after(n))
    with pytest.raises(LockedOutError):
        attempts.require_open("10.0.0.1", after(FAILURES))
    attempts.require_open("10.0.0.2", after(FAILURES))
    attempts.require_open("10.0.0.1", after(601))
