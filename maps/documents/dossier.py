"""The dossier of one application: for everybody what the register tells, for officials the evidence
of its check as well. Neither names the applicant, and only officials get the code of the letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from shapely.geometry import box, mapping

from layers.base import User
from layers.catalog.permits import desk
from layers.catalog.permits.applications import PERMIT_PARCELS, STATUS_NAMES, Application
from layers.catalog.permits.check.evidence import last_check
from layers.catalog.permits.letters.letters import newest_letter
from layers.catalog.permits.register import PERMIT_REGISTER
from layers.catalog.zoning.plans import ZONES
from layers.geodesy import areas
from layers.geometry import to_shapely
from layers.permissions import properties_for
from layers.selection import BBox
from maps.documents import Missing, Told, Unreadable, report
from maps.documents.drawing import PUBLIC, look
from maps.documents.page import Feature, Json, Overlay
from maps.formats import day, moment, number, written
from maps.review.verdicts import word

AROUND, BEYOND = 1, 6  # times the size of the parcel: what is shown and what is drawn beside it
LEAST = 0.0004  # degrees, some 45 metres: a small parcel is taken to be of this size
DECIMALS = 6  # of a degree: a decimetre
LEAST_M2 = 1.0  # what is less of a zone is the width of a line
CLOSEST = 20  # zoom


def gather(asked: str, user: User = PUBLIC) -> Told:
    """With an official as `user` the evidence too. Unknown and invisible are answered alike."""
    if not asked or len(asked) > 40 or "\x00" in asked:
        raise Unreadable(_("Tulis nomor permohonan, misalnya KKPR-2026-0001."))
    official = user is not PUBLIC
    application = desk.file(user, asked) if official else _public(asked)
    if application is None:
        raise Missing(_("Tidak ada permohonan bernomor ini yang terbuka bagi Anda."))
    layer = PERMIT_PARCELS if official else PERMIT_REGISTER
    parcel = to_shapely(application.geom if official else application.shown)
    frame = _frame(parcel, AROUND)
    zones = _zones(_frame(parcel, BEYOND))
    title = _("Berkas permohonan ruang")
    values = {
        **report.letterhead(layer, ZONES),
        "title": title,
        "period": application.number,
        "running": False,
        "official": official,
        "facts": _facts(application),
        "zones": _shares(parcel, zones),
        "letter": _letter(application, official),
        "evidence": _evidence(application) if official else None,
        "status": str(STATUS_NAMES[application.status]),
        "granted_in_part": application.status == Application.Status.GRANTED_IN_PART,
    }
    return Told(
        title=f"{title} {application.number}",
        values=values,
        bounds=frame,
        overlays=[
            _zone_overlay(zones, _frame(parcel, BEYOND)),
            _parcel_overlay(application, parcel),
        ],
        template="maps/documents/dossier.html",
        map_title=_("Peta bidang di atas zona rencana. Zonanya ada dalam tabel di bawah."),
        closest=CLOSEST,
    )


def _public(asked: str) -> Application | None:
    rows: Any = PERMIT_REGISTER.visible_to(PUBLIC).select_related("kelurahan", "decision")
    found: Application | None = rows.filter(number=asked).first()
    return found


def _facts(application: Application) -> list[tuple[str, str]]:
    """What the register tells, in its own words."""
    row = PERMIT_REGISTER.rows().filter(pk=application.pk)
    properties = properties_for(PERMIT_REGISTER, PUBLIC)
    values = row.values_list(*(prop.path for prop in properties)).get()
    told = [
        (str(prop.title), written(value, prop))
        for prop, value in zip(properties, values, strict=True)
    ]
    return [(title, value) for title, value in told if value]


def _letter(application: Application, official: bool) -> Json | None:
    """Its number and date; its code, which opens more, to officials alone."""
    letter = newest_letter(application)
    if letter is None:
        return None
    path = reverse("letter", args=[letter.code]) if official else reverse("letters")
    site = settings.SITE_URL.rstrip("/")
    return {
        "number": letter.number,
        "version": letter.version,
        "issued": day(letter.issued_at),
        "address": f"{site}{path}" if site else "",
        "path": path,
    }


# -- the plan beneath it


def _zones(frame: BBox) -> list[Json]:
    """The zones in force in a frame, with their shapes."""
    around = Polygon.from_bbox(frame)
    around.srid = 4326
    rows = ZONES.visible_to(PUBLIC).filter(geom__intersects=around).order_by("pk")
    names = ("pk", "sub_zone__code", "sub_zone__name", "sub_zone__zone_code", "plan__title")
    return [{**row, "shape": to_shapely(row.pop("geom"))} for row in rows.values(*names, "geom")]


def _shares(parcel: Any, zones: Sequence[Json]) -> list[Json]:
    """How much of the parcel lies in each sub-zone, the most first, and in none."""
    parts: dict[tuple[str, str, str], list[Any]] = {}
    for zone in zones:
        key = (zone["sub_zone__code"], zone["sub_zone__name"], zone["plan__title"])
        parts.setdefault(key, []).append(zone["shape"].intersection(parcel))
    within = [shapely.union_all(shapes) for shapes in parts.values()]
    beyond = parcel.difference(shapely.union_all(within)) if within else parcel
    whole, *measured = areas([parcel, *within, beyond])
    keys = [*parts, ("", _("Di luar rencana"), "")]
    rows = [
        {
            "code": code,
            "name": name,
            "plan": plan,
            "order": float(m2),
            "m2": f"{number(m2, decimals=0)} m²",
            "percent": f"{number(100 * m2 / whole, decimals=1)} %",
        }
        for (code, name, plan), m2 in zip(keys, measured, strict=True)
        if m2 >= LEAST_M2
    ]
    return sorted(rows, key=lambda row: -row["order"])


def _frame(parcel: Any, times: float) -> BBox:
    west, south, east, north = parcel.bounds
    margin = max(east - west, north - south, LEAST) * times / 2
    return (
        round(west - margin, DECIMALS),
        round(south - margin, DECIMALS),
        round(east + margin, DECIMALS),
        round(north + margin, DECIMALS),
    )


def _zone_overlay(zones: Sequence[Json], frame: BBox) -> Overlay:
    style = ZONES.style
    features = [
        Feature(
            id=zone["pk"],
            geometry=_drawn(zone["shape"].intersection(box(*frame))),
            style=look(style, style.class_of(zone["sub_zone__zone_code"])),
            name=escape(zone["sub_zone__code"]),
            rows=[escape(zone["sub_zone__name"]), escape(zone["plan__title"])],
        )
        for zone in zones
    ]
    return Overlay(
        id="zones",
        title=escape(str(ZONES.title)),
        titles=[escape(_("Subzona")), escape(_("Rencana"))],
        features=features,
        names=True,
    )


def _parcel_overlay(application: Application, parcel: Any) -> Overlay:
    red = {"color": "#b91c1c", "weight": 3, "opacity": 1, "fill": False}
    status = escape(str(STATUS_NAMES[application.status]))
    feature = Feature(
        id=application.pk,
        geometry=_drawn(parcel),
        style=red,
        name=escape(application.number),
        rows=[status, escape(application.activity)],
    )
    return Overlay(
        id="parcel",
        title=escape(_("Bidang")),
        titles=[escape(_("Tahap")), escape(_("Kegiatan"))],
        features=[feature],
    )


def _drawn(shape: Any) -> Json:
    return dict(mapping(shapely.transform(shape, lambda xy: xy.round(DECIMALS))))


# -- the evidence, for officials


def _evidence(application: Application) -> Json | None:
    """What the last check that was kept says, in words."""
    check = last_check(application)
    if check is None:
        return None
    told: Mapping[str, Any] = check.evidence
    return {
        "verdict": word(told["verdict"]),
        "at": moment(check.at),
        "plan": told.get("plan", {}).get("title", ""),
        "rules": told.get("rules", {}).get("title", ""),
        "reasons": list(told.get("reasons", ())),
        "parts": [_part(one) for one in told.get("parts", ())],
        "overlays": [
            {"name": one["name"], "value": one.get("value") or "", "text": one.get("text") or ""}
            for one in told.get("overlays", ())
            if one.get("state") == "applies"
        ],
        "around": [_beside(one) for one in told.get("overlaps", ())],
        "neighbours": [one["number"] for one in told.get("neighbours", ())],
        "sha256": check.sha256,
    }


def _part(one: Mapping[str, Any]) -> Json:
    return {
        "code": one["sub_zone"],
        "name": one["name"],
        "m2": f"{number(one['m2'])} m²",
        "percent": f"{number(one['percent'])} %",
        "verdict": word(one["verdict"]),
        "conditions": [condition["text"] for condition in one.get("conditions", ())],
    }


def _beside(one: Mapping[str, Any]) -> Json:
    return {
        "number": one["number"],
        "status": str(STATUS_NAMES.get(one["status"], one["status"])),
        "m2": f"{number(one['m2'])} m²",
    }
