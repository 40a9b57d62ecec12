"""A trash report: seen in the field, followed until the place is clean."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone

from layers import bulk
from layers.base import (
    Format,
    Layer,
    Property,
    Style,
    StyleClass,
    Text,
    Theme,
    User,
    named,
)
from layers.catalog.boundaries import AREAS, Area
from layers.forms import CodeList, Entry, Form, FormField
from layers.history import Move, Moves, advance
from layers.mercator import mercator
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
        WITHDRAWN = "withdrawn", "Ditarik pelapor"

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
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "laporan sampah"
        verbose_name_plural = "laporan sampah"
        indexes = [
            models.Index(fields=("-observed_at",), name="layers_trashreport_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} · {self.observed_at:%Y-%m-%d}"


class TrashReportMove(Move):
    record = models.ForeignKey(TrashReport, on_delete=models.CASCADE, related_name="moves")


_S = TrashReport.Status
MOVES: Moves = {
    _S.RECEIVED: frozenset({_S.VERIFIED, _S.REJECTED, _S.WITHDRAWN}),
    _S.VERIFIED: frozenset({_S.IN_PROGRESS, _S.RESOLVED, _S.REJECTED, _S.WITHDRAWN}),
    _S.IN_PROGRESS: frozenset({_S.RESOLVED, _S.VERIFIED}),
    _S.RESOLVED: frozenset({_S.VERIFIED}),  # reopened
}


def write_reports(*, entries: Sequence[Entry], by: Any) -> list[TrashReport]:
    """Reports, each with the first row of its history; or what its sender put right in one."""
    blank = TrashReport(by=by)
    reports = [_report(entry, blank) for entry in entries]
    new = [report for report in reports if not report.pk]
    bulk.add(new, key="instance_id")
    first = TrashReportMove(to_status=blank.status, by=by)
    bulk.repeat(first, record=[report.pk for report in new])
    return reports


def _report(entry: Entry, blank: TrashReport) -> TrashReport:
    seen = entry.seen
    told = {
        "category": entry.values["category"],
        "description": entry.values.get("description", ""),
        "observed_at": seen.observed_at,
        "accuracy": seen.accuracy,
        "kelurahan_id": seen.kelurahan,
        "geom": bulk.point(seen.position),
    }
    if not isinstance(entry.feature, TrashReport):
        own = {"instance_id": seen.instance_id, "tracking_code": tracking_code()}
        return bulk.alike(blank, **own, **told)
    for name, value in told.items():
        setattr(entry.feature, name, value)
    entry.feature.save()
    return entry.feature


def withdraw_report(*, feature: TrashReport, by: Any) -> None:
    """Taken back by its sender, while nobody works on it; its history stays. Raises Refused."""
    advance(feature, _S.WITHDRAWN, allowed=MOVES, by=by, reason="Ditarik oleh pelapor.")


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
    WITHDRAWN="Withdrawn by its reporter",
)


def _services(user: User) -> Iterator[dict[str, Any]]:
    """What may be reported: the services of Open311."""
    for code, name in CATEGORY_NAMES.items():
        yield {"code": code, "name": str(name)}


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
        published=~Q(status__in=(_S.REJECTED, _S.WITHDRAWN)),
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
        overview="grid",
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
                StyleClass("withdrawn", "#94a3b8", STATUS_NAMES["withdrawn"], pattern="hollow"),
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
                FormField("photo", Text("Foto", "Photo"), "photo", required=False),
                FormField("photo_2", Text("Foto kedua", "Second photo"), "photo", required=False),
            ),
            write=write_reports,
            withdraw=withdraw_report,
            lists=(CodeList("services", Text("Layanan", "Services"), _services), AREAS),
            example={"category": "overflow", "description": "Bak sampah penuh"},
        ),
    )
)
