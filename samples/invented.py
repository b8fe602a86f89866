"""Invented identifiers, each in the form its issuer gives it. Drawn by chance; none is a record of anyone.

Source: formats and check digits in the issuers' own rules (resident registration: enforcement rule of the Resident
Registration Act, art. 2; business and corporate numbers: National Tax Service and Supreme Court registry rules).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from samples.grammar import Grammar

Maker = Callable[[Random, Grammar], str]


def digits(rng: Random, count: int) -> str:
    """`count` decimal digits, the first not zero."""
    return str(rng.randrange(10 ** (count - 1), 10**count))


def _weighted(number: str, weights: str) -> int:
    return sum(int(digit) * int(weight) for digit, weight in zip(number, weights, strict=True))


def _registered(rng: Random, century: str, base: int) -> str:
    """Six digits of birth, one of century and sex, five of place and order, one check digit."""
    birth = f"{rng.randrange(45, 99):02}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    body = birth + rng.choice(century) + f"{rng.randrange(100000):05}"
    check = (base - _weighted(body, "234567892345") % 11) % 10
    return f"{body[:6]}-{body[6:]}{check}"


def resident(rng: Random, _: Grammar) -> str:
    """Resident registration number with its check digit."""
    return _registered(rng, "12", 11)


def resident_since_2020(rng: Random, _: Grammar) -> str:
    """Resident registration number of the present form: the last six digits follow no rule."""
    birth = f"{rng.randrange(20, 25):02}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    return f"{birth}-{rng.choice('34')}{rng.randrange(1000000):06}"


def foreigner(rng: Random, _: Grammar) -> str:
    """Foreigner registration number (외국인등록번호)."""
    return _registered(rng, "56", 13)


def passport(rng: Random, _: Grammar) -> str:
    """Passport number, of the form before 2021 or since."""
    if rng.random() < 0.5:
        return rng.choice("MS") + digits(rng, 8)
    return f"M{digits(rng, 3)}{rng.choice('ABCDEFGHJKL')}{digits(rng, 4)}"


def driver(rng: Random, _: Grammar) -> str:
    """Driver's licence number with a region code, or with a region's name as on older cards."""
    region = str(rng.randrange(11, 27)) if rng.random() < 0.7 else rng.choice(["서울", "경기", "부산", "전북"])
    gap = "-" if region.isdigit() else " "
    return f"{region}{gap}{rng.randrange(80, 99)}-{digits(rng, 6)}-{rng.randrange(10, 99)}"


def business(rng: Random, _: Grammar) -> str:
    """Business registration number (사업자등록번호) with its check digit."""
    body = digits(rng, 3) + f"{rng.randrange(10, 80)}" + f"{rng.randrange(10000):04}"
    total = _weighted(body, "137137135") + int(body[8]) * 5 // 10
    return f"{body[:3]}-{body[3:5]}-{body[5:]}{(10 - total % 10) % 10}"


def corporation(rng: Random, _: Grammar) -> str:
    """Corporate registration number (법인등록번호) with its check digit."""
    body = f"{rng.choice(['1101', '1301', '2841', '1801'])}{rng.choice(['11', '21', '14'])}{digits(rng, 6)}"
    return f"{body[:6]}-{body[6:]}{(10 - _weighted(body, '121212121212') % 10) % 10}"


def card(rng: Random, _: Grammar) -> str:
    """Sixteen digits with a Luhn check."""
    body = rng.choice(["9410", "5387", "4579", "3563"]) + f"{rng.randrange(10**11):011}"
    doubled = [int(d) * (2 if place % 2 == 0 else 1) for place, d in enumerate(body)]
    check = -sum(d - 9 if d > 9 else d for d in doubled) % 10
    number = f"{body}{check}"
    return "-".join(number[at : at + 4] for at in range(0, 16, 4))


def account(rng: Random, _: Grammar) -> str:
    """A bank account number in one of the banks' groupings, without the bank's name."""
    groups = rng.choice([(6, 2, 6), (3, 3, 6), (4, 3, 6), (3, 6, 5), (3, 4, 4, 2), (4, 2, 7)])
    return "-".join(digits(rng, size) for size in groups)


def mobile(rng: Random, _: Grammar) -> str:
    """Mobile number."""
    return f"010-{rng.randrange(2000, 9999)}-{rng.randrange(10000):04}"


def landline(rng: Random, _: Grammar) -> str:
    """Fixed line with an area code, or an internet line."""
    return (
        f"{rng.choice(['02', '031', '042', '051', '063', '070'])}-{rng.randrange(200, 9899)}-{rng.randrange(10000):04}"
    )


def email(rng: Random, grammar: Grammar) -> str:
    """Address at a domain that is reserved for examples."""
    return f"{grammar.say('localpart', rng)}@{grammar.say('maildomain', rng)}"


def plate(rng: Random, _: Grammar) -> str:
    """Vehicle plate: two or three digits, a syllable, four digits."""
    head = rng.choice([rng.randrange(11, 69), rng.randrange(101, 699)])
    return f"{head}{rng.choice('가나다라마거너더러머보소오조')}{rng.randrange(1000, 9999)}"


def birth_date(rng: Random, _: Grammar) -> str:
    """Date of birth in one of the ways it is written."""
    year, month, day = rng.randrange(1946, 2009), rng.randrange(1, 13), rng.randrange(1, 29)
    forms = [f"{year}년 {month}월 {day}일생", f"{year}. {month}. {day}.", f"{year}-{month:02}-{day:02}"]
    return rng.choice([*forms, f"{year % 100:02}{month:02}{day:02}"])


def road_address(rng: Random, grammar: Grammar) -> str:
    """Road address (도로명주소) down to building and unit."""
    home = f"{grammar.say('complex', rng)} {rng.randrange(101, 130)}동 {rng.randrange(2, 25)}0{rng.randrange(1, 9)}호"
    start = f"{grammar.say('province', rng)} {grammar.say('municipality', rng)}"
    return f"{start} {grammar.say('street', rng)} {rng.randrange(2, 340)}, {home}"


def lot_address(rng: Random, grammar: Grammar) -> str:
    """Lot address (지번주소)."""
    lot = f"{rng.randrange(2, 980)}-{rng.randrange(1, 60)}"
    village = f"{grammar.say('municipality', rng)} {grammar.say('village', rng)}"
    return f"{grammar.say('province', rng)} {village} {rng.choice(['', '산 '])}{lot}번지"


def person(rng: Random, grammar: Grammar) -> str:
    """A personal name of two to four syllables."""
    if rng.random() < 0.05:
        return grammar.say("surname.double", rng) + grammar.say("given", rng)
    # The common surnames stand first in the list and are drawn most often.
    surnames = grammar.rules["surname"]
    surname = surnames[min(rng.randrange(len(surnames)), rng.randrange(len(surnames)))]
    return surname + grammar.say("given.single" if rng.random() < 0.06 else "given", rng)


def docket(rng: Random, grammar: Grammar) -> str:
    """A court case number with one party's name."""
    number = f"{rng.randrange(2010, 2025)}{rng.choice(['가단', '가소', '드단', '고정'])}{rng.randrange(1000, 99999)}"
    return f"{number} {rng.choice(['원고', '피고'])} {person(rng, grammar)}"


