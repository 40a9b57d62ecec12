"""A file of a surveyor becomes an outline; GDAL meets it in a confined process only."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from layers.figures import grouped
from layers.geodesy import area
from layers.ingest import vector_file
from layers.ingest.archive import Damaged, members
from layers.ingest.vector_file import Limits, Unreadable, VectorFile
from layers.outline import projections
from layers.outline.coordinates import vertices_of
from layers.outline.fitness import NO_AREA_M2, overlaps
from layers.outline.parcel import (
    MOST_BYTES,
    MOST_PARTS,
    MOST_VERTICES,
    Outline,
    place,
    quoted,
    refusal,
    too_many,
    too_scattered,
)
from layers.outline.projections import DEGREES, System

ENDINGS = {
    ".geojson": ("GeoJSON", "ESRIJSON", "TopoJSON", "GeoJSONSeq"),
    ".json": ("GeoJSON", "ESRIJSON", "TopoJSON", "GeoJSONSeq"),
    ".kml": ("KML", "LIBKML"),
    ".kmz": ("KML", "LIBKML"),
    ".zip": ("ESRI Shapefile", "GeoJSON", "KML", "LIBKML", "GPKG", "DXF"),
    ".gpkg": ("GPKG",),
    ".dxf": ("DXF",),
}
# Twice the most that is taken: a closing corner, holes, heads of shapes; text is counted apart.
LIMITS = Limits(
    zip_members=200,
    zip_bytes=100 * 1000**2,
    memory=2 * 1024**3,
    seconds=30,
    shape_bytes=2 * MOST_VERTICES * 16,
    cells=False,
)
TAKEN = "GeoJSON, KML, KMZ, shapefile dalam zip, GeoPackage atau DXF"
POLYGON, LINE = 2, 1  # dimensions


def read_file(path: Path, *, crs: str = "", from_layer: str = "") -> Outline:
    """All polygons of one layer of a file; `crs` goes before what the file says of it."""
    told = projections.system(crs) if crs else None
    ending = _ending(path)
    file = _read(path, ending, from_layer)
    system = _system(file, told)
    notes: list[str] = []
    if told and file.crs and projections.of_file(file.crs) != told:
        said = projections.of_file(file.crs)
        notes.append(f"Berkas menyebut {said.name}; dibaca sebagai {told.name} sesuai pilihan.")
    shapes = _on_earth(file.shapes, system)
    polygons = _polygons(shapes, system, file.name, notes)
    shape = _together(polygons, notes)
    vertices = vertices_of(shape)
    if vertices > MOST_VERTICES:
        raise refusal(too_many(vertices))
    return Outline(shape, ending[1:], system.code, vertices, file.sha256, tuple(notes))


def _ending(path: Path) -> str:
    """Raises Refused for what is not worth opening."""
    name = quoted(path.name)
    if not path.is_file():
        raise refusal(f"Berkas {name} tidak ada.")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise refusal(f"Berkas {name} {grouped(size / 1e6, 1)} MB; paling besar 10 MB.")
    if not size:
        raise refusal(f"Berkas {name} kosong.")
    ending = path.suffix.lower()
    if ending in (".shp", ".shx", ".dbf", ".prj"):
        raise refusal("Shapefile terdiri atas beberapa berkas; kirim semuanya dalam satu zip.")
    if ending not in ENDINGS:
        raise refusal(f"Berkas {name} bukan {TAKEN}.")
    if zipfile.is_zipfile(path):
        if ending not in (".zip", ".kmz"):
            raise refusal(f"Berkas {name} berakhiran {ending}, tetapi isinya arsip zip.")
        if ending == ".zip":
            _refuse_lone_shapefile(path)
    elif ending in (".zip", ".kmz"):
        raise refusal(f"Berkas {name} bukan arsip {ending[1:]} yang utuh; kirim ulang.")
    return ending


def _refuse_lone_shapefile(path: Path) -> None:
    try:
        listed = members(path)[: LIMITS.zip_members + 1]
    except Damaged as error:
        raise refusal(f"Arsip {quoted(path.name)} rusak; kirim ulang.") from error
    names = {member.filename.lower() for member in listed}
    for name in sorted(names):
        if name.endswith(".shp") and f"{name[:-4]}.shx" not in names:
            lone = PurePosixPath(name).stem
            raise refusal(f"Zip ini tidak berisi {quoted(lone + '.shx')}; shapefile perlu .shx.")


def _read(path: Path, ending: str, from_layer: str) -> VectorFile:
    try:
        file = vector_file.read(path, lambda *_: None, layer=from_layer, limits=LIMITS)
    except Unreadable as error:
        raise refusal(_sentence(error, path, from_layer)) from error
    if file.driver not in ENDINGS[ending]:
        raise refusal(
            f"Berkas {quoted(path.name)} berakhiran {ending}, tetapi isinya {file.driver}; "
            "perbaiki akhirannya."
        )
    return file


def _sentence(error: Unreadable, path: Path, from_layer: str) -> str:
    """What the reader says in English, for an applicant."""
    name = quoted(path.name)
    if error.code == "layers" and error.layers:
        listed = ", ".join(quoted(layer) for layer in error.layers[:10])
        told = (
            f"tidak berisi lapis {quoted(from_layer)}"
            if from_layer
            else (f"berisi {len(error.layers)} lapis")
        )
        return f"Berkas {name} {told}; pilih salah satu: {listed}."
    return {
        "missing": f"Berkas {name} tidak ada.",
        "unknown": f"Berkas {name} bukan {TAKEN}, atau isinya rusak.",
        "layers": f"Berkas {name} tidak berisi peta; kirim {TAKEN}.",
        "damaged": f"Berkas {name} rusak, tidak lengkap atau terlalu besar; simpan ulang dari "
        "aplikasi asalnya, lalu kirim lagi.",
        "zip": f"Arsip {name} rusak; kirim ulang.",
        "unpacks": f"Isi arsip {name} terlalu besar; paling banyak 100 MB dan 200 berkas.",
        "shapes": f"Gambar di dalam {name} terlalu rinci; paling banyak "
        f"{grouped(MOST_VERTICES)} titik. Kirim bidangnya saja.",
    }[error.code]


def _system(file: VectorFile, told: System | None) -> System:
    if told:
        return told
    if file.crs:
        return projections.of_file(file.crs)
    if file.driver == "GeoJSON":
        return DEGREES
    raise refusal(
        f"Berkas {quoted(file.name)} tidak menyebut sistem koordinatnya; pilih sistemnya, misalnya "
        "UTM zona 51S (EPSG:32751) atau TM-3 zona 51.2 (EPSG:23840)."
    )


def _on_earth(shapes: np.ndarray[Any, Any], system: System) -> np.ndarray[Any, Any]:
    """The single shapes of a file in longitude and latitude. Raises Refused where one lies outside
    the country."""
    single = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    while (shapely.get_type_id(single) > 3).any():
        single = shapely.get_parts(single)
    single = single[~shapely.is_empty(single)]
    if not len(single):
        raise refusal("Berkas ini tidak berisi gambar; kirim berkas yang berisi bidang.")
    drawn = shapely.get_coordinates(single)
    lonlat = system.to_lonlat(drawn)
    outside = np.flatnonzero(~system.holds(lonlat))
    if len(outside):
        raise refusal(_outside(drawn[outside[0]], lonlat[outside[0]], system))
    return np.asarray(shapely.set_coordinates(single, lonlat))


def _outside(drawn: Any, lonlat: Any, system: System) -> str:
    x, y = drawn
    if system.in_degrees and DEGREES.holds(np.array([[y, x]])).all():
        return "Bujur dan lintang di dalam berkas tertukar; simpan ulang dengan bujur lebih dahulu."
    where = f" ({place(*lonlat)})" if np.isfinite(lonlat).all() else ""
    shown = f"{x:.10g} {y:.10g}"
    return (
        f"Titik {shown} terletak di luar wilayah {system.name} di Indonesia{where}; periksa sistem "
        "koordinatnya."
    )


def _polygons(
    shapes: np.ndarray[Any, Any], system: System, name: str, notes: list[str]
) -> list[Polygon]:
    """The polygons, and the lines that close. Raises Refused for lines that do not."""
    dimensions = shapely.get_dimensions(shapes)
    polygons = list(shapes[dimensions == POLYGON])
    lines = shapes[dimensions == LINE]
    if len(lines):
        polygons += _closed(lines, notes)
    if not polygons:
        raise refusal(
            f"Berkas {quoted(name)} hanya berisi titik; kirim bidangnya, atau tempelkan titiknya "
            "sebagai tabel koordinat."
        )
    if points := int((dimensions == 0).sum()):
        notes.append(f"{points} titik atau teks di dalam berkas tidak dipakai.")
    return polygons


def _closed(lines: np.ndarray[Any, Any], notes: list[str]) -> list[Polygon]:
    """What a surveyor drew as lines; those that meet end to end are one."""
    rings = [line for line in lines if _ends_meet(line)]
    pieces = [line for line in lines if not _ends_meet(line)]
    if pieces:
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces)))
        for line in merged:
            if not _ends_meet(line):
                raise refusal(_gap(line))
        notes.append(f"{len(pieces)} garis yang bersambung dibaca sebagai batas bidang.")
        rings += list(merged)
    for ring in rings:
        if len(np.unique(shapely.get_coordinates(ring), axis=0)) < 3:
            start = shapely.get_coordinates(ring)[0]
            raise refusal(f"Garis di {place(*start)} kurang dari 3 titik.")
    return [Polygon(ring) for ring in rings]


def _ends_meet(line: BaseGeometry) -> bool:
    corners = shapely.get_coordinates(line)
    return bool((corners[0] == corners[-1]).all())


def _gap(line: BaseGeometry) -> str:
    corners = shapely.get_coordinates(line)
    start, end = corners[0], corners[-1]
    metres = projections.metres(start, end)
    return (
        f"Ada garis yang tidak tertutup: celah {grouped(metres, 2)} m antara {place(*start)} dan "
        f"{place(*end)}. Tutup garisnya, lalu kirim lagi."
    )


def _together(polygons: Sequence[Polygon], notes: list[str]) -> MultiPolygon:
    """One shape of polygons that do not overlap; those that share a border become one. Where one of
    them is invalid nothing is joined: `fitness.judge` says what to mend first."""
    if len(polygons) > MOST_PARTS:
        raise refusal(too_scattered(len(polygons)))
    shape = MultiPolygon(list(polygons))
    for first, second, common in overlaps(polygons):
        spot = common.representative_point()
        same = "sama persis" if polygons[first].equals(polygons[second]) else "bertumpang tindih"
        raise refusal(
            f"Bidang ke-{first + 1} dan ke-{second + 1} di dalam berkas {same} "
            f"({grouped(area(common), 2)} m² di {place(spot.x, spot.y)}); pisahkan dahulu."
        )
    if shape.is_valid or not shapely.is_valid(np.array(polygons, dtype=object)).all():
        return shape
    whole = MultiPolygon(list(shapely.get_parts(shapely.union_all(polygons))))
    lost = sum(area(one) for one in polygons) - area(whole)
    if lost > NO_AREA_M2 * len(polygons):
        raise refusal("Bidang-bidang di dalam berkas bertumpang tindih; pisahkan dahulu.")
    notes.append(
        f"{len(polygons)} bidang, sebagian berbatasan, digabung menjadi {len(whole.geoms)}."
    )
    return whole
