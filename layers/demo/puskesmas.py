"""The eleven Puskesmas and the kelurahan each of them serves."""

from __future__ import annotations

from functools import cache

from shapely import Point

from layers.catalog.puskesmas import Puskesmas, ServedArea
from layers.demo import fixtures
from layers.demo.boundaries import kelurahan_ids
from layers.geometry import to_geos


@cache
def served_by() -> dict[str, str]:
    """The code of the Puskesmas of each kelurahan, by code."""
    return {row["kelurahan"]: row["puskesmas"] for row in fixtures.rows("puskesmas-areas")}


def load() -> dict[str, int]:
    kelurahan = kelurahan_ids()
    # All points are the middle of a kelurahan: no building's own coordinates are known.
    centres = Puskesmas.objects.bulk_create(
        Puskesmas(
            code=row["code"],
            name=f"Puskesmas {row['name']}",
            address=row["address"],
            approximate=True,
            kelurahan_id=kelurahan[row["kelurahan"]],
            geom=to_geos(Point(float(row["lon"]), float(row["lat"]))),
        )
        for row in fixtures.rows("puskesmas")
    )
    by_code = {centre.code: centre for centre in centres}
    areas = ServedArea.objects.bulk_create(
        ServedArea(puskesmas=by_code[puskesmas], kelurahan_id=kelurahan[code])
        for code, puskesmas in served_by().items()
    )
    return {"puskesmas": len(centres), "puskesmas-areas": len(areas)}
