"""Web addresses. Most name a site, not a person, so the default policy keeps them; a recipe may cut them to the host.

Source of truth: RFC 3986. A Korean particle or closing punctuation ends the address.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, words
from transforms.pii.windows import Trigger

_SIGN = r"[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]"

URL = Recogniser(
    name="url",
    version=1,
    kind=Kind.URL,
    trigger=Trigger.LINK,
    patterns=(
        Pattern(re.compile(rf"(?<![A-Za-z])(?:https?|ftp)://{_SIGN}{{2,400}}(?<![.,;:!?'*~])", re.IGNORECASE), 900),
        Pattern(re.compile(rf"(?<![A-Za-z0-9./@-])www\.{_SIGN}{{3,400}}(?<![.,;:!?'*~])", re.IGNORECASE), 850),
    ),
    context=words("홈페이지|누리집|사이트|링크|URL"),
)
