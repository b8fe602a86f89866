import json
from typing import Any

import pytest

from governance.records.schemas import DOCUMENT
from pipelines.home import Home
from pipelines.lineage import lineage_events, read_events
from pipelines.plan import Plan
from pipelines.runs import list_runs, read_receipts
from pipelines.tasks import Context
from tests.pipelines.test_tracing import NOON


@pytest.fixture
def events(released: Home) -> list[dict[str, Any]]:
    directory = released.run(list_runs(released)[0]["run"])
    context = Context(Plan.load(directory / "plan.json").model_copy(update={"home": released.root}))
    path = released.state / "lineage.jsonl"
    path.write_text("left by an interrupted attempt\n")
    lineage_events(context, read_receipts(directory), path, NOON)
    return read_events(path)


def test_a_run_starts_and_completes_under_one_id(events: list[dict[str, Any]], released: Home) -> None:
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"]
    assert len({event["run"]["runId"] for event in events}) == 1


def test_every_source_is_an_input_and_the_release_the_output(events: list[dict[str, Any]]) -> None:
    complete = events[-1]
    assert [d["name"] for d in complete["inputs"]] == ["source/letters", "source/texts"]
    (output,) = complete["outputs"]
    statistics = output["outputFacets"]["outputStatistics"]
    assert output["name"] == "corpus/test" and statistics["rowCount"] == 16 and statistics["size"] > 0


def test_what_a_column_is_made_of_is_said_and_texts_are_marked_as_masked(events: list[dict[str, Any]]) -> None:
    fields = events[-1]["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert set(fields) <= set(DOCUMENT.names)
    masked = {
        name: {t["masking"] for f in field["inputFields"] for t in f["transformations"]}
        for name, field in fields.items()
    }
    assert all(masked[name] == {True} for name in ("text", "title", "url", "author", "doc_id"))
    assert masked["published_at"] == {False}
    sources = {f["name"] for f in fields["text"]["inputFields"]}
    assert sources == {"source/letters", "source/texts"}


def test_events_hold_no_text(events: list[dict[str, Any]]) -> None:
    said = json.dumps(events, ensure_ascii=False)
    assert "문서는" not in said and "native-0" not in said and "안내문" not in said
