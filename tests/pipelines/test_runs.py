import json
import shutil

import pytest

from governance.records.errors import NotFoundError
from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.runs import compare_runs, find_run, latest_receipts, list_runs, read_receipts


@pytest.fixture
def twice(released: Home) -> tuple[str, str]:
    """Names of the run there is and of a later copy of it in which one setting, one count and one snapshot differ."""
    first = list_runs(released)[0]["run"]
    second = f"29991231T000000-{first.split('-', 1)[1]}"
    shutil.copytree(released.run(first), released.run(second))
    record = json.loads((released.run(second) / "run.json").read_bytes()) | {"run": second}
    (released.run(second) / "run.json").write_text(json.dumps(record))
    plan = json.loads((released.run(second) / "plan.json").read_bytes())
    plan["recipe"]["deduplicate"]["near"] = False
    plan["sources"][0]["snapshot"]["name"] = "s" * 26
    (released.run(second) / "plan.json").write_text(json.dumps(plan))
    return first, second


def test_runs_come_the_latest_first(released: Home, twice: tuple[str, str]) -> None:
    assert [record["run"] for record in list_runs(released)] == [twice[1], twice[0]]


def test_a_run_is_found_by_its_start_or_as_the_latest(released: Home, twice: tuple[str, str]) -> None:
    assert find_run(released, "latest") == find_run(released, "2999") == twice[1]
    assert find_run(released, twice[0]) == twice[0]


@pytest.mark.parametrize(("given", "says"), [("2031", "0 runs"), ("2", "2 runs")])
def test_an_unknown_or_ambiguous_run_is_told(released: Home, twice: tuple[str, str], given: str, says: str) -> None:
    with pytest.raises(NotFoundError, match=says):
        find_run(released, given)


def test_no_run_is_the_latest_of_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(NotFoundError):
        find_run(Home(tmp_path_factory.mktemp("none")), "latest")


def test_receipts_are_read_back_with_what_was_reused(released: Home) -> None:
    directory = released.run(list_runs(released)[0]["run"])
    receipts = read_receipts(directory)
    assert {r.stage for r in receipts} == {
        "prepare",
        "judge",
        "group",
        "connect",
        "candidates",
        "verify",
        "deduplicate",
        "protect",
    }
    assert not any(r.reused for r in receipts)
    assert [(r.stage, r.name) for r in receipts] == sorted((r.stage, r.name) for r in receipts)


def test_the_receipts_of_a_plan_are_those_of_its_latest_finished_run(released: Home) -> None:
    directory = released.run(list_runs(released)[0]["run"])
    core = Plan.load(directory / "plan.json").core
    assert latest_receipts(released, core)[0] == directory
    (directory / "receipts").unlink()
    with pytest.raises(NotFoundError, match="no run of it is recorded"):
        latest_receipts(released, core)


def test_a_comparison_names_what_differs(released: Home, twice: tuple[str, str]) -> None:
    found = {entry["what"]: (entry["first"], entry["second"]) for entry in compare_runs(released, *twice)}
    assert found.pop("recipe.deduplicate.near") == (True, False)
    assert found.pop("snapshot.letters")[1] == "s" * 12
    assert set(found) == {"plan", "release"}
    assert compare_runs(released, twice[0], twice[0]) == []
