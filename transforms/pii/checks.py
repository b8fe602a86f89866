"""Check digits of Korean identifiers and cards. Each takes digits only and answers True, False or None (unknown)."""

from __future__ import annotations

_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Sum of digit times weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def resident(digits: str) -> bool | None:
    """Resident number. Source: (11 - sum of w*d mod 11) mod 10, weights 2..9 2..5; issued until October 2020.

    주민등록법 시행규칙 art. 2 (2020-10-05) made the last six digits random, so a failed check proves nothing.
    """
    return (
        None
        if len(digits) != 13
        else (11 - weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(digits[12])
    )


def foreigner(digits: str) -> bool | None:
    """Foreigner registration number: (13 - sum mod 11) mod 10, the resident number's weights."""
    return (
        None
        if len(digits) != 13
        else (13 - weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(digits[12])
    )


def corporate(digits: str) -> bool | None:
    """Corporate registration number: weights 1, 2 alternating, plain sum, (10 - sum mod 10) mod 10."""
    if len(digits) != 13:
        return None
    return (10 - weighted(digits, (1, 2) * 6) % 10) % 10 == int(digits[12])


def business(digits: str) -> bool | None:
    """Business registration number: weights 1 3 7 1 3 7 1 3 5, plus the tens of 5 times the ninth digit."""
    if len(digits) != 10:
        return None
    total = weighted(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5)) + int(digits[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(digits[9])


def luhn(digits: str) -> bool | None:
    """Cards. Source: ISO/IEC 7812-1 annex B."""
    if not digits:
        return None
    total = sum(_LUHN_DOUBLED[int(d)] if place % 2 else int(d) for place, d in enumerate(reversed(digits)))
    return total % 10 == 0


def is_date(digits: str) -> bool:
    """Whether YYMMDD can be a day of some year."""
    month, day = int(digits[2:4]), int(digits[4:6])
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)
