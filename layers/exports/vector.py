"""GeoPackage and FlatGeobuf, written by GDAL out of a stream: a layer need not fit into memory."""

from __future__ import annotations

from pathlib import Path

import pyogrio

from layers.exports import arrow
from layers.exports.facts import facts
from layers.exports.table import Table

# As GDAL spells what PostGIS writes in capitals.
GEOMETRY_TYPES = {
    "POINT": "Point",
    "MULTIPOINT": "MultiPoint",
    "LINESTRING": "LineString",
    "MULTILINESTRING": "MultiLineString",
    "POLYGON": "Polygon",
    "MULTIPOLYGON": "MultiPolygon",
}


def geopackage(table: Table, path: Path) -> None:
    about = facts(table)
    _write(table, path, "GPKG", IDENTIFIER=about.title, DESCRIPTION=about.description)


def flatgeobuf(table: Table, path: Path) -> None:
    """With its spatial index, so that a reader may ask for a box."""
    about = facts(table)
    _write(table, path, "FlatGeobuf", TITLE=about.title, DESCRIPTION=about.description)


def _write(table: Table, path: Path, driver: str, **options: str) -> None:
    pyogrio.write_arrow(
        arrow.reader(table),
        path,
        driver=driver,
        layer=table.layer.id,
        geometry_name=arrow.GEOMETRY,
        geometry_type=GEOMETRY_TYPES.get(table.layer.geometry_field.geom_type, "Unknown"),
        crs="EPSG:4326",
        layer_metadata=facts(table).as_text() if driver == "GPKG" else None,
        layer_options={**options, "SPATIAL_INDEX": "YES"},
    )
