"""Terms: what a source may be used for follows from its licence, and what nobody said is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.licences import RIGHTS, licence_table
from governance.records.errors import ConfigError
from governance.terms import Terms, duties, licence_class, parse_terms, restrictiveness

BASE = {"holder": "발행처", "legal_basis": "licence", "evidence": "https://example.org/terms"}
CONTRACT = {"agreement": "2026-계약-7"}


def terms(licence: str, **changes: Any) -> Terms:
    return parse_terms("petitions", BASE | {"licence": licence} | changes)


# licence, terms besides → training, commercial, class, duties. Source: reference/standards.md, section 5.
TABLE = [
    ("LicenseRef-KOGL-0", {}, True, True, "kogl-0", []),
    ("LicenseRef-KOGL-1", {}, True, True, "kogl-1", ["attribution"]),
    ("LicenseRef-KOGL-2", {}, True, False, "kogl-2", ["attribution", "non_commercial", "no_resale"]),
    ("LicenseRef-KOGL-3", {}, False, True, "kogl-3", ["attribution", "no_derivatives"]),
    ("LicenseRef-KOGL-4", {}, False, False, "kogl-4", ["attribution", "non_commercial", "no_derivatives", "no_resale"]),
    (
        "LicenseRef-KOGL-1",
        {"kogl_ai": True},
        True,
        True,
        "kogl-1-ai",
        ["attribution", "no_resale", "no_similar_output"],
    ),
    (
        "LicenseRef-KOGL-4",
        {"kogl_ai": True},
        True,
        False,
        "kogl-4-ai",
        ["attribution", "non_commercial_text", "no_derivatives", "no_resale", "no_similar_output"],
    ),
    ("CC0-1.0", {}, True, True, "cc0-1.0", []),
    ("CC-BY-SA-4.0", {}, True, True, "cc-by-sa-4.0", ["attribution", "share_alike"]),
    ("GPL-2.0-or-later", {}, True, True, "gpl-2.0-or-later", ["attribution", "share_alike"]),
    ("LicenseRef-KR-PublicDomain-Art7", {}, True, True, "kr-public-domain-art7", ["no_reidentification"]),
    ("LicenseRef-datagokr-unrestricted", {}, True, True, "datagokr-unrestricted", []),
    (
        "LicenseRef-AIHub",
        {},
        True,
        True,
        "aihub",
        ["attribution", "no_resale", "keep_in_korea", "own_approval", "no_reidentification", "report_personal_data"],
    ),
]


@pytest.mark.parametrize(
    ("licence", "changes", "training", "commercial", "slug", "owed"),
    TABLE,
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_licence_gives_its_rights_class_and_duties(
    licence: str, changes: dict[str, Any], training: bool, commercial: bool, slug: str, owed: list[str]
) -> None:
    read = terms(licence, **changes)
    assert (read.training, read.commercial, licence_class(read), duties(read)) == (training, commercial, slug, owed)


# What is wrong → what the message must say.
WRONG: list[tuple[str, dict[str, Any], list[str]]] = [
    ("no terms at all", {}, ["missing; state licence"]),
    ("a misspelt key", BASE | {"licence": "CC0-1.0", "expiers": "2027-01-01"}, ["'expiers'; did you mean 'expires'"]),
    ("a licence that no table has", BASE | {"licence": "CC-BY-SA-4"}, ["did you mean 'CC-BY-SA-4.0'"]),
    (
        "a purpose that no table has",
        BASE | {"licence": "MIT", "purposes": ["pretraining"]},
        ["did you mean 'pretrain'"],
    ),
    ("no evidence", {"licence": "MIT", "holder": "a", "legal_basis": "licence"}, ["'evidence' is missing"]),
    ("blank evidence", BASE | {"licence": "MIT", "evidence": " "}, ["an entry is blank"]),
    (
        "a right the licence leaves open",
        BASE | {"licence": "CC-BY-ND-4.0"},
        ["'training': CC-BY-ND-4.0 leaves it open"],
    ),
    ("training against the licence", BASE | {"licence": "LicenseRef-KOGL-3", "training": True}, ["'training': wider"]),
    ("dropping share-alike", BASE | {"licence": "CC-BY-SA-4.0", "share_alike": False}, ["'share_alike': wider"]),
    ("export of AI-Hub data", BASE | {"licence": "LicenseRef-AIHub", "residency": "any"}, ["'residency': wider"]),
    (
        "no approval for AI-Hub",
        BASE | {"licence": "LicenseRef-AIHub", "approval_required": False},
        ["'approval_required'"],
    ),
    ("research on AI-Hub", BASE | {"licence": "LicenseRef-AIHub", "purposes": ["research"]}, ["'purposes': wider"]),
    ("the AI mark on CC", BASE | {"licence": "CC-BY-4.0", "kogl_ai": True}, ["AI mark exists on KOGL"]),
    ("the AI mark on type 0", BASE | {"licence": "LicenseRef-KOGL-0", "kogl_ai": True}, ["AI mark exists on KOGL"]),
    (
        "an end before the beginning",
        BASE | {"licence": "MIT", "valid_from": "2027-01-01", "expires": "2026-01-01"},
        ["is before 'valid_from'"],
    ),
    ("a contract without its number", BASE | {"licence": "MIT", "legal_basis": "contract"}, ["'agreement'"]),
    ("no PIPC approval", BASE | {"licence": "MIT", "legal_basis": "PIPA_28_12"}, ["'pipa_approval'"]),
    (
        "several at once",
        {"lisence": "MIT", "legal_basis": "licens", "purposes": ["labelling"]},
        [
            "'licence' is missing",
            "did you mean 'licence'",
            "'holder' is missing",
            "'licens' is not",
            "did you mean 'label'",
        ],
    ),
]


@pytest.mark.parametrize(("data", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_terms_are_refused_with_every_problem(data: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_terms("petitions", data)
    assert all(problem.startswith("source petitions: terms") for problem in caught.value.problems)
    for words in said:
        assert any(words in problem for problem in caught.value.problems)


def test_an_agreement_widens_what_the_licence_gives() -> None:
    read = terms("LicenseRef-KOGL-3", training=True, derivatives=True, legal_basis="contract", **CONTRACT)
    assert (read.training, read.derivatives) == (True, True)
    assert licence_class(read).startswith("kogl-3-")


def test_narrower_terms_need_no_agreement_and_get_a_class_of_their_own() -> None:
    narrow = terms("CC-BY-SA-4.0", purposes=["pretrain"])
    assert narrow.purposes == ("pretrain",)
    assert licence_class(narrow) != licence_class(terms("CC-BY-SA-4.0"))
    assert licence_class(narrow) == licence_class(terms("CC-BY-SA-4.0", purposes=["pretrain"], holder="다른 곳"))


def test_terms_survive_the_plan_file() -> None:
    read = terms("LicenseRef-AIHub", expires="2027-03-01", evidence=["a", "b"])
    assert Terms.model_validate(read.record()) == read
    assert read.expires == date(2027, 3, 1)


def test_every_row_of_the_table_can_be_used() -> None:
    stated = dict.fromkeys(RIGHTS, False) | {"attribution": "발행처"}
    table = licence_table()
    for name, licence in table.licences.items():
        open_rights = {r: v for r, v in stated.items() if getattr(licence, r) == "ask"}
        read = terms(name, **open_rights, **CONTRACT)
        assert set(duties(read)) <= set(table.duties)
        assert licence_class(read).startswith(licence.slug)
    assert len({licence.slug for licence in table.licences.values()}) == len(table.licences)


def test_survivors_come_from_the_least_restrictive_terms_first() -> None:
    """The order that restrictiveness documents, on licences anybody would rank so."""
    order = ["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "LicenseRef-KOGL-4", "LicenseRef-AIHub"]
    weights = [restrictiveness(terms(licence)) for licence in order]
    assert weights == sorted(weights)
    assert len(set(weights)) == len(weights)


@given(
    st.sampled_from(sorted(set(licence_table().licences) - {"LicenseRef-Agreement"})),
    st.fixed_dictionaries({}, optional={right: st.booleans() for right in RIGHTS}),
    st.sets(st.sampled_from(sorted(licence_table().purposes)), min_size=1),
)
def test_forbidding_more_never_weighs_less(licence: str, rights: dict[str, bool], purposes: set[str]) -> None:
    wide = (
        terms(licence, training=True, **(CONTRACT))
        if "training" not in rights
        else terms(licence, **rights, **CONTRACT)
    )
    narrow = wide.model_copy(update={"training": False, "approval_required": True})
    assert restrictiveness(narrow) >= restrictiveness(wide)
    assert 0 <= restrictiveness(wide) < 1024
