"""What the template of a letter needs: its content in words and in rows of tables. Letters are in
Bahasa Indonesia, whoever asks for them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from layers.catalog.permits.applications import STATUS_NAMES
from layers.catalog.permits.check.reasons import RELATION_NAMES
from layers.catalog.permits.check.verdicts import TOLD, square_metres
from layers.figures import grouped
from maps.letters.drawing import colour_of

Json = dict[str, Any]

BESIDE_MAP = 200  # corners; more have an annex of their own
WHOLE = 2000  # corners; of more, the annex has the first and the last, and the attached file all
ENDS = 200
BLOCK = 70  # corners in a column of the annex

TITLES = {
    "granted": "Persetujuan Kesesuaian Kegiatan Pemanfaatan Ruang",
    "granted-in-part": "Persetujuan Sebagian Kesesuaian Kegiatan Pemanfaatan Ruang",
    "refused": "Penolakan Permohonan Kesesuaian Kegiatan Pemanfaatan Ruang",
}


def sheet(content: Json) -> Json:
    """The context of the template."""
    evidence, outline = content["evidence"], content["outline"]
    long = outline["vertices"] > BESIDE_MAP
    return {
        "title": TITLES[content["outcome"]["code"]],
        "decided": _decided(content),
        "places": _places(content),
        "parts": [_part(part) for part in evidence["parts"]],
        "remainders": list(_remainders(evidence)),
        "notes": _notes(evidence["parts"]),
        "intensities": [part for part in evidence["parts"] if part["intensity"]],
        "overlays": [_overlay(one) for one in evidence["overlays"] if _told_apart(one)],
        "clear": _names(evidence["overlays"], "does-not-apply"),
        "unchecked": _names(evidence["overlays"], "not-checked"),
        "overlaps": [_overlap(one) for one in evidence["overlaps"]],
        "verdict": TOLD[evidence["verdict"]],
        "legend": _legend(content["map"]["zones"]),
        "provisions": _provisions(content["map"]["overlays"]),
        "long": long,
        "shortened": outline["vertices"] > WHOLE,
        "ends": ENDS,
        "rings": [] if long else [_ring(ring) for ring in outline["rings"]],
        "blocks": _blocks(outline) if long else [],
        "corners": grouped(outline["vertices"]),
    }


def table(content: Json) -> str:
    """Every corner as CSV: the degrees exactly as they are stored."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(["bagian", "lubang", "nomor", "bujur", "lintang", "timur_m", "utara_m"])
    rows.writerows(_corners(content["outline"]))
    return file.getvalue()


def geojson(content: Json) -> Json:
    """The outline as a feature, with what it is the outline of."""
    polygons: dict[int, list[list[list[float]]]] = {}
    for ring in content["outline"]["rings"]:
        corners = [corner[:2] for corner in ring["corners"]]
        polygons.setdefault(ring["part"], []).append([*corners, corners[0]])
    return {
        "type": "Feature",
        "properties": {
            "nomor": content["number"],
            "permohonan": content["application"]["number"],
            "putusan": content["outcome"]["title"],
            "batas": "disetujui" if content["outline"]["of"] == "approved" else "dimohon",
            "sha256": content["outline"]["sha256"],
        },
        "geometry": {"type": "MultiPolygon", "coordinates": list(polygons.values())},
    }


def _decided(content: Json) -> str:
    asked, granted = content["areas"]["asked_m2"], content["areas"]["granted_m2"]
    if granted is None:
        return f"untuk bidang seluas {square_metres(asked)}"
    if content["outcome"]["code"] == "granted":
        return f"untuk bidang seluas {square_metres(granted)}"
    return f"untuk {square_metres(granted)} dari {square_metres(asked)} yang dimohon"


def _places(content: Json) -> str:
    """The kelurahan with their shares; that of the application where the parcel lies in none."""
    found = content["evidence"]["parcel"]["kelurahan"]
    place = content["place"]
    if len(found) > 1:
        shares = [f"{one['name']} ({grouped(one['percent'], 2)} %)" for one in found]
        return f"Kelurahan {', '.join(shares)}"
    told = [f"Kelurahan {place['kelurahan']}"] if place["kelurahan"] else []
    told += [f"Kecamatan {place['kecamatan']}"] if place["kecamatan"] else []
    return ", ".join([*told, content["city"]])


def _part(part: Json) -> Json:
    return {
        **part,
        "m2": grouped(part["m2"], 2),
        "percent": grouped(part["percent"], 2),
        "colour": colour_of(part["zone"]),
        "told": TOLD[part["verdict"]],
        "numbers": ", ".join(one["number"] for one in part["conditions"]),
    }


