"""What a worker is shown of a document, who read what, and how the composition root gives a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from labeling.task import Task
from labeling.workers import Worker


@dataclass(frozen=True, slots=True)
class Text:
    """The protected text of one document. Neither text nor title is in its repr.

    Attributes:
        notice: attribution or other duty that goes with showing it, or empty.
    """

    body: str = field(repr=False)
    title: str = field(default="", repr=False)
    notice: str = ""


# Reads the protected text through policy, at the moment it is shown.
# Raises RefusedError when this worker may not see the document, NotFoundError when it is no longer there.
ReadText = Callable[[Task, Worker], Text]


@dataclass(frozen=True, slots=True)
class Access:
    """One line of the access log (safety measures notice, art. 8): who, when, from where, which document, what.

    `policies` are those that refused, when the action is `refused`.
    """

    at: datetime
    worker: str
    organisation: str
    address: str
    action: str
    task_id: str = ""
    doc_id: str = ""
    policies: tuple[str, ...] = ()


Record = Callable[[Access], None]
