"""The outline of a parcel, whatever it came as, and the refusal of one."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry import MultiPolygon

from layers.base import Refused
from layers.figures import grouped

MOST_BYTES = 10 * 1000**2
MOST_VERTICES = 60_000
MOST_PARTS = 1_000


@dataclass(frozen=True)
class Outline:
    """`shape` is in EPSG:4326 and as it was sent: it may be invalid, `fitness.judge` tells. `crs`
    and `notation` are what it came in, `sha256` is of what was sent, `notes` is what its sender
    should know of how it was read."""

    shape: MultiPolygon
    notation: str
    crs: str
    vertices: int
    sha256: str
    notes: tuple[str, ...] = ()


def refusal(sentence: str) -> Refused:
    return Refused({"parcel": sentence})


def too_many(vertices: int) -> str:
    return (
        f"Bidang ini bertitik {grouped(vertices)}; paling banyak {grouped(MOST_VERTICES)}. "
        "Sederhanakan garisnya, lalu kirim lagi."
    )


def too_scattered(parts: int) -> str:
    return (
        f"Bidang ini terdiri atas {grouped(parts)} bagian; paling banyak {grouped(MOST_PARTS)}. "
        "Kirim hanya bidang yang dimohon."
    )


def place(lon: float, lat: float) -> str:
    return f"bujur {grouped(lon, 6)}, lintang {grouped(lat, 6)}"


def quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"«{text if len(text) <= 40 else text[:39] + '…'}»"
