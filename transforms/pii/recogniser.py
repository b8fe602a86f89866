"""What a recogniser is: patterns over the normalised copy, context words, and a check with three answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from transforms.pii.kinds import Kind
from transforms.pii.windows import Trigger

# Scores are per mille. A finding below LEAST is not reported; from SURE on, a keyword or a check digit stands behind
# it.
LEAST = 400
SURE = 850
CERTAIN = 950
FAILED_CHECK_COSTS = 300
PLAIN = 500  # a form that other numbers seldom have; below, a check that holds is no proof
HELD_CHECK_ADDS = 300

BEFORE = 32  # signs before a match in which a context word counts
AFTER = 10

# Parts of patterns. A separator is what normalising leaves between two groups of one number.
SEP = r"[-. \n]{1,2}"
MAYBE_SEP = r"[-. \n]{0,2}"
# One or two words between two groups of a number that is read out (`010-2345 다음에 6789`).
SPOKEN = r"[ ,]{0,2}(?:[가-힣]{1,5}[ ,:]{1,2}){1,2}"
# The first digit of a number. What may not stand before it is asked after it is read: so the search skips to digits.
FIRST = r"[0-9](?<![0-9A-Za-z*][0-9])(?<![0-9][-.][0-9])"
STOP = r"(?![0-9*]|[-.][0-9])"


def digits_of(value: str) -> str:
    """Only the ASCII digits of a normalised value."""
    return "".join(sign for sign in value if "0" <= sign <= "9")


class Place(NamedTuple):
    """A match and what stands around it, all normalised."""

    value: str
    before: str
    after: str


def never_checked(_value: str) -> bool | None:
    """The answer of a number that has no public check: unknown."""
    return None


def never_refused(_place: Place) -> bool:
    """For kinds that nothing else looks like."""
    return False


@dataclass(frozen=True)
class Pattern:
    """One written form.

    Attributes:
        regex: over the normalised copy; group `value`, if there is one, is the span.
        score: per mille, without context and check.
    """

    regex: re.Pattern[str]
    score: int

    @property
    def after_first(self) -> str | None:
        """What follows FIRST in the pattern; None where the pattern does not begin with it."""
        written = self.regex.pattern
        return written[len(FIRST) :] if written.startswith(FIRST) else None


@dataclass(frozen=True)
class Recogniser:
    """Finds one kind.

    Attributes:
        name: with `version` it names the recogniser in spans (`phone@1`).
        trigger: the windows it reads.
        patterns: tried in order; a later one never takes characters from an earlier one.
        context: words that name the kind, searched before (BEFORE signs) and shortly after (AFTER signs) a match.
        check: True (the check digit holds), False (it fails), None (there is none, or it cannot be known). A failed
            check lowers the score and never clears the span; a context word outweighs it.
        refuse: True where a match cannot be this kind at all (unassigned range, another kind's form).
    """

    name: str
    version: int
    kind: Kind
    trigger: Trigger
    patterns: tuple[Pattern, ...]
    context: re.Pattern[str]
    check: Callable[[str], bool | None] = never_checked
    refuse: Callable[[Place], bool] = never_refused

    @property
    def label(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"


def words(context: str) -> re.Pattern[str]:
    """A pattern of context words, given with | between them; blanks inside a word are optional (`주 민 번 호`)."""
    longest_first = sorted(context.split("|"), key=len, reverse=True)
    spaced = [r"\s?".join(re.escape(sign) for sign in word if sign != " ") for word in longest_first]
    return re.compile("|".join(spaced), re.IGNORECASE)


def score(recogniser: Recogniser, pattern: Pattern, value: str, named: bool) -> int:
    """Per mille from the written form, the check and the context.

    A context word makes CERTAIN, or SURE when the check fails. A check that holds makes a plain form SURE; one that
    fails costs FAILED_CHECK_COSTS.
    """
    answer = recogniser.check(value)
    if named:
        return CERTAIN if answer is not False else SURE
    if answer is True:
        return max(pattern.score, SURE) if pattern.score >= PLAIN else pattern.score + HELD_CHECK_ADDS
    return pattern.score if answer is None else pattern.score - FAILED_CHECK_COSTS