def _remainders(evidence: Json) -> Iterator[Json]:
    """What of the parcel is no part: told so that the table sums to the whole."""
    slivers = evidence["slivers"]
    tolerance = square_metres(evidence["tolerance_m2"])
    between = f" ({' dan '.join(evidence['contested']['between'])})"
    for title, m2, percent in (
        (f"Sisa di bawah toleransi {tolerance}", *_sum(slivers)),
        (f"Zona yang bertampalan{between}", *_sum([evidence["contested"]])),
        ("Di luar rencana tata ruang", *_sum([evidence["unzoned"]])),
    ):
        if m2:
            yield {"title": title, "m2": grouped(m2, 2), "percent": grouped(percent, 2)}


def _sum(pieces: Sequence[Json]) -> tuple[float, float]:
    return sum(one["m2"] for one in pieces), sum(one["percent"] for one in pieces)


def _notes(parts: Sequence[Json]) -> list[Json]:
    """The numbered conditions of the matrix that are referred to, each once."""
    found = {one["number"]: one for part in parts for one in part["conditions"]}
    return list(found.values())


def _overlay(overlay: Json) -> Json:
    applies = overlay["state"] == "applies"
    told = "Terkena" if applies else "Tidak terkena"
    return overlay | {"told": told, "m2": square_metres(overlay["m2"]) if applies else "–"}


def _told_apart(overlay: Json) -> bool:
    """Whether it has a line of its own: it applies, or would but for the tolerance."""
    slight = overlay["state"] == "does-not-apply" and overlay["text"]
    return bool(overlay["state"] == "applies" or slight)


def _names(overlays: Sequence[Json], state: str) -> list[str]:
    """Of the other provisions, in one sentence: most are neither near nor mapped."""
    return [one["name"] for one in overlays if one["state"] == state and not _told_apart(one)]


def _overlap(overlap: Json) -> Json:
    relation = RELATION_NAMES.get(overlap["relation"], "batas terdahulu bidang ini")
    return overlap | {
        "relation": relation,
        "status": STATUS_NAMES[overlap["status"]].id,
        "m2": square_metres(overlap["m2"]),
    }


def _legend(zones: Sequence[Json]) -> list[Json]:
    """A line for each sub-zone on the map, those of a zone together."""
    found = {zone["code"]: zone for zone in zones}
    lines = sorted(found.values(), key=lambda zone: (zone["zone"], zone["code"]))
    return [zone | {"colour": colour_of(zone["zone"])} for zone in lines]


def _provisions(overlays: Sequence[Json]) -> list[Json]:
    """A line for each provision on the map; `whole` where it holds all over it."""
    found: dict[str, Json] = {}
    for one in overlays:
        title = f"{one['name']} · {one['value']}" if one["value"] else one["name"]
        whole = one["whole"] or found.get(title, {}).get("whole", False)
        found[title] = {"title": title, "whole": whole}
    return list(found.values())


def _ring(ring: Json) -> Json:
    """A table beside the map: a long one has two corners a line."""
    corners = [_corner(n, corner) for n, corner in enumerate(ring["corners"], start=1)]
    if len(corners) <= 12:
        return {"title": _ring_title(ring), "double": False, "lines": [[one] for one in corners]}
    half = (len(corners) + 1) // 2
    lines = [[one] for one in corners[:half]]
    for line, one in zip(lines, corners[half:], strict=False):
        line.append(one)
    return {"title": _ring_title(ring), "double": True, "lines": lines}


def _ring_title(ring: Json) -> str:
    part = f"Bagian {ring['part']}"
    return f"{part}, lubang {ring['ring']}" if ring["ring"] else part


def _corner(number: int, corner: Sequence[float]) -> list[str]:
    lon, lat, east, north = corner
    return [str(number), grouped(lon, 7), grouped(lat, 7), grouped(east, 2), grouped(north, 2)]


def _corners(outline: Json) -> Iterator[list[Any]]:
    for ring in outline["rings"]:
        for number, corner in enumerate(ring["corners"], start=1):
            yield [ring["part"], ring["ring"], number, *corner]


def _blocks(outline: Json) -> list[list[str]]:
    """The annex, two blocks side by side, each one text with tabs: a table of thousands of cells
    would take a minute to set."""
    several = len(outline["rings"]) > 1
    lines = ["\t".join(_annexed(row, several)) for row in _corners(outline)]
    runs = [lines[:ENDS], lines[-ENDS:]] if len(lines) > WHOLE else [lines]
    cut = [run[at : at + BLOCK] for run in runs for at in range(0, len(run), BLOCK)]
    blocks = ["\n".join(block) for block in cut]
    return [blocks[at : at + 2] for at in range(0, len(blocks), 2)]


def _annexed(row: Sequence[Any], several: bool) -> list[str]:
    """A corner's line; with its part, and the hole in it, where there are several rings."""
    part, ring, number, *corner = row
    name, *values = _corner(number, corner)
    if several:
        name = f"{part}/{ring}.{name}" if ring else f"{part}.{name}"
    return [name, *values]
