"""Messenger and SNS names: `@hong_gil`, where a word says that it is one.

Source of truth: name rules of the services (letters, digits, dot, underscore; 3 to 30). An at sign alone is code or a
price.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, words
from transforms.pii.windows import Trigger

HANDLE = Recogniser(
    name="handle",
    version=1,
    kind=Kind.HANDLE,
    trigger=Trigger.AT,
    patterns=(Pattern(re.compile(r"(?<![A-Za-z0-9가-힣_.@/])@[A-Za-z0-9_][A-Za-z0-9_.]{2,29}(?![A-Za-z0-9@/])"), 300),),
    context=words(
        "인스타그램|인스타|트위터|페이스북|텔레그램|카카오톡|카톡|틱톡|유튜브|스레드|아이디|계정|팔로우|SNS|DM|instagram|twitter|telegram"
    ),
)
