"""A parcel over a plan, measured by PostGIS: square metres of each sub-zone and of each provision.

Areas are geodesic (`geography`). An outline is straight in longitude and latitude, as it is drawn
on the map, and the straight line of an ellipsoid is another one: pieces are densified before they
are measured, so that those of a large parcel sum to the whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import shapely
from django.contrib.gis.db.models import GeometryField
from django.db import OperationalError, connection, transaction
from django.db.models import FloatField, Func, Value
from shapely.geometry.base import BaseGeometry

from layers.base import Refused
from layers.geometry import to_shapely
from layers.outline.parcel import place

TIMEOUT = "20s"
NOTHING = 0.005  # m²: what is told as 0,00 is not told
_DENSE = 0.0002  # degrees, 22 m: of an edge this long, the two lines are 2 µm apart
_MANY = 256  # vertices: a parcel with more is cut before it meets the plan
_ROUNDING = 1e-8  # of a large parcel, what its pieces may sum to more than their union


@dataclass(frozen=True)
class Measured:
    """Square metres, not rounded. Sub-zones by primary key, each without what another one claims
    too; that is `contested`. Provisions by (kind's primary key, value), kelurahan by (code, name).
    """

    area_m2: float
    sub_zones: Mapping[int, float]
    blocks: Mapping[int, list[str]]
    unzoned_m2: float
    contested_m2: float
    contested: frozenset[int] = frozenset()
    overlays: Mapping[tuple[int, str], float] = field(default_factory=dict)
    kelurahan: Mapping[tuple[str, str], float] = field(default_factory=dict)


def measurable(shape: Any) -> BaseGeometry:
    """A geometry of GEOS or shapely as one that can be measured: flat, valid, a MultiPolygon.
    Raises Refused."""
    drawn = shapely.force_2d(to_shapely(shape))
    if drawn.is_empty or drawn.geom_type not in ("Polygon", "MultiPolygon"):
        raise Refused({"parcel": "Bidang harus berupa poligon."})
    if not drawn.is_valid:
        raise Refused({"parcel": _why_not(shapely.is_valid_reason(drawn))})
    return shapely.MultiPolygon([drawn]) if drawn.geom_type == "Polygon" else drawn


def _why_not(reason: str) -> str:
    """GEOS says `Self-intersection[123.6 -10.17]`."""
    found = re.search(r"\[(\S+) (\S+)\]", reason)
    if found is None:
        return "Batas bidang tidak sah; perbaiki dahulu gambarnya."
    fault = "memotong dirinya sendiri" if "Self" in reason else "tidak sah"
    where = place(float(found[1]), float(found[2]))
    return f"Batas bidang {fault} di {where}; perbaiki dahulu gambarnya."


def _area(geom: str) -> str:
    return f"ST_Area(ST_Segmentize({geom}, {_DENSE})::geography)"


def _cut(geom: str) -> str:
    """Without the lines and points of what only touches besides."""
    return f"ST_CollectionExtract(ST_Intersection({geom}, given.geom), 3)"


_ZONES = f"""
    SELECT 'zone' AS what, part.zone_id AS owner, part.sub_zone_id AS key, zone.block AS value,
           {_cut("part.geom")} AS geom
    FROM given JOIN layers_zonepart AS part ON part.geom && given.geom
    JOIN layers_zone AS zone ON zone.id = part.zone_id
    WHERE part.plan_id = %(plan)s"""
_OVERLAYS = f"""
    SELECT 'overlay', area.id, area.kind_id, area.value, {_cut("part.geom")}
    FROM given JOIN layers_overlaypart AS part ON part.geom && given.geom
    JOIN layers_overlayarea AS area ON area.id = part.overlay_id
    WHERE part.plan_id = %(plan)s"""
_KELURAHAN = f"""
    SELECT 'kelurahan', area.id, NULL, area.code || ' ' || area.name, {_cut("area.geom")}
    FROM given JOIN layers_area AS area ON area.geom && given.geom
    WHERE area.level = 'kelurahan'"""

# Provisions may lie over each other, then they are joined; zones must not, and are joined to see
# whether they do.
_MEASURE = f""",
cut AS MATERIALIZED ({_ZONES} UNION ALL {_OVERLAYS} UNION ALL {_KELURAHAN})
SELECT what, key, value,
       CASE WHEN what = 'overlay' AND count(DISTINCT owner) > 1
            THEN {_area("ST_Union(array_agg(geom))")} ELSE sum({_area("geom")}) END
FROM cut GROUP BY what, key, value
UNION ALL
SELECT 'covered', NULL, NULL, {_area("ST_Union(array_agg(geom))")}
FROM cut WHERE what = 'zone' HAVING count(DISTINCT owner) > 1
UNION ALL
SELECT 'whole', NULL, NULL, sum({_area("geom")}) FROM given"""

# Each sub-zone with and without the others: asked only where zones lie over each other.
_CLAIMED = f""",
claim AS MATERIALIZED (SELECT key, ST_Union(geom) AS geom FROM ({_ZONES}) AS cut GROUP BY key)
SELECT own.key, {_area("own.geom")}, {_area("ST_Difference(own.geom, others.geom)")}
FROM claim AS own CROSS JOIN LATERAL (
    SELECT coalesce(ST_Union(other.geom), 'SRID=4326;POLYGON EMPTY') AS geom FROM claim AS other
    WHERE other.key <> own.key AND other.geom && own.geom) AS others"""

_SHAPES = f"""
SELECT what, key, CASE WHEN what = 'overlay' THEN value END AS class, ST_AsBinary(ST_Union(geom))
FROM ({_ZONES} UNION ALL {_OVERLAYS}) AS cut GROUP BY what, key, class"""


def measure(shape: BaseGeometry, *, plan: int) -> Measured:
    """The parcel (valid, EPSG:4326) over the plan with this primary key. Raises Refused where it
    would take too long."""
    with _patience() as cursor:
        cursor.execute(*statement(shape, plan=plan))
        found: dict[str, list[Any]] = defaultdict(list)
        for what, *row in cursor.fetchall():
            found[what].append(row)
        ((_, _, whole),) = found["whole"]
        zones: dict[int, float] = defaultdict(float)
        blocks: dict[int, list[str]] = defaultdict(list)
        for key, block, m2 in found["zone"]:
            zones[key] += m2
            blocks[key] += [block] if m2 >= NOTHING else []
        covered = found["covered"][0][2] if found["covered"] else sum(zones.values())
        claims, slight = [], max(NOTHING, _ROUNDING * whole)
        if sum(zones.values()) - covered > slight:
            cursor.execute(*_of(_CLAIMED, shape, plan))
            claims = cursor.fetchall()
            zones |= {key: alone for key, _, alone in claims}
    return Measured(
        area_m2=whole,
        sub_zones=zones,
        blocks={key: sorted(names) for key, names in blocks.items()},
        unzoned_m2=max(whole - covered, 0.0),
        contested_m2=max(covered - sum(zones.values()), 0.0) if claims else 0.0,
        contested=frozenset(key for key, all_of, alone in claims if all_of - alone > slight),
        overlays={(key, value): m2 for key, value, m2 in found["overlay"]},
        kelurahan={_coded(told): m2 for _, told, m2 in found["kelurahan"]},
    )


Shapes = dict[Any, BaseGeometry]


def shapes(shape: BaseGeometry, *, plan: int) -> tuple[Shapes, Shapes]:
    """What `measure` measures, as geometries: of sub-zones (with what is contested), and of
    provisions."""
    with _patience() as cursor:
        cursor.execute(*_of(_SHAPES, shape, plan))
        rows = [(*row[:3], shapely.from_wkb(bytes(row[3]))) for row in cursor.fetchall()]
    zones = {key: geom for what, key, _, geom in rows if what == "zone"}
    return zones, {(key, value): geom for what, key, value, geom in rows if what == "overlay"}


@cache
def engine() -> dict[str, str]:
    """The versions of what measures."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT postgis_lib_version(), split_part(postgis_geos_version(), '-', 1),"
            " split_part(postgis_proj_version(), ' ', 1)"
        )
        postgis, geos, proj = cursor.fetchone()
    return {"postgis": postgis, "geos": geos, "proj": proj}


