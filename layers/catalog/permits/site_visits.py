"""Site visits to a parcel, handed in from the field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models

from layers.base import (
    Format,
    Layer,
    Property,
    Refused,
    Style,
    StyleClass,
    Text,
    User,
    named,
)
from layers.catalog.permits.applications import CLOSED, THEME, Application
from layers.forms import CodeList, Form, FormField, Observation, each
from layers.functions import Middle
from layers.mercator import mercator
from layers.registry import register


class SiteVisit(models.Model):
    """What an officer found on the parcel; `geom` is where the officer stood."""

    class Finding(models.TextChoices):
        MATCHES = "matches", "Sesuai permohonan"
        DIFFERS = "differs", "Berbeda dari permohonan"
        BUILT = "built", "Sudah dibangun sebelum izin"

    instance_id = models.UUIDField(unique=True)
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="site_visits"
    )
    finding = models.CharField(max_length=10, choices=Finding)
    note = models.TextField(blank=True)
    observed_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    geom = models.PointField()
    geom_3857 = mercator("geom")

    class Meta:
        verbose_name = "tinjauan lapangan"
        verbose_name_plural = "tinjauan lapangan"

    def __str__(self) -> str:
        return f"{self.application} · {self.get_finding_display()}"


def write_site_visit(
    *, values: dict[str, Any], seen: Observation, by: Any, feature: SiteVisit | None
) -> SiteVisit:
    """A visit to the application named by its number. Raises Refused where there is none."""
    assert seen.point is not None  # the form requires it
    application = Application.objects.filter(number=values["application"]).first()
    if application is None:
        told = f"Tidak ada permohonan bernomor «{values['application']}»."
        raise Refused({"values.application": told})
    visit = feature or SiteVisit(instance_id=seen.instance_id, by=by)
    visit.application = application
    visit.finding = values["finding"]
    visit.note = values.get("note", "")
    visit.observed_at = seen.observed_at
    visit.geom = seen.point
    visit.save()
    return visit


def awaiting_visit(user: User) -> Iterator[dict[str, Any]]:
    """The open applications, each with a point on its parcel."""
    waiting = Application.objects.exclude(status__in=CLOSED)
    rows = waiting.annotate(middle=Middle("geom")).order_by("number")
    for number, activity, kelurahan, middle in rows.values_list(
        "number", "activity", "kelurahan__name", "middle"
    ):
        yield {
            "code": number,
            "name": f"{number} · {activity}",
            "kelurahan": kelurahan or "",
            "note": kelurahan or "",
            "point": [middle.x, middle.y],
        }


_FINDINGS = named(
    SiteVisit.Finding,
    MATCHES="As applied for",
    DIFFERS="Differs from the application",
    BUILT="Built before the permit",
)

SITE_VISITS = register(
    Layer(
        id="site-visits",
        theme=THEME,
        title=Text("Tinjauan lapangan", "Site visits"),
        description=Text(
            "Hasil tinjauan lapangan atas permohonan.",
            "Findings of visits to applied-for parcels.",
        ),
        model=SiteVisit,
        owner="Dinas Pekerjaan Umum dan Penataan Ruang",
        update_every=timedelta(days=30),
        policy="planning-internal",
        public=(),
        staff=(
            Property(
                "application",
                Text("Permohonan", "Application"),
                source="application__number",
                tile=True,
                filter=True,
            ),
            Property(
                "finding",
                Text("Temuan", "Finding"),
                values=_FINDINGS,
                tile=True,
                filter=True,
            ),
            Property("note", Text("Catatan", "Note")),
            Property("observed_at", Text("Waktu", "Time"), format=Format.DATETIME),
            Property("by", Text("Petugas", "Officer"), source="by__username"),
        ),
        private=("id", "geom", "instance_id"),
        time="observed_at",
        area="application__kelurahan",
        overview="grid",
        style=Style(
            kind="circle",
            by="finding",
            classes=(
                StyleClass("matches", "#15803d", _FINDINGS["matches"]),
                StyleClass("differs", "#b45309", _FINDINGS["differs"]),
                StyleClass("built", "#b91c1c", _FINDINGS["built"]),
            ),
        ),
        accepts=Form(
            version="1",
            title=Text("Tinjauan lapangan", "Site visit"),
            fields=(
                FormField(
                    "application",
                    Text("Nomor permohonan", "Application number"),
                    max_length=40,
                    codes="site-visits-awaited",
                ),
                FormField("finding", Text("Temuan", "Finding"), "choice", choices=_FINDINGS),
                FormField("note", Text("Catatan", "Note"), required=False),
                FormField("photo", Text("Foto", "Photo"), "photo", required=False),
                FormField("photo_2", Text("Foto kedua", "Second photo"), "photo", required=False),
            ),
            write=each(write_site_visit),
            place="application__geom",
            lists=(
                CodeList(
                    "site-visits-awaited",
                    Text("Permohonan yang akan ditinjau", "Applications to be visited"),
                    awaiting_visit,
                    assigned=True,
                ),
            ),
            example={"application": "KKPR-2026-0001", "finding": "matches"},
        ),
    )
)
