"""A made-up ground of any size as a layer of its own: parcels that meet without gap or overlap, of
13 vertices each, as `facts` of tile servers are commonly measured with. The same seed makes the
same ground. Nothing knows of the layers until they `join`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db import models
from django.db import connection

from layers.base import Ingest, Layer, Property, Style, Text, Theme
from layers.catalog.boundaries import Area
from layers.mercator import mercator
from layers.registry import register
from tests.bench import synthetic

Array = np.ndarray[Any, Any]

CORNER = synthetic.CORNER
SIDE = 0.00039  # degrees, of a parcel: about 43 m, so that a tile of zoom 14 holds some 3,200
EDGE = 4  # vertices from corner to corner
USES = ("rumah", "toko", "kantor", "sawah", "kebun", "jalan", "sekolah", "taman")
COLUMNS = "number, use, area_m2, kelurahan_id, geom"
STRIP = 100_000  # parcels made at a time


class BenchParcel(models.Model):
    number = models.TextField(unique=True)
    use = models.TextField()
    area_m2 = models.FloatField()
    kelurahan = models.ForeignKey(Area, models.SET_NULL, null=True, related_name="+")
    geom = models.PolygonField()
    geom_3857 = mercator("geom")

    class Meta:
        app_label = "layers"
        db_table = "bench_parcel"

    def __str__(self) -> str:
        return self.number


class BenchPoint(models.Model):
    use = models.TextField()
    geom = models.PointField()
    geom_3857 = mercator("geom")

    class Meta:
        app_label = "layers"
        db_table = "bench_point"

    def __str__(self) -> str:
        return str(self.pk)


def _text(word: str) -> Text:
    return Text(word, word)


_THEME = Theme("bench", _text("Uji kecepatan"))
_NUMBER = Property("number", _text("Nomor"), tile=True)
_USE = Property("use", _text("Penggunaan"), tile=True, filter=True)
_AREA = Property("area_m2", _text("Luas"), tile=True)

PARCELS = Layer(
    id="bench-parcels",
    theme=_THEME,
    title=_text("Bidang"),
    description=_text("Bidang rekaan."),
    model=BenchParcel,
    owner="Uji",
    update_every=timedelta(days=365),
    policy="open",
    public=(_NUMBER, _USE, _AREA),
    private=("id", "kelurahan"),
    area="kelurahan",
    overview="areas",
    edition=True,
    style=Style(kind="fill", by="use"),
    ingest=Ingest(
        key=("number",),
        fields={"number": ("number",), "use": ("use",), "area_m2": ("area_m2",)},
    ),
)
POINTS = Layer(
    id="bench-points",
    theme=_THEME,
    title=_text("Titik"),
    description=_text("Titik rekaan."),
    model=BenchPoint,
    owner="Uji",
    update_every=timedelta(days=365),
    policy="open",
    public=(_USE,),
    private=("id",),
    overview="grid",
    style=Style(kind="circle", by="use"),
)


def join() -> None:
    """The layers are among those of the city, in this process."""
    for layer in (PARCELS, POINTS):
        register(layer)


def settle() -> None:
    """They are, and their tables are made, without a migration."""
    join()
    with connection.schema_editor() as editor:
        for layer in (PARCELS, POINTS):
            editor.create_model(layer.model)


def rows(count: int, random: np.random.Generator) -> Iterator[list[tuple[str, str, float, Any]]]:
    """(number, use, m², shapely polygon in EPSG:4326), strip by strip from south to north."""
    columns = int(np.ceil(np.sqrt(count)))
    lines = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(columns + 1)), -1) * SIDE
    corners = lines + random.uniform(-0.2, 0.2, lines.shape) * SIDE + CORNER
    high = max(1, STRIP // columns)
    across = _edges(corners[:, :-1], corners[:, 1:], random)
    up = _edges(corners[:-1], corners[1:], random)
    made = 0
    for south in range(0, columns, high):
        north = min(south + high, columns)
        rings = np.concatenate([
            across[south:north], up[south:north, 1:][..., 1:, :],
            across[south + 1 : north + 1][..., ::-1, :][..., 1:, :],
            up[south:north, :-1][..., ::-1, :][..., 1:, :],
        ], axis=2).reshape(-1, 4 * EDGE - 3, 2)[: count - made]  # fmt: skip
        shapes = shapely.polygons(rings)
        areas = shapely.area(shapes) * 111_320**2
        uses = random.integers(0, len(USES), len(shapes))
        yield [
            (f"P-{made + n:08d}", USES[uses[n]], float(areas[n]), shapes[n])
            for n in range(len(shapes))
        ]
        made += len(shapes)


def _edges(start: Array, end: Array, random: np.random.Generator) -> Array:
    """Vertices from start to end, aside of the straight line by a few metres."""
    along = np.linspace(0, 1, EDGE)[:, None]
    straight = start[..., None, :] * (1 - along) + end[..., None, :] * along
    away = random.uniform(-0.05, 0.05, (*start.shape[:-1], EDGE, 1)) * SIDE
    away[..., 0, :] = away[..., -1, :] = 0
    aside = np.sign((end - start)[..., ::-1])
    return np.asarray(straight + away * aside[..., None, :])


def fill_parcels(count: int, random: np.random.Generator) -> None:
    keys, tree = _kelurahan()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY bench_parcel ({COLUMNS}) FROM STDIN") as copy,
    ):
        for strip in rows(count, random):
            shapes = shapely.set_srid([row[3] for row in strip], 4326)
            areas = _within(shapes, keys, tree)
            wkb = shapely.to_wkb(shapes, hex=True, include_srid=True)
            lines = (
                f"{n}\t{u}\t{a}\t{area}\t{g}\n"
                for (n, u, a, _), area, g in zip(strip, areas, wkb, strict=True)
            )
            copy.write("".join(lines))
    _settle("bench_parcel")


def _kelurahan() -> tuple[list[int], Any]:
    """Their primary keys, and a tree of their outlines."""
    found = list(Area.objects.filter(level=Area.Level.KELURAHAN).values_list("pk", "geom"))
    outlines = shapely.from_wkb([bytes(geom.wkb) for _, geom in found])
    return [key for key, _ in found], shapely.STRtree(outlines)


def _within(shapes: Any, keys: list[int], tree: Any) -> list[str]:
    """The primary key of the kelurahan in which each lies, as COPY reads it."""
    found = ["\\N"] * len(shapes)
    for shape, area in zip(*tree.query(shapely.centroid(shapes), "within"), strict=True):
        found[shape] = str(keys[area])
    return found


def fill_points(count: int, degrees: float) -> None:
    """Scattered over a square of so many degrees, denser towards its middle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            """
            INSERT INTO bench_point (use, geom)
            SELECT (%s::text[])[1 + n %% 8], ST_SetSRID(ST_MakePoint(
                %s + %s * (random() + random()) / 2, %s + %s * (random() + random()) / 2), 4326)
            FROM generate_series(1, %s) AS n""",
            [list(USES), CORNER[0], degrees, CORNER[1], degrees, count],
        )
    _settle("bench_point")


def _settle(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {table}")


def tiles(zooms: range, columns: int) -> list[tuple[int, int, int]]:
    """(z, x, y) of the tiles that lie wholly on a ground of so many columns of parcels."""
    west, south = CORNER
    east, north = CORNER + columns * SIDE
    found = []
    for z in zooms:
        left, right = _x(west, z), _x(east, z)
        top, bottom = _y(north, z), _y(south, z)
        found += [
            (z, x, y)
            for x in range(int(left) + 1, int(right))
            for y in range(int(top) + 1, int(bottom))
        ] or [(z, int(left), int(top))]
    return found


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """(x, y) of the tile that holds a place."""
    return int(_x(lon, z)), int(_y(lat, z))


def _x(lon: float, z: int) -> float:
    return float((lon + 180) / 360 * 2**z)


def _y(lat: float, z: int) -> float:
    return float((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z)
