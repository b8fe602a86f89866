"""Numbers as the report prints them."""

from __future__ import annotations


def count(number: float) -> str:
    """Whole number with thousands apart: 4,034."""
    return f"{number:,.0f}"


def share(part: float, whole: float) -> str:
    """Percentage with one decimal. Never 100 % or 0 % unless it is exactly that; a dash where there is no whole."""
    if not whole:
        return "–"
    if part == whole:
        return "100 %"
    if not part:
        return "0 %"
    percent = min(max(100 * part / whole, 0.1), 99.9)
    return f"{percent:.1f} %"


def size(number: float) -> str:
    """Bytes in decimal units: 1.2 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.41 s, 31.4 s, 12 min 5 s, 3 h 20 min."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def rate(amount: float, seconds: float) -> str:
    """Amount a second with three significant digits; a dash where no time was measured."""
    if not seconds:
        return "–"
    value = amount / seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def edge(value: float) -> str:
    """A bin's edge: 0.35, 500, 20k, 1M."""
    if value != int(value) or value == 0:
        return f"{value:g}"
    for limit, unit in ((10**6, "M"), (10**4, "k")):
        if value >= limit:
            return f"{value / (10**6 if unit == 'M' else 10**3):g}{unit}"
    return f"{value:,.0f}" if value > 1 else f"{value:g}"


def width(part: float, whole: float) -> str:
    """Width of a bar in per cent, for a style attribute; what is not nought stays visible."""
    if not whole or not part:
        return "0"
    return f"{max(100 * part / whole, 0.25):.2f}"
