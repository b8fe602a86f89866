"""HTML: the main content of a page as text, or what a site's selectors name.

Resiliparse finds the main content; where that is less than half of all text it has likely lost some, and all text is
taken. Source: ../shared/reference/extraction.md section 3 (recall 0.88 and 0.97, precision 0.96 and 0.88 without
selectors; 1.00 and 1.00 with them).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.encoding import decode, named_inside
from connectors.formats.whole import one_document, read_all
from connectors.spec import SourceSpec

_MAIN_AT_LEAST = 0.5  # of the characters of all text


class HtmlOptions(Options):
    """Options of HTML: CSS selectors of a known site. Without any the main content is looked for.

    Attributes:
        content: the elements that hold the text; none on a page is an empty document.
        remove: elements taken out first; all that is left is text.
        date_format: strptime format of `published_at`; None reads ISO 8601.
    """

    content: str = ""
    remove: tuple[str, ...] = ()
    date_format: str | None = None


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the page as one document.

    `fields` are CSS selectors, an attribute written after "@": `link[rel=canonical]@href`.
    """
    if split.start > 0:
        return
    options = options_of(spec, HtmlOptions)
    data = read_all(handle, limits.max_record_bytes)
    tree = HTMLTree.parse(decode(data, spec.encoding, hint=named_inside(data)))
    fields = {"title": "title", **spec.other_fields()}
    found = {column: _value(tree, selector) for column, selector in fields.items()}
    yield from one_document(page_text(tree, options), found, len(data), options.date_format)


def page_text(tree: HTMLTree, options: HtmlOptions) -> str:
    """The text of a page by a site's selectors, or its main content."""
    for selector in options.remove:
        for node in _select(tree, selector):
            node.decompose()
    if options.content:
        _keep_only(tree, options.content)
    whole = _plain(tree)
    if options.content or options.remove:  # the site is known: what is left is text
        return whole
    main = _plain(tree, main_content=True)
    return main if len(main) >= _MAIN_AT_LEAST * len(whole) else whole


def _keep_only(tree: HTMLTree, selector: str) -> None:
    """Leaves nothing in the body but the elements a selector names."""
    body: Any = tree.body
    kept = [node.parent.remove_child(node) for node in _select(tree, selector)]
    while body and (child := body.first_child):
        body.remove_child(child)
    for node in kept if body else []:
        body.append_child(node)


def _plain(tree: HTMLTree, *, main_content: bool = False) -> str:
    return str(extract_plain_text(tree, main_content=main_content, alt_texts=False, links=False)).strip()


def _value(tree: HTMLTree, path: str) -> str | None:
    selector, _, attribute = path.partition("@")
    for node in _select(tree, selector):
        return str(node.getattr(attribute) or "" if attribute else node.text).strip() or None
    return None


def _select(tree: HTMLTree, selector: str) -> list[Any]:
    return list(tree.document.query_selector_all(selector)) if tree.document else []
