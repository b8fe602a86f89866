"""Ways in which people write an identifier that no simple rule describes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Disguise = Callable[[str, Random], str]

_READ = "공일이삼사오육칠팔구"
_WIDE = {ord("0") + n: 0xFF10 + n for n in range(10)}
_LOOKALIKE = {"0": "O", "1": "l"}
_MONTHS = ("일월", "이월", "삼월", "사월", "오월", "유월", "칠월", "팔월", "구월", "시월", "십일월", "십이월")
_TENS = ("", "십", "이십", "삼십", "사십", "오십", "육십", "칠십", "팔십", "구십")


def _places(value: str) -> list[int]:
    return [place for place, sign in enumerate(value) if sign.isdigit()]


def plain(value: str, _: Random) -> str:
    """As its issuer writes it."""
    return value


def spaced(value: str, _: Random) -> str:
    """A space between all signs."""
    return " ".join(value.replace(" ", ""))


def gapped(value: str, _: Random) -> str:
    """Spaces around the hyphens."""
    return value.replace("-", " - ")


def dotted(value: str, _: Random) -> str:
    """Full stops for hyphens."""
    return value.replace("-", ".")


def joined(value: str, _: Random) -> str:
    """No hyphens."""
    return value.replace("-", "")


def dashed(value: str, _: Random) -> str:
    """En dashes for hyphens."""
    return value.replace("-", "–")


def wide(value: str, _: Random) -> str:
    """Full-width digits and hyphens."""
    return value.translate(_WIDE).replace("-", "－")


def spoken(value: str, _: Random) -> str:
    """Digits as they are read, groups apart: 공일공 일이삼사 오육칠팔."""
    return "".join(_READ[int(sign)] if sign.isdigit() else " " for sign in value)


def half_spoken(value: str, rng: Random) -> str:
    """Some digits as they are read."""
    chosen = set(rng.sample(_places(value), max(2, len(_places(value)) // 3)))
    return "".join(_READ[int(sign)] if place in chosen else sign for place, sign in enumerate(value))


def broken_line(value: str, _: Random) -> str:
    """A line break after the last hyphen but one, or in the middle."""
    cut = value.rfind("-") + 1 or len(value) // 2
    return f"{value[:cut]}\n{value[cut:]}"


def misread(value: str, _: Random) -> str:
    """What a scanner makes of noughts and ones."""
    return "".join(_LOOKALIKE.get(sign, sign) for sign in value)


def masked(value: str, _: Random) -> str:
    """The last digits hidden, the rest legible."""
    hidden = set(_places(value)[-max(3, len(_places(value)) // 3) :])
    return "".join("*" if place in hidden else sign for place, sign in enumerate(value))


def invisible(value: str, rng: Random) -> str:
    """Two zero-width spaces inside."""
    first, second = sorted(rng.sample(range(1, len(value)), 2))
    return f"{value[:first]}\u200b{value[first:second]}\u200b{value[second:]}"


def split(value: str, rng: Random) -> str:
    """A few words between two halves of the number."""
    cut = value.rfind("-")
    cut = cut if cut > 0 else len(value) // 2
    return f"{value[:cut]} {rng.choice(['그다음에', '이어서', '뒷자리는', '그리고'])} {value[cut:].lstrip('-')}"


def abroad(value: str, _: Random) -> str:
    """With the country's prefix."""
    return f"+82 {value[1:]}"


def bracketed(value: str, _: Random) -> str:
    """The first group in brackets."""
    head, tail = value.split("-", 1)
    return f"({head}) {tail}"


def at_word(value: str, _: Random) -> str:
    """골뱅이 for the at sign."""
    return value.replace("@", " 골뱅이 ")


def at_bracket(value: str, _: Random) -> str:
    """[at] and [dot]."""
    return value.replace("@", " [at] ").replace(".", " [dot] ")


def at_wide(value: str, _: Random) -> str:
    """A full-width at sign."""
    return value.replace("@", "＠")


def letter_spaced(value: str, _: Random) -> str:
    """A name with spaces between its syllables, as in forms."""
    return " ".join(value)


def initialled(value: str, _: Random) -> str:
    """A name with its middle hidden."""
    return f"{value[0]}O{value[2:]}"


def year_short(value: str, _: Random) -> str:
    """Without the province, as people give addresses near home."""
    return value.split(" ", 1)[1]


def address_lines(value: str, _: Random) -> str:
    """An address over two lines."""
    return value.replace(", ", "\n")


def glued(value: str, _: Random) -> str:
    """An address without spaces."""
    return value.replace(" ", "")


def read_date(_: str, rng: Random) -> str:
    """Another date of birth, as it is read aloud."""
    year, month, day = rng.randrange(46, 99), rng.randrange(12), rng.randrange(1, 29)
    return f"천구백{_TENS[year // 10]}{_ones(year % 10)}년 {_MONTHS[month]} {_TENS[day // 10]}{_ones(day % 10)}일"


def _ones(digit: int) -> str:
    return _READ[digit] if digit else ""


_NUMBER: dict[str, Disguise] = {
    "plain": plain,
    "spaced": spaced,
    "gapped": gapped,
    "dotted": dotted,
    "joined": joined,
    "en_dash": dashed,
    "full_width": wide,
    "hangul_numerals": spoken,
    "mixed_numerals": half_spoken,
    "line_break": broken_line,
    "ocr": misread,
    "masked": masked,
    "zero_width": invisible,
    "split_by_word": split,
}


def _of(*names: str, **more: Disguise) -> dict[str, Disguise]:
    return {name: _NUMBER[name] for name in ("plain", *names)} | more


_SHORT = _of("full_width", "ocr", "masked", "line_break")

# Which disguises suit which kind.
DISGUISES: dict[str, dict[str, Disguise]] = {
    "rrn": _NUMBER,
    "rrn_2020": _of("joined", "gapped", "masked", "full_width"),
    "frn": _of("joined", "en_dash", "full_width", "masked", "zero_width", "line_break"),
    "passport": _of("spaced", "full_width", "ocr", "masked"),
    "driver": _of("gapped", "joined", "en_dash", "masked", "full_width"),
    "brn": _of("joined", "gapped", "full_width", "dotted", "hangul_numerals"),
    "corp": _of("joined", "full_width", "en_dash"),
    "health_insurance": _of("full_width", "spaced"),
    "customs": _of("spaced", "ocr"),
    "account": _of("joined", "spaced", "full_width", "en_dash", "masked", "split_by_word", "hangul_numerals"),
    "card": _of("joined", "spaced", "gapped", "full_width", "masked", "line_break", "dotted"),
    "mobile": {**_NUMBER, "country_code": abroad},
    "landline": _of(
        "dotted", "joined", "gapped", "full_width", "hangul_numerals", country_code=abroad, brackets=bracketed
    ),
    "email": {"plain": plain, "at_word": at_word, "at_bracket": at_bracket, "full_width_at": at_wide},
    "plate": _of("full_width", "spaced", "masked"),
    "dob": {"plain": plain, "full_width": wide, "hangul_numerals": read_date},
    "address": {
        "plain": plain,
        "no_province": year_short,
        "line_break": address_lines,
        "glued": glued,
        "full_width": wide,
    },
    "lot_address": {"plain": plain, "no_province": year_short, "full_width": wide},
    "gps": {"plain": plain},
    "postal": _SHORT | {"plain": plain},
    "name": {"plain": plain, "letter_spaced": letter_spaced, "initial": initialled},
}


def disguises(kind: str) -> dict[str, Disguise]:
    """The disguises of a kind; every kind can be written plainly."""
    return DISGUISES.get(kind, {"plain": plain})
