"""Tasks and answers as Label Studio JSON, and back.

One object a task: `{id, data, meta, annotations[], predictions[]}`; one annotation an answer or skip, with a `choices`
result named `label` on `text`. What Label Studio does not know (pseudonym, guideline version, release) rides in places
that it keeps as they are: the local part of the worker's e-mail address, and `meta` of the result.
Source: exports of Label Studio 1.x (HumanSignal/label-studio-converter, tests/data).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

import pyarrow as pa

from governance.records.errors import ConfigError
from labeling.accept import Given
from labeling.lease import Ending, SkipReason
from labeling.project import Project
from labeling.task import Task

FROM_NAME, TO_NAME = "label", "text"
DOMAIN = "workers.malmoi.invalid"  # RFC 2606: can never be a real address
_POINTER = ("task_id", "doc_id", "release_id", "shard", "row", "source", "licence", "rule")


def label_config(project: Project) -> str:
    """The labelling interface of a project as Label Studio's XML."""
    choices = "\n".join(
        f"    <Choice value={quoteattr(label)} hotkey={quoteattr(str(number))}/>"
        for number, label in enumerate(project.labels, 1)
    )
    return (
        f"<View>\n  <Header value={quoteattr(project.title or project.name)}/>\n"
        f'  <Text name="{TO_NAME}" value="$text"/>\n'
        f'  <Choices name="{FROM_NAME}" toName="{TO_NAME}" choice="single-radio" required="true">\n{choices}\n'
        "  </Choices>\n</View>\n"
    )


def to_label_studio(
    tasks: Sequence[Task], answers: pa.Table, read_text: Callable[[Task], str] | None = None
) -> list[dict[str, Any]]:
    """Tasks with their answers in Label Studio's JSON layout.

    Args:
        answers: of the same project (`Queue.export`).
        read_text: gives the protected text of a task; without it tasks are exported as pointers and `text` is empty.
    """
    numbers = {worker: n for n, worker in enumerate(sorted(set(answers["worker"].to_pylist())), 1)}
    by_task: dict[str, list[dict[str, Any]]] = {}
    for number, row in enumerate(answers.to_pylist(), 1):
        by_task.setdefault(row["task_id"], []).append(_annotation(number, row, numbers[row["worker"]]))
    return [
        _object(number, task, by_task.get(task.task_id, []), read_text(task) if read_text else "")
        for number, task in enumerate(tasks, 1)
    ]


def _object(number: int, task: Task, annotations: list[dict[str, Any]], text: str) -> dict[str, Any]:
    cancelled = sum(a["was_cancelled"] for a in annotations)
    return {
        "id": number,
        "data": {"text": text} | {name: getattr(task, name) for name in _POINTER},
        "meta": {"project": task.project, "overlap": task.overlap},
        "annotations": [a | {"task": number} for a in annotations],
        "predictions": [],
        "total_annotations": len(annotations) - cancelled,
        "cancelled_annotations": cancelled,
    }


def _annotation(number: int, row: Mapping[str, Any], worker_number: int) -> dict[str, Any]:
    at = row["answered_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    skipped = row["outcome"] == Ending.SKIPPED
    value = {"choices": [] if skipped else [row["answer"]]}
    meta = {"guideline_version": [row["guideline_version"]], "release_id": [row["release_id"]]}
    if skipped:
        meta["reason"] = [row["reason"]]
    email = f"{row['worker']}@{DOMAIN}"
    return {
        "id": number,
        "completed_by": {"id": worker_number, "email": email, "first_name": "", "last_name": ""},
        "result": [
            {
                "id": f"{row['task_id'][:10]}",
                "type": "choices",
                "value": value,
                "origin": "manual",
                "from_name": FROM_NAME,
                "to_name": TO_NAME,
                "meta": meta,
            }
        ],
        "was_cancelled": skipped,
        "ground_truth": False,
        "created_at": at,
        "updated_at": at,
        "lead_time": row["seconds"],
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """What a Label Studio export holds: answers and skips to `Queue.accept`, and a sentence for each annotation that
    cannot be one."""

    given: tuple[Given, ...]
    problems: tuple[str, ...]


def from_label_studio(
    data: Sequence[Mapping[str, Any]], workers: Mapping[str, str] | None = None, *, from_name: str = FROM_NAME
) -> Reading:
    """Reads a Label Studio JSON export.

    Args:
        workers: the pseudonym of each Label Studio user, by e-mail address or numeric id as text; users that our own
            export made are known without it.
        from_name: the `Choices` tag that holds the answer.

    Raises:
        ConfigError: not a list of Label Studio tasks.
    """
    if not isinstance(data, list) or not all(isinstance(item, dict) and "data" in item for item in data):
        raise ConfigError("not a Label Studio JSON export: a list of tasks, each with `data`; JSON_MIN will not do")
    given: list[Given] = []
    problems: list[str] = []
    for item, annotation in _annotations(data):
        place = f"task {item.get('id')}, annotation {annotation.get('id')}"
        try:
            given.append(_given(item, annotation, workers or {}, from_name))
        except ConfigError as error:
            problems.append(f"{place}: {error}")
    return Reading(tuple(given), tuple(problems))


def _annotations(data: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for item in data:
        for annotation in item.get("annotations", []):
            yield item, annotation


def _given(item: Mapping[str, Any], annotation: Mapping[str, Any], workers: Mapping[str, str], from_name: str) -> Given:
    task = item["data"].get("task_id")
    if not isinstance(task, str):
        raise ConfigError("its task has no data.task_id, so it is not one of ours")
    result = [r for r in annotation.get("result", []) if r.get("from_name") == from_name]
    meta = result[0].get("meta", {}) if result else {}
    finished = _moment(annotation)
    return Given(
        task_id=task,
        worker=_worker(annotation.get("completed_by"), workers),
        answer=None if annotation.get("was_cancelled") else _choice(result),
        started_at=finished - timedelta(seconds=annotation.get("lead_time") or 0.0),
        finished_at=finished,
        guideline_version=_single(meta, "guideline_version"),
        release_id=_single(meta, "release_id"),
        reason=SkipReason(_single(meta, "reason") or SkipReason.OTHER),
    )


def _choice(result: Sequence[Mapping[str, Any]]) -> str:
    choices = result[0]["value"].get("choices") if len(result) == 1 else None
    if not isinstance(choices, list) or len(choices) != 1:
        raise ConfigError("it does not choose exactly one label")
    return str(choices[0])


def _worker(completed_by: object, workers: Mapping[str, str]) -> str:
    names = [str(completed_by)]
    if isinstance(completed_by, dict):
        names = [str(completed_by.get("email")), str(completed_by.get("id"))]
        ours, _, domain = names[0].partition("@")
        if domain == DOMAIN:
            return ours
    for name in names:
        if name in workers:
            return workers[name]
    raise ConfigError("its user has no pseudonym; pass one in `workers`")


def _moment(annotation: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(annotation.get("created_at")))
    except ValueError:
        raise ConfigError("it has no created_at time") from None


def _single(meta: Mapping[str, Any], name: str) -> str | None:
    values = meta.get(name)
    return str(values[0]) if isinstance(values, list) and values else None
