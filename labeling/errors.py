"""What can go wrong between a worker and the queue.

    MalmoiError
    └── LabelingError            `code` is what the API answers; the message says what to do
        ├── StaleLeaseError      the lease ran out, or the task was leased again since
        ├── AnsweredError        this worker has answered this task already; undo first
        ├── PulledError          the task was taken out of the queue; the answer is not wanted
        ├── TakenError           others have filled the task meanwhile
        ├── AnswerError          the label, reason or kind is not one of those the project knows
        └── TokenError           the token is unknown, expired or revoked

Messages name tasks and workers by their ids; they never hold a token, an answer or a text.
"""

from __future__ import annotations

from governance.records.errors import MalmoiError


class LabelingError(MalmoiError):
    """The queue cannot do what a worker asks; `code` is the same for machines."""

    code = "labeling"


class StaleLeaseError(LabelingError):
    """The lease ran out or its fencing token is old; take the next task."""

    code = "stale_lease"


class AnsweredError(LabelingError):
    """The task is answered by this worker; undo the answer to give another."""

    code = "answered"


class PulledError(LabelingError):
    """The task was pulled out of the queue; take the next one."""

    code = "pulled"


class TakenError(LabelingError):
    """Others have filled the task meanwhile, so it cannot be taken back."""

    code = "taken"


class AnswerError(LabelingError):
    """The value is not one of those that the project or the queue knows."""

    code = "bad_answer"
    exit_code = 2


class TokenError(LabelingError):
    """The token is unknown, expired or revoked; ask for a new one."""

    code = "bad_token"
    exit_code = 3
