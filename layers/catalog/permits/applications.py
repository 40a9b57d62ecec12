"""An application for spatial-use approval (KKPR/PKKPR), its parcel and its way through the
offices.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone

from layers.base import Format, Layer, Property, Style, StyleClass, Text, Theme, named
from layers.catalog.boundaries import Area
from layers.functions import GeodesicArea
from layers.history import Move, Moves, advance
from layers.registry import register

THEME = Theme("permits", Text("Perizinan ruang", "Spatial permits"), rank=10)


class Application(models.Model):
    """An application. `area_m2` is geodesic (WGS 84), computed by PostGIS from the parcel."""

    class Status(models.TextChoices):
        REGISTERED = "registered", "Terdaftar"
        COMPLETENESS = "completeness", "Pemeriksaan kelengkapan"
        RETURNED = "returned", "Dikembalikan"
        LAND_CONSIDERATION = "land-consideration", "Pertimbangan teknis pertanahan"
        ASSESSMENT = "assessment", "Penilaian"
        FORUM = "forum", "Forum Penataan Ruang"
        RECOMMENDATION = "recommendation", "Rekomendasi"
        GRANTED = "granted", "Disetujui"
        GRANTED_IN_PART = "granted-in-part", "Disetujui sebagian"
        REFUSED = "refused", "Ditolak"
        WITHDRAWN = "withdrawn", "Dicabut pemohon"
        LAPSED = "lapsed", "Gugur"

    number = models.CharField(max_length=40, unique=True)
    applicant = models.CharField(max_length=150)
    kbli = models.CharField(max_length=5)
    activity = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status, default=Status.REGISTERED)
    submitted_at = models.DateTimeField()
    decided_on = models.DateField(null=True, blank=True)
    kelurahan = models.ForeignKey(
        Area, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    geom = models.MultiPolygonField()
    area_m2 = models.GeneratedField(
        expression=GeodesicArea("geom"),
        output_field=models.FloatField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = "permohonan"
        verbose_name_plural = "permohonan"
        constraints = [
            models.CheckConstraint(
                condition=Q(geom__isvalid=True), name="layers_application_geom_is_valid"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("granted", "granted-in-part", "refused"))
                ^ Q(decided_on__isnull=True),
                name="layers_application_decided_when_decided",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ApplicationMove(Move):
    record = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="moves")


_S = Application.Status
_OPEN = frozenset({_S.WITHDRAWN, _S.LAPSED})
MOVES: Moves = {
    _S.REGISTERED: _OPEN | {_S.COMPLETENESS},
    _S.COMPLETENESS: _OPEN | {_S.RETURNED, _S.LAND_CONSIDERATION},
    _S.RETURNED: _OPEN | {_S.COMPLETENESS},
    _S.LAND_CONSIDERATION: _OPEN | {_S.ASSESSMENT},
    _S.ASSESSMENT: _OPEN | {_S.RETURNED, _S.FORUM, _S.RECOMMENDATION},
    _S.FORUM: _OPEN | {_S.ASSESSMENT, _S.RECOMMENDATION},
    _S.RECOMMENDATION: _OPEN | {_S.ASSESSMENT, _S.GRANTED, _S.GRANTED_IN_PART, _S.REFUSED},
}
DECIDED = (_S.GRANTED, _S.GRANTED_IN_PART, _S.REFUSED)


def move_application(
    *, application: Application, to: str, by: Any, reason: str = ""
) -> ApplicationMove:
    """One step of an application along `MOVES`; a decision gets its day. Raises Refused."""
    decided = {"decided_on": timezone.localdate()} if to in DECIDED else {}
    return advance(application, to, allowed=MOVES, by=by, reason=reason, changes=decided)


STATUS_NAMES = named(
    Application.Status,
    REGISTERED="Registered",
    COMPLETENESS="Completeness check",
    RETURNED="Returned",
    LAND_CONSIDERATION="Land consideration",
    ASSESSMENT="Assessment",
    FORUM="Forum",
    RECOMMENDATION="Recommendation",
    GRANTED="Granted",
    GRANTED_IN_PART="Granted in part",
    REFUSED="Refused",
    WITHDRAWN="Withdrawn",
    LAPSED="Lapsed",
)
_WAITING, _WORKING = "#64748b", "#2563eb"
_COLOURS = {
    _S.REGISTERED: _WAITING,
    _S.RETURNED: "#b45309",
    _S.GRANTED: "#15803d",
    _S.GRANTED_IN_PART: "#65a30d",
    _S.REFUSED: "#b91c1c",
    _S.WITHDRAWN: _WAITING,
    _S.LAPSED: _WAITING,
}

PERMIT_PARCELS = register(
    Layer(
        id="permit-parcels",
        theme=THEME,
        title=Text("Persetujuan ruang", "Permit parcels"),
        description=Text(
            "Bidang permohonan persetujuan pemanfaatan ruang. Publik melihat yang telah diputus.",
            "Parcels of spatial-use applications. The public sees the decided ones.",
        ),
        model=Application,
        owner="Dinas Pekerjaan Umum dan Penataan Ruang",
        update_every=timedelta(days=31),
        policy="planning",
        published=Q(status__in=DECIDED),
        public=(
            Property("number", Text("Nomor", "Number"), tile=True, filter=True),
            Property(
                "status",
                Text("Status", "Status"),
                values=STATUS_NAMES,
                tile=True,
                filter=True,
            ),
            Property("kbli", Text("KBLI", "KBLI"), filter=True),
            Property("activity", Text("Kegiatan", "Activity")),
            Property("area_m2", Text("Luas", "Area"), format=Format.AREA),
            Property("kelurahan", Text("Kelurahan", "Kelurahan"), source="kelurahan__name"),
            Property("decided_on", Text("Diputus", "Decided"), format=Format.DATE),
            Property("submitted_at", Text("Diajukan", "Submitted"), format=Format.DATETIME),
        ),
        staff=(Property("applicant", Text("Pemohon", "Applicant")),),
        private=("id", "geom"),
        time="submitted_at",
        updated="moves__at",
        area="kelurahan",
        minzoom=10,
        style=Style(
            kind="fill",
            by="status",
            colour=_WORKING,
            classes=tuple(
                StyleClass(
                    status.value,
                    _COLOURS.get(status, _WORKING),
                    STATUS_NAMES[status.value],
                    pattern="hatch" if status == _S.REFUSED else "",
                )
                for status in _S
            ),
        ),
        shown=True,
    )
)
