from __future__ import annotations

from datetime import timedelta

import pytest

from governance.records.errors import ConfigError, NotFoundError
from labeling.errors import TokenError
from labeling.store.port import Store
from labeling.workers import PREFIX, Worker, Workers
from tests.labeling.conftest import NOON, after

YEAR = NOON + timedelta(days=365)


@pytest.fixture
def workers(store: Store) -> Workers:
    return Workers(store)


def test_a_token_signs_its_worker_in_until_it_ends(workers: Workers):
    worker, token = workers.add("기관가", "kim01", now=NOON, expires_at=after(60))
    assert workers.sign_in(token, now=after(59)) == worker == Worker(worker.worker, "기관가", "kim01", after(60))
    with pytest.raises(TokenError):
        workers.sign_in(token, now=after(60))


def test_a_new_token_replaces_the_old_and_keeps_the_pseudonym(workers: Workers):
    first, old = workers.add("기관가", "kim01", now=NOON, expires_at=YEAR)
    second, new = workers.add("기관가", "kim01", now=after(1), expires_at=YEAR)
    assert first.worker == second.worker and old != new
    assert workers.sign_in(new, now=after(2)).worker == first.worker
    with pytest.raises(TokenError):
        workers.sign_in(old, now=after(2))


def test_pseudonyms_of_one_account_differ_between_organisations_and_do_not_hold_it(workers: Workers):
    made = {workers.add(name, "kim01", now=NOON, expires_at=YEAR)[0].worker for name in ("기관가", "기관나")}
    assert len(made) == 2 and not any("kim01" in worker for worker in made)


def test_a_revoked_token_and_an_unknown_one_are_refused_with_the_same_words(workers: Workers):
    worker, token = workers.add("기관가", "kim01", now=NOON, expires_at=YEAR)
    assert workers.revoke(worker.worker, now=after(1)) == 1
    words = set()
    for wrong in (token, PREFIX + "0" * 43, ""):
        with pytest.raises(TokenError) as caught:
            workers.sign_in(wrong, now=after(2))
        words.add(str(caught.value))
        assert wrong == "" or wrong not in str(caught.value)
    assert len(words) == 1


def test_only_the_digest_of_a_token_is_stored(workers: Workers, store: Store):
    _, token = workers.add("기관가", "kim01", now=NOON, expires_at=YEAR)
    with store.read() as session:
        rows = session.all("workers")
    assert token not in repr([dict(row) for row in rows])
    assert [(s.organisation, s.account, s.tokens, s.expires_at) for s in workers.standings()] == [
        ("기관가", "kim01", 1, YEAR)
    ]


def test_a_worker_without_an_organisation_or_with_a_token_of_the_past_is_refused(workers: Workers):
    for organisation, account, end in ((" ", "kim01", YEAR), ("기관가", "", YEAR), ("기관가", "kim01", NOON)):
        with pytest.raises(ConfigError):
            workers.add(organisation, account, now=NOON, expires_at=end)


def test_revoking_an_unknown_worker_says_where_to_look(workers: Workers):
    with pytest.raises(NotFoundError, match="workers list"):
        workers.revoke("wnobody", now=NOON)
