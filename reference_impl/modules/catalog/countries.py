"""The countries that regions may have, by their ISO 3166-1 two-letter code in lower case."""

from __future__ import annotations

_LINES = """
ae are 784 United Arab Emirates
bh bhr 048 Bahrain
de deu 276 Germany
eg egy 818 Egypt
fr fra 250 France
gb gbr 826 United Kingdom
jo jor 400 Jordan
jp jpn 392 Japan
kw kwt 414 Kuwait
om omn 512 Oman
qa qat 634 Qatar
sa sau 682 Saudi Arabia
us usa 840 United States
"""
COUNTRIES: dict[str, tuple[str, str, str]] = {
    iso_2: (iso_3, number, name)
    for iso_2, iso_3, number, name in (line.split(" ", 3) for line in _LINES.strip().splitlines())
}
"""iso_2 → (iso_3, number, name)."""
