"""OpenLineage events of a run: where a release came from, column by column, with what was masked on the way.

Events are plain data of the published shape (spec 2-0-2); tests validate every one against the published schemas.
Only names, versions, counts and digests go in: never a text, never a native id.

Source: https://openlineage.io/spec/2-0-2/OpenLineage.json; our facets: governance/facets/.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa

from governance.records.ids import canonical_json
from governance.records.storage import Location, write_bytes

PRODUCER = "https://malmoi.org/malmoi"
_SPEC = "https://openlineage.io/spec"
_RUN_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_OURS = "https://malmoi.org/spec/facets/1-0-0"
_RUNS = uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/runs")


class State(StrEnum):
    """Where a run stands."""

    START = "START"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"
    ABORT = "ABORT"


@dataclass(frozen=True)
class Dataset:
    """A dataset an event names: an input, or an output. Build the facets with the functions below."""

    namespace: str
    name: str
    facets: Mapping[str, Any] = field(default_factory=dict)
    output_facets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One execution of a job. `key` names the execution (plan and attempt); the UUID is derived from it."""

    key: str
    job: str
    namespace: str
    facets: Mapping[str, Any] = field(default_factory=dict)
    job_facets: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """UUID derived from the key: the same execution has the same one wherever it is asked."""
        return run_id(self.key)


def run_id(key: str) -> str:
    """UUID (version 5) of a run key."""
    return str(uuid.uuid5(_RUNS, key))


def run_event(
    state: State, run: Run, at: datetime, inputs: Sequence[Dataset] = (), outputs: Sequence[Dataset] = ()
) -> dict[str, Any]:
    """One RunEvent. `at` is an aware instant from the caller's clock."""
    return {
        "eventType": state.value,
        "eventTime": at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "producer": PRODUCER,
        "schemaURL": _RUN_EVENT,
        "run": {"runId": run.run_id, "facets": dict(run.facets)},
        "job": {"namespace": run.namespace, "name": run.job, "facets": {"jobType": _job_type(), **run.job_facets}},
        "inputs": [{"namespace": d.namespace, "name": d.name, "facets": dict(d.facets)} for d in inputs],
        "outputs": [
            {
                "namespace": d.namespace,
                "name": d.name,
                "facets": dict(d.facets),
                "outputFacets": dict(d.output_facets),
            }
            for d in outputs
        ],
    }


def write_events(path: Location, events: Iterable[Mapping[str, Any]]) -> None:
    """Writes a run's events whole, one JSON line each, as OpenLineage's file transport reads and writes them."""
    write_bytes(path, b"".join(canonical_json(event) + b"\n" for event in events))


def _facet(kind: str, spec: str, /, **values: Any) -> dict[str, Any]:
    url = f"{_SPEC}/facets/{spec}/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **values}


def _our_facet(kind: str, /, **values: Any) -> dict[str, Any]:
    url = f"{_OURS}/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **values}


def _job_type() -> dict[str, Any]:
    return _facet("JobTypeJobFacet", "2-0-4", processingType="BATCH", integration="MALMOI", jobType="JOB")


def schema_facet(schema: pa.Schema) -> dict[str, Any]:
    """`schema`: names and types of the columns, structs nested."""
    return _facet("SchemaDatasetFacet", "1-2-0", fields=[_field(f) for f in schema])


def _field(column: pa.Field) -> dict[str, Any]:
    kind = column.type
    described: dict[str, Any] = {"name": column.name, "type": "struct" if pa.types.is_struct(kind) else str(kind)}
    if pa.types.is_struct(kind):
        described["fields"] = [_field(inner) for inner in kind]
    elif pa.types.is_list(kind):
        described["type"] = "array"
        described["fields"] = [_field(kind.value_field.with_name("_element"))]
    return described


def version_facet(version: str) -> dict[str, Any]:
    """`version`: a snapshot's name, or a Delta version."""
    return _facet("DatasetVersionDatasetFacet", "1-0-1", datasetVersion=version)


def statistics_facet(rows: int, size: int, files: int) -> dict[str, Any]:
    """`outputStatistics` of an output: rows, bytes, files."""
    return _facet("OutputStatisticsOutputDatasetFacet", "1-0-2", rowCount=rows, size=size, fileCount=files)


def error_facet(code: str) -> dict[str, Any]:
    """`errorMessage` of a failed run: the error's class or code, never its message, which may name a path."""
    return _facet("ErrorMessageRunFacet", "1-0-1", message=code, programmingLanguage="PYTHON")


def engine_facet(name: str, version: str) -> dict[str, Any]:
    """`processing_engine` of a run: Beam's runner and version."""
    return _facet("ProcessingEngineRunFacet", "1-1-1", name=name, version=version)


def parent_facet(parent: Run) -> dict[str, Any]:
    """`parent` of a stage: the run it is part of."""
    job = {"namespace": parent.namespace, "name": parent.job}
    return _facet("ParentRunFacet", "1-2-0", run={"runId": parent.run_id}, job=job)


@dataclass(frozen=True)
class Origin:
    """One column that another is made of. `masking`: personal data was masked or replaced on the way."""

    dataset: Dataset
    column: str
    subtype: str = "TRANSFORMATION"  # IDENTITY | TRANSFORMATION | AGGREGATION | FILTER | JOIN | ...
    step: str = ""  # step@version
    masking: bool = False
    direct: bool = True

    def to_json(self) -> dict[str, Any]:
        """As an `inputFields` entry."""
        how = {
            "type": "DIRECT" if self.direct else "INDIRECT",
            "subtype": self.subtype,
            "description": self.step,
            "masking": self.masking,
        }
        return {
            "namespace": self.dataset.namespace,
            "name": self.dataset.name,
            "field": self.column,
            "transformations": [how],
        }


def column_lineage_facet(columns: Mapping[str, Sequence[Origin]], decided_by: Sequence[Origin] = ()) -> dict[str, Any]:
    """`columnLineage`: of each output column its origins; `decided_by` are columns that decided which rows are in."""
    fields = {name: {"inputFields": [o.to_json() for o in origins]} for name, origins in columns.items()}
    return _facet(
        "ColumnLineageDatasetFacet", "1-2-0", fields=fields, dataset=[origin.to_json() for origin in decided_by]
    )


def licence_facet(licences: Mapping[str, str], *, attribution: Mapping[str, str]) -> dict[str, Any]:
    """`malmoi_licence`: of each source its licence (SPDX or LicenseRef) and the attribution it asks for."""
    sources = [{"source": s, "licence": licences[s], "attribution": attribution.get(s, "")} for s in sorted(licences)]
    return _our_facet("MalmoiLicenceDatasetFacet", sources=sources)


def pii_facet(level: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """`malmoi_pii`: level (raw | pseudonymised) and spans acted on by kind."""
    found = [{"kind": kind, "count": counts[kind]} for kind in sorted(counts)]
    return _our_facet("MalmoiPiiDatasetFacet", level=level, counts=found)


def merkle_facet(root: str, size: int) -> dict[str, Any]:
    """`malmoi_merkleRoot`: root (hexadecimal) and number of shards, as the manifest signs them."""
    return _our_facet("MalmoiMerkleRootDatasetFacet", root=root, size=size)
