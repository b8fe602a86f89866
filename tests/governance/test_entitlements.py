"""Entitlements: each policy of the share and label gates has a row; a model written anew agrees on thousands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.entitlements import Asked, Shard, decide_shard, entitled, may_label
from governance.policy import Policies, default_policies
from governance.records.errors import NotFoundError
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore, View
from governance.store.sources import RecordedSource, StateChange
from governance.terms import Terms, licence_class, parse_terms

POLICIES = Policies.load(default_policies())
AT = datetime(2026, 11, 24, 3, tzinfo=UTC)
DAY = date(2026, 11, 24)
BASE = {"holder": "발행처", "legal_basis": "licence", "evidence": "e", "licence": "CC0-1.0"}
GRANT = Grant("body", "c", "pretrain", DAY - timedelta(days=30), DAY + timedelta(days=30), number=1)
BODY = Recipient("body", "Body", consortium="team")


def terms(**changes: Any) -> Terms:
    return parse_terms("s", BASE | changes)


def shard_of(read: Terms, number: int = 0) -> Shard:
    slug = licence_class(read)
    return Shard("c", f"shards/s/{slug}/{number}.parquet", "s", slug, 1, 10)


def view(
    read: Terms | None, *grants: Grant, recipient: Recipient = BODY, state: str = "active", pii: str = "pseudonymised"
) -> View:
    sources = {} if read is None else {"s": RecordedSource(read, pii)}
    return View(recipient, "c", grants, sources, {("s", ""): state})


def change(grant: Grant = GRANT, **fields: Any) -> Grant:
    return replace(grant, **fields)


AIHUB = {"licence": "LicenseRef-AIHub"}
# What is wrong → view, purpose → the policies that refuse.
REFUSED: dict[str, tuple[View, str, set[str]]] = {
    "no grant": (view(terms()), "pretrain", {"share-no-grant"}),
    "grant for another purpose": (view(terms(), GRANT), "evaluate", {"share-no-grant"}),
    "grant for other sources": (view(terms(), change(sources=("t",))), "pretrain", {"share-no-grant"}),
    "grant for other licences": (view(terms(), change(licences=("mit",))), "pretrain", {"share-no-grant"}),
    "revoked": (view(terms(), change(revoked_at=AT)), "pretrain", {"share-grant-revoked"}),
    "not begun": (view(terms(), change(valid_from=DAY + timedelta(days=1))), "pretrain", {"share-grant-dates"}),
    "ended": (view(terms(), change(valid_until=DAY - timedelta(days=1))), "pretrain", {"share-grant-dates"}),
    "left": (view(terms(), GRANT, recipient=replace(BODY, effective_status="left")), "pretrain", {"share-programme"}),
    "no terms": (view(None, GRANT), "pretrain", {"share-terms-missing"}),
    "terms ended": (view(terms(expires="2026-11-23"), GRANT), "pretrain", {"share-terms-dates"}),
    "terms not begun": (view(terms(valid_from="2026-11-25"), GRANT), "pretrain", {"share-terms-dates"}),
    "purpose": (view(terms(purposes=["evaluate"]), GRANT), "pretrain", {"share-purpose"}),
    "training": (view(terms(training=False), GRANT), "pretrain", {"share-training"}),
    "commercial": (view(terms(licence="CC-BY-NC-4.0"), GRANT), "pretrain", {"share-commercial"}),
    "alteration": (view(terms(derivatives=False), GRANT), "pretrain", {"share-no-derivatives"}),
    "abroad": (
        view(terms(residency="KR"), GRANT, recipient=replace(BODY, country="US")),
        "pretrain",
        {"share-residency"},
    ),
    "no approval": (view(terms(**AIHUB), GRANT), "pretrain", {"share-approval"}),
    "its consortium's approval": (
        view(terms(**AIHUB), change(recipient="team", approval_no="A-1")),
        "pretrain",
        {"share-approval"},
    ),
    "raw personal data": (view(terms(), GRANT, pii="raw"), "pretrain", {"share-raw-personal-data"}),
    "suspended": (view(terms(), GRANT, state="suspended"), "pretrain", {"share-suspended"}),
    "quarantined": (view(terms(), GRANT, state="quarantined"), "pretrain", {"share-quarantined"}),
    "erased": (view(terms(), GRANT, state="erased"), "pretrain", {"share-erased"}),
    "unknown state": (view(terms(), GRANT, state="melted"), "pretrain", {"share-state-unknown"}),
    "two reasons": (
        view(terms(licence="CC-BY-NC-4.0"), change(revoked_at=AT)),
        "pretrain",
        {"share-commercial", "share-grant-revoked"},
    ),
}


@pytest.mark.parametrize(("seen", "purpose", "policies"), REFUSED.values(), ids=REFUSED)
def test_sharing_is_refused_by_the_policies_that_say_why(seen: View, purpose: str, policies: set[str]) -> None:
    read = seen.sources["s"].terms if seen.sources else terms()
    decision = decide_shard(POLICIES, seen, shard_of(read), Asked(purpose, AT))
    assert (decision.effect, set(decision.policies)) == ("deny", policies)
    assert decision.duties == ()


def test_every_share_policy_but_the_permit_refuses_in_some_row() -> None:
    tried = set().union(*(policies for _, _, policies in REFUSED.values()))
    assert {name for name in POLICIES.ids if name.startswith("share-")} - tried == {"share-granted"}


ALLOWED: dict[str, tuple[View, str]] = {
    "plain": (view(terms(), GRANT), "pretrain"),
    "through its consortium": (view(terms(), change(recipient="team")), "pretrain"),
    "on the last day of grant and terms": (view(terms(expires="2026-11-24"), change(valid_until=DAY)), "pretrain"),
    "a second grant where the first was revoked": (
        view(terms(), change(revoked_at=AT), change(number=2)),
        "pretrain",
    ),
    "KOGL 2 with the AI mark for a commercial model": (
        view(terms(licence="LicenseRef-KOGL-2", kogl_ai=True), GRANT),
        "pretrain",
    ),
    "its own approval": (view(terms(**AIHUB), change(approval_no="A-1")), "pretrain"),
    "raw with approval": (view(terms(), change(approval_no="A-1"), pii="raw"), "pretrain"),
    "evaluation without training": (view(terms(training=False), change(purpose="evaluate")), "evaluate"),
}


@pytest.mark.parametrize(("seen", "purpose"), ALLOWED.values(), ids=ALLOWED)
def test_sharing_is_allowed_under_the_grant_that_covers_it(seen: View, purpose: str) -> None:
    decision = decide_shard(POLICIES, seen, shard_of(seen.sources["s"].terms), Asked(purpose, AT)).require()
    assert decision.policies == ("share-granted",)
    assert decision.grant == f"G-{seen.grants[-1].number}"


def test_the_ai_mark_does_not_cover_a_commercial_use_other_than_training() -> None:
    marked = terms(licence="LicenseRef-KOGL-2", kogl_ai=True)
    seen = view(marked, change(purpose="evaluate"))
    assert decide_shard(POLICIES, seen, shard_of(marked), Asked("evaluate", AT)).policies == ("share-commercial",)


def test_the_country_of_the_client_counts_too() -> None:
    kept = terms(residency="KR")
    asked = Asked("pretrain", AT, country="US")
    assert decide_shard(POLICIES, view(kept, GRANT), shard_of(kept), asked).policies == ("share-residency",)


def test_a_day_ends_at_midnight_in_korea() -> None:
    read = terms(expires="2026-11-24")
    for hour, allowed in ((14, True), (15, False)):
        moment = datetime(2026, 11, 24, hour, tzinfo=UTC)
        assert decide_shard(POLICIES, view(read, GRANT), shard_of(read), Asked("pretrain", moment)).allowed is allowed


_RIGHTS = {r: st.booleans() for r in ("training", "commercial", "derivatives")}
_TERMS = st.fixed_dictionaries(
    {
        "licence": st.just("LicenseRef-KOGL-1"),
        "agreement": st.none(),
        "residency": st.sampled_from(["KR", "any"]),
        "approval_required": st.booleans(),
        "kogl_ai": st.booleans(),
        "purposes": st.sampled_from([["pretrain"], ["evaluate"], ["pretrain", "evaluate"]]),
        "expires": st.sampled_from([None, "2026-11-23", "2026-11-24"]),
        **_RIGHTS,
    }
)
_GRANTS = st.builds(
    Grant,
    recipient=st.sampled_from(["body", "team"]),
    corpus=st.just("c"),
    purpose=st.sampled_from(["pretrain", "evaluate"]),
    valid_from=st.sampled_from([DAY, DAY + timedelta(days=1)]),
    valid_until=st.just(DAY + timedelta(days=9)),
    sources=st.sampled_from([(), ("s",), ("t",)]),
    approval_no=st.sampled_from([None, "A-1"]),
    revoked_at=st.sampled_from([None, None, AT]),
)
_RECIPIENTS = st.builds(
    Recipient,
    name=st.just("body"),
    title=st.just("Body"),
    country=st.sampled_from(["KR", "US"]),
    consortium=st.just("team"),
    commercial=st.booleans(),
    effective_status=st.sampled_from(["active", "active", "suspended"]),
)


def model(seen: View, purpose: str) -> bool:
    """The share gate in plain words, written without a look at the policies."""
    recorded = seen.sources["s"]
    read, who = recorded.terms, seen.recipient
    if who.effective_status != "active" or seen.states["s", ""] != "active":
        return False
    if (read.expires and read.expires < DAY) or purpose not in read.purposes:
        return False
    training = purpose == "pretrain"
    if (training and not read.training) or (not read.derivatives and not read.kogl_ai):
        return False
    if who.commercial and not read.commercial and not (read.kogl_ai and training):
        return False
    if read.residency == "KR" and who.country != "KR":
        return False

    def opens(grant: Grant) -> bool:
        own_approval = grant.approval_no is not None and grant.recipient == who.name
        return (
            grant.purpose == purpose
            and grant.sources in ((), ("s",))
            and grant.valid_from <= DAY <= grant.valid_until
            and grant.revoked_at is None
            and (own_approval or not read.approval_required)
            and (recorded.pii_level == "pseudonymised" or (own_approval and who.country == "KR"))
        )

    return any(map(opens, seen.grants))


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    _TERMS,
    st.lists(_GRANTS, max_size=3),
    _RECIPIENTS,
    st.sampled_from(["active", "active", "suspended", "erased"]),
    st.sampled_from(["pseudonymised", "raw"]),
    st.sampled_from(["pretrain", "evaluate"]),
)
def test_the_policies_decide_as_a_model_written_anew_does(
    declared: dict[str, Any], grants: list[Grant], recipient: Recipient, state: str, pii: str, purpose: str
) -> None:
    read = parse_terms("s", BASE | declared)
    seen = view(read, *grants, recipient=recipient, state=state, pii=pii)
    assert decide_shard(POLICIES, seen, shard_of(read), Asked(purpose, AT)).allowed is model(seen, purpose)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SharingStore]:
    opened = SharingStore.open(tmp_path / "s.sqlite")
    opened.recipients.add(Recipient("team", "Team"), at=AT)
    opened.recipients.add(BODY, at=AT)
    opened.recipients.add(Recipient("we", "We", internal=True), at=AT)
    opened.sources.record("c", "s", RecordedSource(terms(), "pseudonymised"), at=AT)
    yield opened
    opened.close()


def test_every_shard_gets_its_own_decision_in_order(store: SharingStore) -> None:
    shards = [shard_of(terms(), number) for number in range(3)]
    stranger = Shard("c", "shards/t/mit/0.parquet", "t", "mit", 1)
    store.grants.add(GRANT, at=AT, by="kim")
    change = StateChange("c", "s", "quarantined", "found", shards[1].path)
    store.sources.set_state(change, at=AT, by="kim")
    decided = entitled(BODY, [*shards, stranger], AT, POLICIES, store)
    assert [shard for shard, _ in decided] == [*shards, stranger]
    assert [decision.allowed for _, decision in decided] == [True, False, True, False]
    assert [decision.resource for _, decision in decided] == [f"Shard::{shard.path}" for shard in (*shards, stranger)]


def test_without_a_purpose_any_granted_purpose_counts(store: SharingStore) -> None:
    store.grants.add(replace(GRANT, purpose="evaluate"), at=AT, by="kim")
    assert entitled(BODY, [shard_of(terms())], AT, POLICIES, store)[0][1].allowed
    assert not entitled(BODY, [shard_of(terms())], AT, POLICIES, store, purpose="pretrain")[0][1].allowed


def test_a_revocation_counts_from_the_next_question_on(store: SharingStore) -> None:
    made = store.grants.add(GRANT, at=AT, by="kim")
    assert entitled(BODY, [shard_of(terms())], AT, POLICIES, store)[0][1].allowed
    store.grants.revoke(made.number, at=AT, by="kim", because="left")
    assert entitled(BODY, [shard_of(terms())], AT, POLICIES, store)[0][1].policies == ("share-grant-revoked",)


def test_labelling_needs_a_contract_unless_it_is_our_own(store: SharingStore) -> None:
    shard = shard_of(terms())
    assert may_label("we", shard, AT, POLICIES, store).allowed
    assert may_label("body", shard, AT, POLICIES, store).policies == ("label-no-contract",)
    contract = store.grants.add(replace(GRANT, purpose="label"), at=AT, by="kim")
    assert may_label("body", shard, AT, POLICIES, store).grant == contract.id
    store.grants.revoke(contract.number, at=AT, by="kim", because="over")
    assert may_label("body", shard, AT, POLICIES, store).policies == ("label-contract-ended",)
    with pytest.raises(NotFoundError):
        may_label("nobody", shard, AT, POLICIES, store)


LABEL_REFUSED: dict[str, tuple[View, set[str]]] = {
    "left": (
        view(terms(), recipient=Recipient("we", "We", internal=True, effective_status="left")),
        {"label-programme"},
    ),
    "no terms": (
        view(None, recipient=Recipient("we", "We", internal=True)),
        {"label-terms-missing"},
    ),
    "ended": (view(terms(expires="2026-11-23"), recipient=Recipient("we", "We", internal=True)), {"label-terms-dates"}),
    "purpose": (view(terms(purposes=["pretrain"]), recipient=Recipient("we", "We", internal=True)), {"label-purpose"}),
    "abroad": (
        view(terms(residency="KR"), recipient=Recipient("we", "We", country="US", internal=True)),
        {"label-residency"},
    ),
    "approval": (view(terms(**AIHUB), change(purpose="label", recipient="team", approval_no="A")), {"label-approval"}),
    "raw": (view(terms(), pii="raw", recipient=Recipient("we", "We", internal=True)), {"label-raw-personal-data"}),
    "suspended": (view(terms(), state="suspended", recipient=Recipient("we", "We", internal=True)), {"label-state"}),
}


@pytest.mark.parametrize(("seen", "policies"), LABEL_REFUSED.values(), ids=LABEL_REFUSED)
def test_labelling_is_refused_by_the_policies_that_say_why(seen: View, policies: set[str]) -> None:
    read = seen.sources["s"].terms if seen.sources else terms()
    decision = decide_shard(POLICIES, seen, shard_of(read), Asked("label", AT, "label"))
    assert (decision.effect, set(decision.policies)) == ("deny", policies)


@pytest.mark.parametrize(
    "path", ["shards/s/x.parquet", "s/x/y/z.parquet", "shards/a/b/c/d.parquet", "_delta_log/0.json"]
)
def test_a_path_that_is_not_laid_out_as_a_shard_is_none(path: str) -> None:
    assert Shard.at("c", path, size=1) is None


def test_a_shards_id_stands_for_corpus_and_path() -> None:
    made = Shard.at("c", "shards/s/mit/1.parquet", size=1)
    assert made is not None
    assert (made.source, made.licence_class) == ("s", "mit")
    assert made.id == replace(made, size=9, rows=3).id
    assert made.id != replace(made, corpus="d").id
