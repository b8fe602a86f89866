import pytest

from governance.records.errors import BusyError, IntegrityError, MalmoiError, MissingKeyError
from pipelines.launch import _ours


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (IntegrityError("a page is altered [while running 'Prepare']"), IntegrityError, "a page is altered"),
        (BusyError("wait"), BusyError, "wait"),
        (
            RuntimeError(
                "Traceback…\ngovernance.records.errors.MissingKeyError: no key [while running 'Judge-ptransform-3']"
            ),
            MissingKeyError,
            "no key",
        ),
    ],
)
def test_an_error_of_ours_keeps_its_type_through_a_worker(
    error: Exception, kind: type[MalmoiError], message: str
) -> None:
    found = _ours(error)
    assert type(found) is kind and str(found) == message


def test_any_other_error_stays_as_it_is() -> None:
    error = ValueError("of another making")
    assert _ours(error) is error
