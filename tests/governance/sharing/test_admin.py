"""What officers do: grants that mean something, profiles shown once, explanations that name policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from governance.records.errors import ConfigError, NotFoundError
from governance.sharing.admin import (
    explain,
    give_grant,
    new_profile,
    record_release,
    revoke_grant,
    summaries,
    year_from,
)
from governance.sharing.catalogue import Catalogue
from governance.store.grants import Grant
from tests.governance.sharing.conftest import CORPUS, NOW, Home

WANTED = Grant("team-a", CORPUS, "pretrain", date(2026, 1, 1), date(2027, 1, 1))


def test_a_grant_that_names_what_is_not_there_is_refused_with_every_problem(shared: Home) -> None:
    wrong = replace(WANTED, purpose="training", sources=("law", "wiki"))
    with pytest.raises(ConfigError) as caught:
        give_grant(shared.store, wrong, at=NOW, by="kim", corpora=[CORPUS])
    assert len(caught.value.problems) == 2
    assert "did you mean 'laws'" in caught.value.problems[1]
    with pytest.raises(ConfigError, match="did you mean 'hangeul'"):
        give_grant(shared.store, replace(WANTED, corpus="hangul"), at=NOW, by="kim", corpora=[CORPUS])
    with pytest.raises(NotFoundError):
        give_grant(shared.store, replace(WANTED, recipient="team-z"), at=NOW, by="kim", corpora=[CORPUS])
    assert give_grant(shared.store, WANTED, at=NOW, by="kim", corpora=[CORPUS]).granted_by == "kim"


def test_a_profile_holds_the_token_and_no_repr_does(shared: Home) -> None:
    ends = NOW + timedelta(days=3)
    made = new_profile(shared.store, "team-a", endpoint="https://x/delta-sharing", at=NOW, expires_at=ends)
    document = made.document()
    assert document["shareCredentialsVersion"] == 1
    assert document["expirationTime"] == "2026-11-27T03:00:00.0Z"
    assert shared.store.tokens.check(document["bearerToken"], at=NOW).id == made.token_id
    assert made.bearer not in repr(made)
    with pytest.raises(NotFoundError):
        new_profile(shared.store, "nobody", endpoint="https://x", at=NOW, expires_at=ends)


def test_an_explanation_says_source_by_source_what_and_why(shared: Home) -> None:
    shards = Catalogue(shared.root / "governed").version(CORPUS).shards
    lines = explain(shared.store, shared.policies, "body-a", shards, purpose="pretrain", at=NOW)
    said = {line.source: (line.decision.effect, line.decision.policies, line.shards, line.rows) for line in lines}
    assert said == {
        "calls": ("allow", ("share-granted",), 2, 40),
        "laws": ("allow", ("share-granted",), 2, 40),
        "petitions": ("allow", ("share-granted",), 2, 40),
        "reviews": ("deny", ("share-commercial",), 2, 40),
        "wiki": ("deny", ("share-no-grant",), 2, 40),
    }


def test_a_revocation_needs_its_reason(shared: Home) -> None:
    grant = shared.store.grants.of(("team-a",))[0]
    with pytest.raises(ConfigError):
        revoke_grant(shared.store, grant.number, at=NOW, by="kim", because=" ")
    assert revoke_grant(shared.store, grant.number, at=NOW, by="kim", because="left").revoked_because == "left"


def test_recording_a_release_twice_changes_nothing(shared: Home) -> None:
    before = shared.store.sources.of(CORPUS)
    record_release(shared.store, CORPUS, shared.terms, at=NOW + timedelta(days=1))
    assert shared.store.sources.of(CORPUS) == before


def test_a_summary_has_everyone_with_grants_and_tokens(shared: Home) -> None:
    shared.bearer("team-b")
    found = {summary.recipient.name: summary for summary in summaries(shared.store)}
    assert set(found) == {"team-a", "body-a", "team-b"}
    assert len(found["team-b"].tokens) == 1
    assert not any("digest" in token or "salt" in token for token in found["team-b"].tokens)


def test_a_year_from_the_29th_of_february_is_the_28th() -> None:
    assert year_from(date(2028, 2, 29)) == date(2029, 2, 28)
    assert year_from(datetime(2026, 11, 24, tzinfo=UTC).date()) == date(2027, 11, 24)
