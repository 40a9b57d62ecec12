"""An application for spatial-use approval (KKPR/PKKPR), its parcel and its way through the
offices.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Q
from django.db.models.functions import Coalesce

from layers.base import Format, Layer, Property, Style, StyleClass, Text, Theme, named
from layers.catalog.boundaries import Area
from layers.functions import GeodesicArea
from layers.history import Move
from layers.mercator import mercator
from layers.registry import register

THEME = Theme("permits", Text("Perizinan ruang", "Spatial permits"), rank=10)


def tracking_code() -> str:
    """A code that cannot be guessed: 144 random bits."""
    return secrets.token_urlsafe(18)


class Application(models.Model):
    """An application. `geom` is the red line that stands (its revisions are `parcels`), `granted`
    what was approved where that is less. `area_m2` is geodesic (WGS 84), computed by PostGIS from
    the parcel. `instance_id` is minted by the page that registers it, so that a form sent twice is
    one application; with `tracking_code` the applicant follows it."""

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

    class Channel(models.TextChoices):
        COUNTER = "counter", "Loket"
        APPLICANT = "applicant", "Pemohon"

    instance_id = models.UUIDField(unique=True, default=uuid4)
    tracking_code = models.CharField(max_length=24, unique=True, default=tracking_code)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.COUNTER)
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
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    geom = models.MultiPolygonField()
    geom_3857 = mercator("geom")
    granted = models.MultiPolygonField(null=True, blank=True)
    shown = models.GeneratedField(
        expression=Coalesce("granted", "geom"),
        output_field=models.MultiPolygonField(),
        db_persist=True,
    )
    shown_3857 = mercator(Coalesce("granted", "geom"))
    area_m2 = models.GeneratedField(
        expression=GeodesicArea("geom"),
        output_field=models.FloatField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = "permohonan"
        verbose_name_plural = "permohonan"
        indexes = [
            GistIndex(fields=("shown",), name="layers_application_shown"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(geom__isvalid=True), name="layers_application_geom_is_valid"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("granted", "granted-in-part", "refused"))
                ^ Q(decided_on__isnull=True),
                name="layers_application_decided_when_decided",
            ),
            models.CheckConstraint(
                condition=Q(granted__isnull=True) | Q(status="granted-in-part"),
                name="layers_application_granted_in_part",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ApplicationMove(Move):
    record = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="moves")


_S = Application.Status
DECIDED = (_S.GRANTED, _S.GRANTED_IN_PART, _S.REFUSED)
CLOSED = (*DECIDED, _S.WITHDRAWN, _S.LAPSED)
# Accepted as complete and not taken back: what the public register tells of.
PUBLISHABLE = (_S.LAND_CONSIDERATION, _S.ASSESSMENT, _S.FORUM, _S.RECOMMENDATION, *DECIDED)


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
COLOURS = dict.fromkeys(_S, _WORKING) | {
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
        title=Text("Berkas permohonan ruang", "Files of applications"),
        description=Text(
            "Bidang semua permohonan persetujuan pemanfaatan ruang, untuk yang menelaahnya.",
            "Parcels of all applications for spatial-use approval, for those who review them.",
        ),
        model=Application,
        owner="Dinas Pekerjaan Umum dan Penataan Ruang",
        update_every=timedelta(days=31),
        policy="planning",
        public=(),
        staff=(
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
            Property("applicant", Text("Pemohon", "Applicant")),
        ),
        private=(
            *("id", "geom", "granted", "shown"),
            *("instance_id", "tracking_code", "channel", "officer"),
        ),
        time="submitted_at",
        updated="moves__at",
        area="kelurahan",
        search=("number", "activity", "kbli"),
        minzoom=10,
        style=Style(
            kind="fill",
            by="status",
            colour=_WORKING,
            classes=tuple(
                StyleClass(
                    status.value,
                    COLOURS[status],
                    STATUS_NAMES[status.value],
                    pattern="hatch" if status == _S.REFUSED else "",
                )
                for status in _S
            ),
        ),
    )
)