class SharedArea(Func):
    """Square metres that a column has in common with a geometry."""

    template = f"ST_Area(ST_Segmentize(ST_Intersection(%(expressions)s), {_DENSE})::geography)"
    output_field = FloatField()

    def __init__(self, column: Any, shape: Any) -> None:
        super().__init__(column, Value(shape, output_field=GeometryField(srid=4326)))


class Metres(Func):
    """The distance of a column to a geometry."""

    template = "ST_Distance(%(expressions)s)"
    arg_joiner = "::geography, "
    output_field = FloatField()

    def __init__(self, column: Any, shape: Any) -> None:
        super().__init__(
            column, Value(shape, output_field=GeometryField(srid=4326, geography=True))
        )


def _coded(told: str) -> tuple[str, str]:
    code, _, name = told.partition(" ")
    return code, name


def statement(shape: BaseGeometry, *, plan: int) -> tuple[str, dict[str, Any]]:
    """What `measure` asks of the database, to be explained."""
    return _of(_MEASURE, shape, plan)


def _of(asked: str, shape: BaseGeometry, plan: int) -> tuple[str, dict[str, Any]]:
    """A statement about a parcel over a plan, and its parameters."""
    many = shapely.get_num_coordinates(shape) > _MANY
    geom = f"ST_Subdivide(%(shape)s::geometry, {_MANY})" if many else "%(shape)s::geometry"
    given = f"WITH given AS MATERIALIZED (SELECT {geom} AS geom) "
    ewkb = shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True)
    return given + asked, {"shape": ewkb, "plan": plan}


@contextmanager
def _patience() -> Iterator[Any]:
    """A cursor whose statements end after `TIMEOUT`, and none later in the transaction lasts
    longer."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
            yield cursor
    except OperationalError as error:
        told = "Bidang ini terlalu rumit untuk diperiksa: sederhanakan garisnya."
        raise Refused({"parcel": told}) from error
