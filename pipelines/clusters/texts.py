"""What members of a cluster say: read from the restricted zone, while it is there."""

from __future__ import annotations

from collections.abc import Sequence

from governance.keys import KeyStore
from governance.records.errors import NotFoundError
from pipelines.finding import by_doc_ids
from pipelines.home import Home


def member_texts(home: Home, keys: KeyStore, documents: Sequence[str]) -> list[str]:
    """Staged texts, in the order of the ids: what was compared, unique identifiers destroyed, nothing else masked.

    Raises:
        NotFoundError: a text is no longer there, and why.
    """
    rows = {row.doc_id: row for row in by_doc_ids(home, keys, documents)}
    found, problems = [], []
    for document in documents:
        text = rows[document].read(keys, ["text"])["text"] if document in rows else None
        found.append(str(text))
        if text is None:
            why = "erased" if document in rows else "its restricted zone was purged, or never was in this installation"
            problems.append(f"{document}: the text is gone, {why}")
    if problems:
        raise NotFoundError("; ".join(problems))
    return found
