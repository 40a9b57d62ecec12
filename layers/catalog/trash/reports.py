"""A trash report: seen in the field, followed until the place is clean."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone

from layers.base import (
    Form,
    Format,
    FormField,
    Layer,
    Observation,
    Property,
    Style,
    StyleClass,
    Text,
    Theme,
    named,
)
from layers.catalog.boundaries import Area, kelurahan_at
from layers.history import Move, Moves
from layers.registry import register

THEME = Theme("trash", Text("Kebersihan", "Cleanliness"), rank=30)


def tracking_code() -> str:
    """A code that cannot be guessed: 144 random bits."""
    return secrets.token_urlsafe(18)


class TrashReport(models.Model):
    """A report. Its text may name people, so it is for officers; category, place and status are
    open. `accuracy` is the 68 % radius in metres; null is unknown, 0 is placed by hand."""

    class Category(models.TextChoices):
        SCATTERED = "scattered", "Sampah berserakan"
        OVERFLOW = "overflow", "TPS penuh"
        ILLEGAL_DUMP = "illegal-dump", "Pembuangan liar"
        MISSED_PICKUP = "missed-pickup", "Tidak terangkut"
        BURNING = "burning", "Pembakaran sampah"

    class Status(models.TextChoices):
        RECEIVED = "received", "Diterima"
        VERIFIED = "verified", "Terverifikasi"
        IN_PROGRESS = "in-progress", "Dikerjakan"
        RESOLVED = "resolved", "Selesai"
        REJECTED = "rejected", "Ditolak"

    instance_id = models.UUIDField(unique=True)
    tracking_code = models.CharField(max_length=24, unique=True, default=tracking_code)
    category = models.CharField(max_length=20, choices=Category)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.RECEIVED)
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    accuracy = models.FloatField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    kelurahan = models.ForeignKey(
        Area, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    geom = models.PointField()

    class Meta:
        verbose_name = "laporan sampah"
        verbose_name_plural = "laporan sampah"
        indexes = [models.Index(fields=("-observed_at",), name="layers_trashreport_time")]

    def __str__(self) -> str:
        return f"{self.get_category_display()} · {self.observed_at:%Y-%m-%d}"


class TrashReportMove(Move):
    record = models.ForeignKey(TrashReport, on_delete=models.CASCADE, related_name="moves")


class TrashPhoto(models.Model):
    """A photo of a report: when it was made, or as proof that the place is clean."""

    class Kind(models.TextChoices):
        REPORT = "report", "Laporan"
        PROOF = "proof", "Bukti"

    record = models.ForeignKey(TrashReport, on_delete=models.CASCADE, related_name="photos")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.REPORT)
    image = models.ImageField(upload_to="trash/")
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = "foto laporan"
        verbose_name_plural = "foto laporan"

    def __str__(self) -> str:
        return self.sha256[:12]


_S = TrashReport.Status
MOVES: Moves = {
    _S.RECEIVED: frozenset({_S.VERIFIED, _S.REJECTED}),
    _S.VERIFIED: frozenset({_S.IN_PROGRESS, _S.REJECTED}),
    _S.IN_PROGRESS: frozenset({_S.RESOLVED, _S.VERIFIED}),
    _S.RESOLVED: frozenset({_S.VERIFIED}),  # reopened
}


def write_report(*, values: dict[str, Any], seen: Observation, by: Any) -> TrashReport:
    """A report and the first row of its history."""
    assert seen.point is not None  # the form requires it
    report = TrashReport.objects.create(
        instance_id=seen.instance_id,
        category=values["category"],
        description=values.get("description", ""),
        observed_at=seen.observed_at,
        accuracy=seen.accuracy,
        by=by,
        kelurahan=kelurahan_at(seen.point),
        geom=seen.point,
    )
    report.moves.create(to_status=report.status, by=by)
    return report


CATEGORY_NAMES = named(
    TrashReport.Category,
    SCATTERED="Scattered trash",
    OVERFLOW="Overflowing container",
    ILLEGAL_DUMP="Illegal dump",
    MISSED_PICKUP="Missed pick-up",
    BURNING="Burning trash",
)
STATUS_NAMES = named(
    TrashReport.Status,
    RECEIVED="Received",
    VERIFIED="Verified",
    IN_PROGRESS="In progress",
    RESOLVED="Resolved",
    REJECTED="Rejected",
)

TRASH_REPORTS = register(
    Layer(
        id="trash-reports",
        theme=THEME,
        title=Text("Laporan sampah", "Trash reports"),
        description=Text(
            "Laporan sampah dan tindak lanjutnya.",
            "Trash reports and what became of them.",
        ),
        model=TrashReport,
        owner="Dinas Lingkungan Hidup dan Kebersihan",
        update_every=timedelta(days=1),
        policy="reports",
        published=~Q(status=TrashReport.Status.REJECTED),
        public=(
            Property(
                "category",
                Text("Jenis", "Category"),
                values=CATEGORY_NAMES,
                tile=True,
                filter=True,
            ),
            Property(
                "status",
                Text("Status", "Status"),
                values=STATUS_NAMES,
                tile=True,
                filter=True,
            ),
            Property(
                "kelurahan",
                Text("Kelurahan", "Kelurahan"),
                source="kelurahan__name",
                filter=True,
            ),
            Property("observed_at", Text("Dilihat", "Observed"), format=Format.DATETIME),
            Property("received_at", Text("Diterima", "Received"), format=Format.DATETIME),
        ),
        staff=(
            Property("description", Text("Keterangan", "Description")),
            Property("accuracy", Text("Ketelitian (m)", "Accuracy (m)"), format=Format.NUMBER),
            Property("by", Text("Pelapor", "Reporter"), source="by__username"),
        ),
        private=("id", "geom", "instance_id", "tracking_code"),
        time="observed_at",
        updated="moves__at",
        area="kelurahan",
        style=Style(
            kind="circle",
            by="status",
            classes=(
                StyleClass("received", "#b91c1c", STATUS_NAMES["received"]),
                StyleClass("verified", "#c2410c", STATUS_NAMES["verified"]),
                StyleClass("in-progress", "#2563eb", STATUS_NAMES["in-progress"]),
                # Closed ones are rings, so that open and closed differ without their colours.
                StyleClass("resolved", "#15803d", STATUS_NAMES["resolved"], pattern="hollow"),
                StyleClass("rejected", "#64748b", STATUS_NAMES["rejected"], pattern="hollow"),
            ),
        ),
        shown=True,
        accepts=Form(
            version="1",
            title=Text("Laporan sampah", "Trash report"),
            fields=(
                FormField(
                    "category",
                    Text("Jenis", "Category"),
                    "choice",
                    choices=CATEGORY_NAMES,
                ),
                FormField(
                    "description",
                    Text("Keterangan", "Description"),
                    required=False,
                    max_length=2000,
                ),
            ),
            write=write_report,
            example={"category": "overflow", "description": "Bak sampah penuh"},
        ),
    )
)
