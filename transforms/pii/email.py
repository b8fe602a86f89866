"""E-mail addresses, `골뱅이` and `점` spelt out too.

Source of truth: RFC 5321 (local part up to 64, dot-atom). A Korean particle that follows (`hong@example.com으로`)
ends the address. `.invalid` (RFC 2606) is never assigned and holds our surrogates, so it is not found. No suffix list
is fetched.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_LOCAL = r"[A-Za-z0-9*](?:[A-Za-z0-9_%+*.-]{0,63})"
_LABEL = r"[A-Za-z0-9*](?:[A-Za-z0-9*-]{0,62})"
_AT = r"(?: ?(?:@|골뱅이|\(at\)|\[at\]) ?)"
_DOT = r"(?: ?(?:\.|점|닷|\(dot\)|\[dot\]) ?)"


def _refuse(place: Place) -> bool:
    return place.value.lower().endswith(".invalid")


EMAIL = Recogniser(
    name="email",
    version=1,
    kind=Kind.EMAIL,
    trigger=Trigger.AT,
    patterns=(
        Pattern(re.compile(rf"(?<![A-Za-z0-9_%+.-]){_LOCAL}@(?:{_LABEL}\.){{1,4}}[A-Za-z]{{2,24}}"), 980),
        Pattern(re.compile(rf"(?<![A-Za-z0-9_%+.-]){_LOCAL}{_AT}(?:{_LABEL}{_DOT}){{1,4}}[A-Za-z]{{2,24}}"), 800),
    ),
    context=words("이메일|메일|email|e-mail"),
    refuse=_refuse,
)
