"""The proof that a reported place is clean again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q, QuerySet

from layers.base import Format, Layer, Property, Refused, Style, Text, User
from layers.catalog.trash.reports import (
    CATEGORY_NAMES,
    MOVES,
    STATUS_NAMES,
    THEME,
    TRASH_REPORTS,
    TrashReport,
)
from layers.forms import CodeList, Form, FormField, Observation, each
from layers.history import advance
from layers.mercator import mercator
from layers.permissions import staff_rows
from layers.registry import register

_S = TrashReport.Status
MOST = 1000
TO_CLEAN = (_S.RECEIVED, _S.VERIFIED, _S.IN_PROGRESS)


class TrashCleaning(models.Model):
    """An officer says that a report is dealt with; `geom` is where the officer stood."""

    instance_id = models.UUIDField(unique=True)
    report = models.ForeignKey(TrashReport, on_delete=models.PROTECT, related_name="cleanings")
    note = models.TextField(blank=True)
    observed_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    geom = models.PointField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "pembersihan"
        verbose_name_plural = "pembersihan"

    def __str__(self) -> str:
        return f"{self.report} · {self.observed_at:%Y-%m-%d}"


def reports_of(user: User) -> QuerySet[TrashReport]:
    """The reports that this person works on."""
    return TrashReport.objects.filter(staff_rows(TRASH_REPORTS, user))


def write_cleaning(
    *, values: dict[str, Any], seen: Observation, by: Any, feature: TrashCleaning | None
) -> TrashCleaning:
    """The proof, and the report resolved with it. Raises Refused where the officer has no such
    report, or where it is closed already by something else."""
    assert seen.point is not None  # the form requires it
    report = reports_of(by).filter(instance_id=values["report"]).first()
    if report is None:
        told = "Tidak ada laporan dengan kode ini di wilayah tugas Anda."
        raise Refused({"values.report": told})
    if feature is not None and feature.report_id != report.pk:
        raise Refused({"values.report": "Bukti ini milik laporan lain; kirim bukti baru."})
    cleaning = feature or TrashCleaning(instance_id=seen.instance_id, by=by, report=report)
    cleaning.note = values.get("note", "")
    cleaning.observed_at = seen.observed_at
    cleaning.geom = seen.point
    cleaning.save()
    if feature is None and report.status != _S.RESOLVED:
        resolve(report, by=by, reason=cleaning.note)
    return cleaning


def resolve(report: TrashReport, *, by: Any, reason: str) -> None:
    """Every step from where the report stands to resolved, each with its row."""
    if report.status == _S.RECEIVED:
        advance(report, _S.VERIFIED, allowed=MOVES, by=by, reason="Ditemukan di tempat.")
    advance(report, _S.RESOLVED, allowed=MOVES, by=by, reason=reason or "Sudah dibersihkan.")


def withdraw_cleaning(*, feature: TrashCleaning, by: Any) -> None:
    """The proof was wrong: the report is open again."""
    report = feature.report
    if report.status == _S.RESOLVED:
        advance(report, _S.VERIFIED, allowed=MOVES, by=by, reason="Bukti ditarik kembali.")
    feature.delete()


def to_clean(user: User) -> Iterator[dict[str, Any]]:
    """The officer's open reports, as many of the newest as a phone can hold."""
    rows = reports_of(user).filter(status__in=TO_CLEAN).order_by("-observed_at")
    for report in rows.select_related("kelurahan")[:MOST]:
        kelurahan = report.kelurahan.name if report.kelurahan else ""
        yield {
            "code": str(report.instance_id),
            "name": f"{report.get_category_display()} · {kelurahan or 'di luar kelurahan'}",
            "kelurahan": kelurahan,
            "status": report.status,
            "description": report.description,
            "note": f"“{report.description}”" if report.description else "",
            "observed_at": report.observed_at.isoformat(),
            "point": list(report.geom.coords),
        }


TRASH_CLEANINGS = register(
    Layer(
        id="trash-cleanings",
        theme=THEME,
        title=Text("Pembersihan", "Cleanings"),
        description=Text(
            "Bukti bahwa tempat yang dilaporkan sudah bersih.",
            "Proof that a reported place is clean again.",
        ),
        model=TrashCleaning,
        owner="Dinas Lingkungan Hidup dan Kebersihan",
        update_every=timedelta(days=7),
        policy="reports",
        published=~Q(report__status__in=(_S.REJECTED, _S.WITHDRAWN)),
        public=(
            Property(
                "category",
                Text("Jenis", "Category"),
                source="report__category",
                values=CATEGORY_NAMES,
                tile=True,
                filter=True,
            ),
            Property(
                "status",
                Text("Status laporan", "Status of the report"),
                source="report__status",
                values=STATUS_NAMES,
            ),
            Property("observed_at", Text("Dibersihkan", "Cleaned"), format=Format.DATETIME),
        ),
        staff=(
            Property("note", Text("Catatan", "Note")),
            Property("by", Text("Petugas", "Officer"), source="by__username"),
        ),
        private=("id", "instance_id", "report", "geom"),
        geometry="report__geom",
        time="observed_at",
        area="report__kelurahan",
        overview="grid",
        on_map=False,
        style=Style(kind="circle", colour="#15803d"),
        accepts=Form(
            version="1",
            title=Text("Bukti pembersihan", "Proof of cleaning"),
            fields=(
                FormField("report", Text("Laporan", "Report"), "uuid", codes="reports-to-clean"),
                FormField("photo", Text("Foto sesudah dibersihkan", "Photo when clean"), "photo"),
                FormField("note", Text("Catatan", "Note"), required=False),
            ),
            write=each(write_cleaning),
            withdraw=withdraw_cleaning,
            place="report__geom",
            lists=(
                CodeList(
                    "reports-to-clean",
                    Text("Laporan yang harus ditangani", "Reports to deal with"),
                    to_clean,
                    assigned=True,
                ),
            ),
            example={
                "report": "6f4f5a52-9d0a-4c8e-8a55-0b9f0a6a7c01",
                "photo": "bersih.jpg",
                "note": "Diangkut truk pagi",
            },
        ),
    )
)
