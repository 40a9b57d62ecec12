"""How much a position can be trusted: 100 less what speaks against it, each with its reason.

Never a refusal: a reviewer sees the score and the reasons. Position and accuracy are what the phone
says; mocked and hand-placed positions say accuracy 0, as ODK Collect does.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NamedTuple

METRES_A_DEGREE = 111_195.0  # of a great circle on the mean sphere of 6,371 km
FAST = 120.0  # km/h since the last fix: faster than any road here allows
IMPOSSIBLE = 300.0
COARSE, VAGUE = 30.0, 100.0  # metres of accuracy
CLOSE, AWAY = 200.0, 1000.0  # metres from the place it is about, beyond the accuracy
CLOCK = 3600.0  # seconds a clock may be off before it is worth telling


class Fix(NamedTuple):
    """A position in time."""

    lon: float
    lat: float
    at: datetime
    accuracy: float | None = None
    mock: bool = False


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance between two (lon, lat), in metres."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * math.degrees(math.asin(min(1.0, math.sqrt(half)))) * METRES_A_DEGREE


def judge_fix(
    fix: Fix,
    *,
    before: Fix | None,
    away: float | None,
    in_city: bool,
    clock_skew: float | None,
) -> tuple[int, list[dict[str, Any]]]:
    """(score 0-100, reasons as {code, points, text}). `away` is the distance in metres to the place
    that the submission is about, None where it is about none; `before` the device's last fix."""
    against = [
        *_accuracy(fix),
        *_speed(fix, before),
        *_distance(fix, away),
    ]
    if not in_city:
        against.append(("outside", 15, "Di luar batas kelurahan mana pun."))
    if clock_skew is not None and abs(clock_skew) > CLOCK:
        told = "Jam ponsel meleset {} {}; waktu sudah disesuaikan.".format(*span(clock_skew))
        against.append(("clock", 5, told))
    reasons = [{"code": code, "points": points, "text": text} for code, points, text in against]
    return max(0, 100 - sum(points for _, points, _ in against)), reasons


Against = list[tuple[str, int, str]]


def _accuracy(fix: Fix) -> Against:
    if fix.mock:
        return [("mock", 60, "Ponsel melaporkan lokasi tiruan.")]
    if fix.accuracy is None:
        return [("unknown-accuracy", 20, "Ketelitian tidak diketahui.")]
    if fix.accuracy == 0:
        return [("by-hand", 40, "Titik diletakkan dengan tangan atau lokasi tiruan.")]
    if fix.accuracy > VAGUE:
        return [("vague", 35, f"Ketelitian hanya {fix.accuracy:.0f} m.")]
    if fix.accuracy > COARSE:
        return [("coarse", 10, f"Ketelitian {fix.accuracy:.0f} m.")]
    return []


def _speed(fix: Fix, before: Fix | None) -> Against:
    if before is None:
        return []
    moved = metres((fix.lon, fix.lat), (before.lon, before.lat))
    moved -= (fix.accuracy or 0) + (before.accuracy or 0)
    seconds = max(1.0, abs((fix.at - before.at).total_seconds()))
    speed = moved / seconds * 3.6
    if moved < CLOSE or speed < FAST:
        return []
    points = 40 if speed > IMPOSSIBLE else 15
    return [("speed", points, f"{speed:.0f} km/jam sejak titik sebelumnya dari ponsel ini.")]


def _distance(fix: Fix, away: float | None) -> Against:
    beyond = (away or 0.0) - (fix.accuracy or 0.0)
    if away is None or beyond < CLOSE:
        return []
    points = 40 if beyond > AWAY else 20
    return [("distance", points, f"{_length(away)} dari tempat yang dilaporkan.")]


def _length(distance: float) -> str:
    if distance < 1000:
        return f"{distance:.0f} m"
    return f"{distance / 1000:.1f} km".replace(".", ",")


def span(seconds: float) -> tuple[int, str]:
    """How long that is, as people say it: how many of which unit."""
    seconds = abs(seconds)
    if seconds >= 172_800:
        return round(seconds / 86_400), "hari"
    return (round(seconds / 3600), "jam") if seconds >= 3600 else (round(seconds / 60), "menit")
