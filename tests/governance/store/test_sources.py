"""Sources: their terms as recorded, and states that only get worse once erased."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.records.errors import ConfigError
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore
from governance.store.sources import RecordedSource, StateChange, worse
from governance.terms import parse_terms

AT = datetime(2026, 11, 24, tzinfo=UTC)
TERMS = parse_terms("s", {"licence": "CC0-1.0", "holder": "발행처", "legal_basis": "licence", "evidence": "e"})


def test_recording_again_replaces(store: SharingStore) -> None:
    store.sources.record("c", "s", RecordedSource(TERMS, "raw"), at=AT)
    store.sources.record("c", "s", RecordedSource(TERMS, "pseudonymised"), at=AT)
    assert store.sources.of("c") == {"s": RecordedSource(TERMS, "pseudonymised")}
    assert store.sources.of("other") == {}


@pytest.mark.parametrize(
    ("source", "shard", "effective"),
    [
        (None, None, "active"),
        ("suspended", None, "suspended"),
        (None, "quarantined", "quarantined"),
        ("suspended", "quarantined", "quarantined"),
        ("erased", "active", "erased"),
    ],
)
def test_a_shard_has_the_worse_of_its_own_and_its_sources_state(
    store: SharingStore, source: str | None, shard: str | None, effective: str
) -> None:
    recipient = store.recipients.add(Recipient("team", "Team"), at=AT)
    for state, path in ((source, ""), (shard, "shards/s/x/1.parquet")):
        if state:
            store.sources.set_state(StateChange("c", "s", state, "why", path), at=AT, by="kim")  # type: ignore[arg-type]
    view = store.view(recipient, "c")
    assert view.state("s", "shards/s/x/1.parquet") == effective
    assert view.state("s", "shards/s/x/2.parquet") == (source or "active")
    assert view.state("t", "shards/t/x/1.parquet") == "active"


def test_what_was_erased_never_becomes_active_again(store: SharingStore) -> None:
    store.sources.set_state(StateChange("c", "s", "erased", "E-1"), at=AT, by="kim")
    with pytest.raises(ConfigError, match="stays so"):
        store.sources.set_state(StateChange("c", "s", "active", "oops"), at=AT, by="kim")
    store.sources.set_state(StateChange("c", "s", "erased", "E-2"), at=AT, by="kim")
    with pytest.raises(ConfigError, match="'archived'"):
        store.sources.set_state(StateChange("c", "t", "archived", "?"), at=AT, by="kim")  # type: ignore[arg-type]


def test_a_state_that_nobody_knows_weighs_most() -> None:
    assert worse("erased", "melted") == "melted"
    assert worse("active", "suspended") == "suspended"
