"""What everybody may know of a letter: nothing by which a person could be named."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.catalog.permits.applications import COLOURS, STATUS_NAMES, Application
from layers.catalog.permits.letters.letters import Letter
from maps.formats import day, number
from maps.letters.drawing import colour_of

Json = dict[str, Any]

# What the page's script says of a file.
SENTENCES = {
    "waiting": gettext_lazy("Berkas sedang dibandingkan …"),
    "same": gettext_lazy("Berkas ini sama dengan surat yang diterbitkan."),
    "differs": gettext_lazy(
        "Berkas ini bukan surat yang diterbitkan: isinya berbeda, atau versi lain."
    ),
    "cannot": gettext_lazy(
        "Peramban ini tidak dapat membandingkan berkas. Hitung SHA-256-nya sendiri, lalu cocokkan "
        "dengan sidik di bawah."
    ),
    "unreadable": gettext_lazy("Berkas ini tidak dapat dibaca. Pilih lagi."),
}


def public_facts(letter: Letter) -> list[tuple[str, str]]:
    content = letter.content
    application, areas = content["application"], content["areas"]
    granted = areas["granted_m2"]
    rows = [
        (_("Nomor surat"), content["number"]),
        (_("Diterbitkan"), day(content["issued_on"])),
        (_("Versi"), str(content["version"])),
        (_("Permohonan"), application["number"]),
        (_("Inisial pemohon"), initials(content["applicant"]["name"])),
        (_("Kegiatan"), application["activity"]),
        (_("KBLI"), application["kbli"]),
        (_("Letak"), _place(content)),
        (_("Luas dimohon"), _area(areas["asked_m2"])),
        (_("Luas disetujui"), _("tidak ada") if granted is None else _area(granted)),
        (_("Menurut rencana"), content["evidence"]["plan"]["title"]),
    ]
    return [(title, value) for title, value in rows if value]


def outcome_of(letter: Letter) -> Json:
    code = letter.content["outcome"]["code"]
    return {"title": str(STATUS_NAMES[code]), "code": code}


def initials(name: str) -> str:
    """M. N.: enough to see that a name on paper was not exchanged."""
    words = [word for word in name.split() if word[0].isalnum()]
    return " ".join(f"{word[0].upper()}." for word in words[:3])


def public_map(content: Json) -> Json:
    """The frozen shapes for a map in the browser."""
    told = content["map"]
    colour = COLOURS[Application.Status(content["outcome"]["code"])]
    zones = [
        _feature(one["geometry"], code=one["code"], colour=colour_of(one["zone"]))
        for one in told["zones"]
    ]
    refused = told["asked"] if content["outcome"]["code"] == "refused" else told["refused"]
    # The approved part last, on top where both have an edge.
    parcel = [_feature(refused, part="refused")] if refused else []
    parcel += [_feature(told["approved"], part="approved")] if told["approved"] else []
    return {"zones": _collection(zones), "parcel": _collection(parcel), "colour": colour}


def _feature(geometry: Json, **properties: str) -> Json:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: list[Json]) -> Json:
    return {"type": "FeatureCollection", "features": features}


def _place(content: Json) -> str:
    place = content["place"]
    return ", ".join(part for part in (place["kelurahan"], place["kecamatan"]) if part)


def _area(m2: float) -> str:
    return f"{number(m2)} m²"
