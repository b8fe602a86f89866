"""A policy says everything that is wrong with it, at once, and cannot keep what the law says to destroy."""

from __future__ import annotations

import pickle

import pytest

from governance.records.errors import ConfigError
from transforms.pii.kinds import UNIQUE_IDS, Kind
from transforms.pii.policy import DEFAULT_ACTIONS, Action, Link, PiiPolicy, parse_policy

WRONG = {
    "unique id masked": (
        {"actions": {"resident_number": "mask"}},
        "resident_number: mask is not open to class unique_id",
    ),
    "unique id kept": ({"actions": {"passport": "keep"}}, "passport: keep is not open"),
    "unknown kind": ({"actions": {"fone": "mask"}}, "did you mean 'phone'"),
    "unknown action": ({"actions": {"phone": "hash"}}, "'hash' is unknown"),
    "unknown key": ({"acions": {}}, "did you mean 'actions'"),
    "kept without a reason": ({"actions": {"phone": "keep"}}, "reasons.phone"),
    "public figure without a legal basis": (
        {"actions": {"name": "keep"}, "reasons": {"name": "public_figure"}},
        "legal_basis",
    ),
    "nothing coarser": ({"actions": {"phone": "generalise"}}, "phone: has no coarser form"),
    "no surrogate": ({"actions": {"url": "pseudonymise"}}, "url: has no surrogate"),
    "link": ({"link": "corpus"}, "link"),
    "score": ({"at_least": 1200}, "at_least"),
    "score that is no number": ({"at_least": "high"}, "at_least"),
    "not a table": ({"actions": ["phone"]}, "actions"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(case: str) -> None:
    settings, expected = WRONG[case]
    with pytest.raises(ConfigError, match=expected):
        parse_policy(settings)


def test_all_problems_come_together() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_policy({"acions": {}, "actions": {"fone": "mask", "phone": "hash"}, "link": "corpus"})
    assert len(refused.value.problems) == 4


def test_the_default_acts_on_every_kind_and_destroys_unique_ids() -> None:
    assert set(PiiPolicy().actions) == set(Kind)
    assert {DEFAULT_ACTIONS[kind] for kind in UNIQUE_IDS} == {Action.DESTROY}


def test_a_unique_id_cannot_be_left_out() -> None:
    with pytest.raises(ConfigError, match="always destroyed"):
        PiiPolicy(actions={Kind.PHONE: Action.MASK})


def test_settings_replace_defaults_one_by_one() -> None:
    policy = parse_policy({"actions": {"phone": "mask"}, "link": "source", "at_least": 700})
    assert policy.actions[Kind.PHONE] is Action.MASK
    assert policy.actions[Kind.EMAIL] is Action.PSEUDONYMISE
    assert (policy.link, policy.at_least) == (Link.SOURCE, 700)


def test_a_policy_is_frozen_and_survives_pickling() -> None:
    policy = parse_policy({"actions": {"phone": "mask"}})
    with pytest.raises(TypeError):
        policy.actions[Kind.PHONE] = Action.KEEP  # type: ignore[index]
    assert pickle.loads(pickle.dumps(policy)) == policy
