import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openlineage.client.event_v2 import RunEvent
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    dataset_version_dataset,
    error_message_run,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    processing_engine_run,
    schema_dataset,
)
from referencing import Registry, Resource

import governance.lineage as lineage
from governance.lineage import Dataset, Origin, Run, State, run_event, run_id, write_events
from governance.records.schemas import DOCUMENT

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAGED = Dataset("malmoi", "minutes", {"version": lineage.version_facet("snapshot-1")})
COLUMNS = {
    "text": [Origin(STAGED, "text", "TRANSFORMATION", "pii@1", masking=True)],
    "source": [Origin(STAGED, "source", "IDENTITY")],
}
FACETS = {
    "schema": lineage.schema_facet(DOCUMENT),
    "version": lineage.version_facet("3"),
    "columnLineage": lineage.column_lineage_facet(COLUMNS, [Origin(STAGED, "quality", "FILTER", direct=False)]),
    "malmoi_licence": lineage.licence_facet({"minutes": "LicenseRef-KOGL-1"}, attribution={"minutes": "행정안전부"}),
    "malmoi_pii": lineage.pii_facet("pseudonymised", {"phone": 3}),
    "malmoi_merkleRoot": lineage.merkle_facet("a" * 64, 7),
}
RUN = Run("plan/1", "malmoi.demo", "malmoi", {"processing_engine": lineage.engine_facet("Beam FnApiRunner", "2.77.0")})
STAGE = Run("plan/1/judge", "malmoi.demo.judge", "malmoi", {"parent": lineage.parent_facet(RUN)})
FAILED = Run("plan/2", "malmoi.demo", "malmoi", {"errorMessage": lineage.error_facet("IntegrityError")})
RELEASE = Dataset("malmoi", "talk", FACETS, {"outputStatistics": lineage.statistics_facet(30, 4_096, 3)})
EVENTS = {
    "start": run_event(State.START, RUN, AT, [STAGED]),
    "complete": run_event(State.COMPLETE, RUN, AT, [STAGED], [RELEASE]),
    "stage": run_event(State.START, STAGE, AT),
    "fail": run_event(State.FAIL, FAILED, AT),
    "abort": run_event(State.ABORT, RUN, AT),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    ours = Path(lineage.__file__).with_name("facets")
    files = [*Path(__file__).with_name("openlineage").glob("*.json"), *ours.glob("*.json")]
    return Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in map(json.loads, (f.read_text() for f in files))
    )


def _faults(registry: Registry, url: str, value: Any) -> list[str]:
    validator = Draft202012Validator(
        {"$ref": url}, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in validator.iter_errors(value)]


def _facets(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "_schemaURL" in value:
            yield value
        for inner in value.values():
            yield from _facets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _facets(inner)


@pytest.mark.parametrize("name", EVENTS)
def test_events_and_facets_are_of_the_published_schemas(registry: Registry, name: str) -> None:
    event = EVENTS[name]
    assert _faults(registry, event["schemaURL"], event) == []
    for facet in _facets(event):
        assert _faults(registry, facet["_schemaURL"], facet) == []


def test_the_schemas_would_notice_a_fault(registry: Registry) -> None:
    event = EVENTS["complete"]
    for broken in (
        event | {"eventType": "DONE"},
        {key: value for key, value in event.items() if key != "run"},
        event | {"run": {"runId": 3}},
    ):
        assert _faults(registry, event["schemaURL"], broken)
    for name, change in (
        ("malmoi_merkleRoot", {"root": "x"}),
        ("malmoi_pii", {"level": "anonymised"}),
        ("columnLineage", {"fields": 1}),
    ):
        assert _faults(registry, FACETS[name]["_schemaURL"], FACETS[name] | change)


def test_schema_urls_are_those_of_the_python_client() -> None:
    theirs = {
        "schema": schema_dataset.SchemaDatasetFacet,
        "version": dataset_version_dataset.DatasetVersionDatasetFacet,
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet,
        "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
        "jobType": job_type_job.JobTypeJobFacet,
        "errorMessage": error_message_run.ErrorMessageRunFacet,
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
        "parent": parent_run.ParentRunFacet,
    }
    ours = {**FACETS, **RELEASE.output_facets, **RUN.facets, **STAGE.facets, **FAILED.facets}
    ours |= EVENTS["start"]["job"]["facets"]
    assert {name: ours[name]["_schemaURL"] for name in theirs} == {n: kind._get_schema() for n, kind in theirs.items()}
    assert EVENTS["start"]["schemaURL"] == RunEvent._get_schema()


def test_masking_is_said_column_by_column() -> None:
    fields = FACETS["columnLineage"]["fields"]
    masked = {name: fields[name]["inputFields"][0]["transformations"][0]["masking"] for name in fields}
    assert masked == {"text": True, "source": False}
    assert FACETS["columnLineage"]["dataset"][0]["transformations"][0]["type"] == "INDIRECT"


def test_nested_columns_are_described_with_their_fields() -> None:
    fields = {field["name"]: field for field in FACETS["schema"]["fields"]}
    assert [inner["name"] for inner in fields["pii"]["fields"]] == ["level", "counts"]
    assert fields["lineage"]["type"] == "array"
    assert [inner["name"] for inner in fields["lineage"]["fields"]] == ["_element"]


def test_run_ids_follow_from_the_key_and_are_uuids() -> None:
    assert run_id("plan/1") == run_id("plan/1") != run_id("plan/2")
    assert uuid.UUID(run_id("plan/1")).version == 5


def test_an_event_is_the_same_whatever_the_clocks_zone() -> None:
    seoul = AT.astimezone(timezone(timedelta(hours=9)))
    assert run_event(State.START, RUN, seoul, [STAGED]) == EVENTS["start"]


def test_events_are_written_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "lineage" / "events.jsonl"
    write_events(path, [EVENTS["start"]])
    write_events(path, [EVENTS["start"], EVENTS["complete"]])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [EVENTS["start"], EVENTS["complete"]]
