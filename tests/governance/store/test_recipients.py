"""Recipients: bodies follow their consortium, and a wrong registration is refused with every problem."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.records.errors import ConfigError, NotFoundError
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("consortium", "body", "effective"),
    [
        ("active", "active", "active"),
        ("active", "suspended", "suspended"),
        ("suspended", "active", "suspended"),
        ("left", "suspended", "left"),
    ],
)
def test_a_body_has_the_worse_of_its_own_and_its_consortiums_status(
    store: SharingStore, consortium: str, body: str, effective: str
) -> None:
    store.recipients.add(Recipient("team", "Team"), at=AT)
    store.recipients.add(Recipient("body", "Body", consortium="team"), at=AT)
    store.recipients.set_status("team", consortium)  # type: ignore[arg-type]
    assert store.recipients.set_status("body", body).effective_status == effective  # type: ignore[arg-type]


def test_a_wrong_registration_is_refused_with_every_problem(store: SharingStore) -> None:
    store.recipients.add(Recipient("team", "Team"), at=AT)
    with pytest.raises(ConfigError) as caught:
        store.recipients.add(Recipient("Bad Name", "x", country="Korea", consortium="taem"), at=AT)
    assert len(caught.value.problems) == 3
    assert "did you mean 'team'" in caught.value.problems[2]
    with pytest.raises(ConfigError, match="already registered"):
        store.recipients.add(Recipient("team", "Team"), at=AT)


def test_an_unknown_recipient_is_not_found(store: SharingStore) -> None:
    store.recipients.add(Recipient("team-a", "A"), at=AT)
    with pytest.raises(NotFoundError, match="did you mean 'team-a'"):
        store.recipients.get("team-b")
    with pytest.raises(ConfigError, match="active, suspended or left"):
        store.recipients.set_status("team-a", "gone")  # type: ignore[arg-type]