# Kinds as the truth names them; the report maps the recognisers' names to these.
MAKERS: dict[str, Maker] = {
    "rrn": resident,
    "rrn_2020": resident_since_2020,
    "frn": foreigner,
    "passport": passport,
    "driver": driver,
    "brn": business,
    "corp": corporation,
    "health_insurance": lambda rng, _: digits(rng, 11),
    "customs": lambda rng, _: "P" + digits(rng, 12),
    "account": account,
    "card": card,
    "mobile": mobile,
    "landline": landline,
    "email": email,
    "handle": lambda rng, grammar: "@" + grammar.say("handle", rng),
    "url_id": lambda rng, grammar: f"https://sns.example.com/u/{grammar.say('handle', rng)}",
    "ip": lambda rng, _: f"203.0.113.{rng.randrange(2, 250)}",
    "mac": lambda rng, _: ":".join(f"{rng.randrange(256):02X}" for _ in range(6)),
    "plate": plate,
    "dob": birth_date,
    "age": lambda rng, _: f"만 {rng.randrange(19, 90)}세",
    "address": road_address,
    "lot_address": lot_address,
    "postal": lambda rng, _: f"{rng.randrange(1, 63):02}{rng.randrange(1000):03}",
    "gps": lambda rng, _: f"{rng.randrange(34, 38)}.{digits(rng, 6)}, {rng.randrange(126, 129)}.{digits(rng, 6)}",
    "student": lambda rng, _: f"{rng.randrange(2012, 2025)}{digits(rng, 5)}",
    "employee": lambda rng, _: f"{rng.choice('ABK')}{rng.randrange(2003, 2025)}{digits(rng, 3)}",
    "case": docket,
    "name": person,
}
