"""The reasons of a verdict, in the sentences of an official."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from layers.catalog.permits.applications import STATUS_NAMES
from layers.catalog.permits.check.verdicts import TOLD, UNKNOWN, extent, square_metres

RELATION_NAMES = {
    "application": "permohonan",
    "permit": "persetujuan yang sudah terbit",
    "refused": "permohonan yang ditolak",
}


def reasons(evidence: dict[str, Any]) -> list[str]:
    """What decides first, then what is to be known besides."""
    return [
        *_activity(evidence["activity"]),
        *(sentence for part in evidence["parts"] for sentence in _part(part, evidence["activity"])),
        *_outside(evidence),
        *_contested(evidence["contested"], evidence["tolerance_m2"]),
        *(sentence for one in evidence["overlays"] for sentence in _overlay(one)),
        *_slivers(evidence),
        *(sentence for one in evidence["overlaps"] for sentence in _overlap(one)),
    ]


def _activity(activity: dict[str, Any]) -> Iterator[str]:
    if activity["code"] is None:
        yield (
            f"KBLI {activity['kbli']} tidak ada dalam matriks kegiatan: "
            "kesesuaiannya tidak dapat dipastikan."
        )


def _part(part: dict[str, Any], activity: dict[str, Any]) -> Iterator[str]:
    numbers = ", ".join(one["number"] for one in part["conditions"])
    yield (
        f"Di subzona {part['sub_zone']} {part['name']} ({extent(part['m2'], part['percent'])}) "
        f"kegiatan ini {TOLD[part['verdict']]}{f' (ketentuan {numbers})' if numbers else ''}."
    )
    via = part["via"]
    if via and len(via["meanings"]) > 1:
        yield (
            f"Kode {part['id']} berpadanan dengan {' dan '.join(via['meanings'])}; "
            f"yang paling ketat berlaku: {via['code']}."
        )
    elif via:
        source = f" ({via['source']})" if via["source"] else ""
        yield f"Kode {part['id']} dibaca sebagai {via['code']} {via['name']}{source}."
    elif part["verdict"] == UNKNOWN and activity["code"] is not None:
        yield f"Aturan belum memuat ketentuan kegiatan ini untuk subzona {part['sub_zone']}."


def _outside(evidence: dict[str, Any]) -> Iterator[str]:
    unzoned = evidence["unzoned"]
    if not evidence["parts"] and not evidence["contested"]["m2"] and unzoned["m2"]:
        yield "Seluruh bidang berada di luar rencana tata ruang."
    elif unzoned["m2"] and unzoned["m2"] >= evidence["tolerance_m2"]:
        yield (
            f"Sebagian bidang ({extent(unzoned['m2'], unzoned['percent'])}) berada di luar rencana "
            "tata ruang."
        )


def _contested(contested: dict[str, Any], tolerance: float) -> Iterator[str]:
    if contested["m2"] and contested["m2"] >= tolerance:
        between = " dan ".join(contested["between"])
        yield (
            f"Zona dalam rencana saling bertampalan seluas {square_metres(contested['m2'])} "
            f"({between}): yang paling ketat berlaku di sana."
        )


def _overlay(overlay: dict[str, Any]) -> Iterator[str]:
    if overlay["state"] != "applies":
        return
    named = f"{overlay['name']} ({overlay['value']})" if overlay["value"] else overlay["name"]
    yield f"Bidang terkena {named} seluas {square_metres(overlay['m2'])}. {overlay['text']}"


def _slivers(evidence: dict[str, Any]) -> Iterator[str]:
    slight = [one["m2"] for one in evidence["slivers"]]
    if slight:
        yield (
            f"Sisa {square_metres(sum(slight))} pada subzona lain di bawah toleransi "
            f"{square_metres(evidence['tolerance_m2'])} dan tidak menentukan."
        )


def _overlap(overlap: dict[str, Any]) -> Iterator[str]:
    if overlap["relation"] in RELATION_NAMES:
        status = STATUS_NAMES[overlap["status"]].id.lower()
        yield (
            f"Bertampalan {square_metres(overlap['m2'])} dengan "
            f"{RELATION_NAMES[overlap['relation']]} {overlap['number']} ({status})."
        )
