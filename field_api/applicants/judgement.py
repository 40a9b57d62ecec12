"""What is told of an outline: its flaws with their places, what it could be instead, where it lies.

The receipt goes with it: signed, so that what a file or table was (its notation, system and hash)
is known again when only the shape comes back, and cannot be made up.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _
from shapely.geometry import MultiPolygon

from field_api.applicants import outlines
from field_api.applicants.surroundings import neighbours
from layers import geodesy
from layers.catalog.boundaries import kelurahan_under
from layers.geometry import to_geos
from layers.outline import coordinates, fitness, snapping
from layers.outline.fitness import Flaw
from layers.outline.parcel import Outline

SALT = "applicants.outline"
RECEIPT_AGE = 14 * 24 * 3600  # as long as a draft is kept
MOST_ROWS = 500  # of a table that is looked at or mended by hand
MOST_FLAWS = 20
LONGEST_CODE = 20  # a system that a file defines itself has no code


@dataclass(frozen=True)
class Judgement:
    """`mended` and `snapped` are offers; `kelurahan` is known of what is valid."""

    outline: Outline
    flaws: list[Flaw]
    mended: MultiPolygon | None
    snapped: snapping.Snap | None
    kelurahan: list[dict[str, str]]

    @property
    def blocked(self) -> bool:
        return any(flaw.blocking for flaw in self.flaws)

    @property
    def area_m2(self) -> float | None:
        return None if self.blocked else geodesy.area(self.outline.shape)


def judge(outline: Outline, user: Any) -> Judgement:
    flaws = fitness.judge(outline.shape)[:MOST_FLAWS]
    if any(flaw.blocking for flaw in flaws):
        return Judgement(outline, flaws, fitness.mended(outline.shape), None, [])
    kelurahan = kelurahan_under(to_geos(outline.shape))
    if not kelurahan:
        flaws.append(_beyond(outline.shape))
    snap = snapping.snapped(outline.shape, neighbours(outline.shape, user))
    return Judgement(outline, flaws, None, snap if snap.moved else None, kelurahan)


def _beyond(shape: MultiPolygon) -> Flaw:
    told = _("Bidang ini di luar batas Kota Kupang; periksa koordinatnya.")
    spot = shape.representative_point()
    return Flaw("beyond", told, spot.x, spot.y, blocking=False)


def told(judgement: Judgement) -> dict[str, Any]:
    """For the page that asked."""
    outline, snap = judgement.outline, judgement.snapped
    return {
        "geometry": outlines.geojson(outline.shape),
        "areaM2": judgement.area_m2,
        "vertices": outline.vertices,
        "notation": outline.notation,
        "crs": outline.crs,
        "sentSha256": outline.sha256,
        "receipt": receipt(judgement),
        "notes": list(outline.notes),
        "flaws": [asdict(flaw) for flaw in judgement.flaws],
        "mended": judgement.mended and outlines.geojson(judgement.mended),
        "snapped": snap and {
            "geometry": outlines.geojson(snap.shape),
            "moved": [
                {"from": move.start, "to": move.end, "metres": move.metres} for move in snap.moved
            ],
        },
        "kelurahan": judgement.kelurahan,
        **_table(outline),
    }  # fmt: skip


def _table(outline: Outline) -> dict[str, Any]:
    """The corners as rows, and as a text to be mended by hand."""
    if outline.vertices > MOST_ROWS:
        return {"table": [], "text": ""}
    notation = outline.notation if outline.notation in coordinates.NOTATIONS else "decimal"
    rows = coordinates.table(outline.shape, notation)
    return {
        "table": [
            {"part": row.part, "ring": row.ring, "number": row.number, "x": row.x_text,
             "y": row.y_text}
            for row in rows
        ],
        "text": coordinates.text(outline.shape, notation),
    }  # fmt: skip


def receipt(judgement: Judgement) -> str:
    """Good for the outline and for what was offered instead of it."""
    outline, snap = judgement.outline, judgement.snapped
    shapes = [outline.shape, judgement.mended, snap.shape if snap else None]
    return signing.dumps(
        {
            "notation": outline.notation,
            "crs": outline.crs,
            "sha256": outline.sha256,
            "shapes": [outlines.digest(shape) for shape in shapes if shape is not None],
        },
        salt=SALT,
    )


def sourced(outline: Outline, given: str) -> Outline:
    """What was drawn, as what it came from where the receipt says so of this very shape."""
    try:
        said = signing.loads(given, salt=SALT, max_age=RECEIPT_AGE) if given else None
    except signing.BadSignature:
        return outline
    if said is None or outlines.digest(outline.shape) not in said["shapes"]:
        return outline
    return replace(outline, notation=said["notation"], crs=said["crs"], sha256=said["sha256"])


def kept_crs(outline: Outline) -> str:
    """The code of its system as it is kept."""
    return outline.crs if len(outline.crs) <= LONGEST_CODE else "berkas"
