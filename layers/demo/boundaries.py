"""The city, its kecamatan and its kelurahan, each the exact union of what lies in it."""

from __future__ import annotations

from typing import Any

import shapely

from layers.catalog.boundaries import Area
from layers.demo import fixtures
from layers.demo.mosaic import mosaic, neighbourhoods
from layers.demo.shapes import multi
from layers.geometry import to_geos


def load() -> dict[str, int]:
    feature = fixtures.features("cities")[0]["properties"]
    shapes = mosaic().kelurahan
    city = _area(Area.Level.CITY, feature, list(shapes.values()), None)
    kecamatan = {
        row["code"]: _area(
            Area.Level.KECAMATAN,
            row,
            [shapes[code] for code in shapes if code.startswith(row["code"])],
            city,
        )
        for row in fixtures.rows("kecamatan")
    }
    kelurahan = Area.objects.bulk_create(
        Area(
            level=Area.Level.KELURAHAN,
            code=code,
            name=place.name,
            bps_code=place.bps_code,
            parent=kecamatan[code[:8]],
            geom=to_geos(shapes[code]),
        )
        for code, place in neighbourhoods().items()
    )
    return {"cities": 1, "kecamatan": len(kecamatan), "kelurahan": len(kelurahan)}


def _area(level: Area.Level, row: dict[str, str], parts: list, parent: Area | None) -> Area:
    return Area.objects.create(
        level=level,
        code=row["code"],
        name=row["name"],
        bps_code=row["bps_code"],
        parent=parent,
        geom=to_geos(multi(shapely.coverage_union_all(parts))),
    )


def kelurahan_ids() -> dict[str | None, Any]:
    """Primary keys by code; None, outside the city, has none."""
    rows = Area.objects.filter(level=Area.Level.KELURAHAN)
    return {None: None, **dict(rows.values_list("code", "pk"))}
