"""The demo's source files read the sample corpora as they were written, under the terms they state."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.base import open_connector
from connectors.catalogue import SourceSpec, load_sources
from connectors.formats.contract import Broken
from connectors.read import read_item
from governance import gates
from governance.policy import Policies, default_policies
from governance.terms import licence_class, parse_terms
from samples import Planted, Truth

DEMO = Path(__file__).parents[2] / "configs" / "sources" / "demo"
PIPELINE_FINDS = {
    "duplicate_native_id",
    "empty_text",
}  # of a whole source, or after normalising: not a reader's finding


def specs(out: Path, pattern: str = "*.yaml") -> dict[str, SourceSpec]:
    found = load_sources(sorted(DEMO.glob(pattern)), {"MALMOI_SAMPLES": str(out)})
    return {spec.name: spec for spec in found}


def read(spec: SourceSpec) -> tuple[dict[tuple[str, str | None], dict[str, Any]], list[tuple[str, str, str]]]:
    """Documents by item and native id, and broken things as (item, unit, code)."""
    connector = open_connector(spec)
    documents, broken = {}, []
    for item in connector.list():
        for part in read_item(connector, spec, item):
            if isinstance(part, Broken):
                broken.append((item.name, part.unit, part.code.value))
            else:
                documents |= {(item.name, row["native_id"]): row for row in part.to_pylist()}
    return documents, broken


@pytest.fixture(scope="module")
def rows(corpora: tuple[Path, Truth]) -> dict[str, list[Planted]]:
    found = defaultdict(list)
    for row in corpora[1].rows:
        found[row.corpus].append(row)
    return found


NAMES = sorted(path.stem for path in DEMO.glob("*.yaml") if not path.stem.startswith("konlpy"))


@pytest.mark.parametrize("name", NAMES)
def test_a_source_reads_every_planted_value_at_its_place(
    name: str, corpora: tuple[Path, Truth], rows: dict[str, list[Planted]]
) -> None:
    documents, _ = read(specs(corpora[0])[name])
    planted = [row for row in rows[name] if row.what == "pii"]
    assert planted
    for row in planted:
        text = documents[row.item, row.native_id][row.field].replace("\r\n", "\n")
        around = (
            text[max(0, row.start - row.slack) : row.end + row.slack] if row.slack > 2 else text[row.start : row.end]
        )
        assert row.value.replace("\n", "") in around.replace("\n", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_source_breaks_where_the_truth_says_and_nowhere_else(
    name: str, corpora: tuple[Path, Truth], rows: dict[str, list[Planted]]
) -> None:
    _, broken = read(specs(corpora[0])[name])
    expected = {r.item: (r.variant, r.detail["codes"]) for r in rows[name] if r.what == "broken"}
    empty = [(r.item, "document", "empty_text") for r in rows[name] if r.kind == "empty"]
    surprising = [(item, unit, code) for item, unit, code in broken if item not in expected]
    assert sorted(surprising) == sorted(empty)
    for item, unit, code in broken:
        if item in expected:
            assert unit == expected[item][0]
            assert code in expected[item][1]
    met = {item for item, _, _ in broken}
    assert {i for i, (_, codes) in expected.items() if not PIPELINE_FINDS & set(codes)} <= met


def test_at_least_five_different_terms_are_in_the_demo(corpora: tuple[Path, Truth]) -> None:
    classes = {licence_class(parse_terms(name, spec.terms)) for name, spec in specs(corpora[0]).items()}
    assert len(classes) >= 10


def test_recipients_differ_in_what_they_may_have(corpora: tuple[Path, Truth]) -> None:
    terms = [parse_terms(name, spec.terms) for name, spec in specs(corpora[0]).items()]
    for right in ("commercial", "resale", "share_alike", "approval_required"):
        assert {getattr(term, right) for term in terms} == {True, False}, right
    assert {term.residency for term in terms} == {"KR", "any"}


@pytest.mark.parametrize("name", NAMES)
def test_admit_takes_the_demo_sources(name: str, corpora: tuple[Path, Truth]) -> None:
    terms = parse_terms(name, specs(corpora[0])[name].terms)
    assert gates.admit(
        Policies.load(default_policies()), name, terms, as_of=date(2026, 11, 24), purpose="pretrain"
    ).allowed


@pytest.mark.parametrize(
    ("name", "policy"), [("refused-archive", "admit-expired"), ("refused-diaries", "admit-training")]
)
def test_admit_refuses_by_name(name: str, policy: str, corpora: tuple[Path, Truth]) -> None:
    terms = parse_terms(name, specs(corpora[0], "refused/*.yaml")[name].terms)
    decision = gates.admit(Policies.load(default_policies()), name, terms, as_of=date(2026, 11, 24), purpose="pretrain")
    assert not decision.allowed
    assert policy in decision.policies


def test_the_package_sources_hold_real_bills_and_the_constitution() -> None:
    found = specs(Path())
    assert len(read(found["konlpy-bills"])[0]) == 10
    assert len(read(found["konlpy-constitution"])[0]) == 1
