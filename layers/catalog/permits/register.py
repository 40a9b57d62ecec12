"""The public register: every application that is far enough to be told of, without its people."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from layers.base import Format, Layer, Property, Style, StyleClass, Text
from layers.catalog.permits.applications import (
    COLOURS,
    PUBLISHABLE,
    STATUS_NAMES,
    THEME,
    Application,
)
from layers.registry import register

PERMIT_REGISTER = register(
    Layer(
        id="permit-register",
        theme=THEME,
        title=Text("Register permohonan ruang", "Register of spatial-use applications"),
        description=Text(
            "Permohonan persetujuan pemanfaatan ruang yang lengkap, dengan tahap dan putusannya. "
            "Yang disetujui sebagian digambar sebatas yang disetujui. Tanpa data pribadi.",
            "Complete applications for spatial-use approval, with their stage and decision. What "
            "was granted in part is drawn as far as it was granted. Without personal data.",
        ),
        model=Application,
        owner="Dinas Pekerjaan Umum dan Penataan Ruang",
        update_every=timedelta(days=31),
        policy="register",
        published=Q(status__in=PUBLISHABLE),
        geometry="shown",
        public=(
            Property("number", Text("Nomor", "Number"), tile=True, filter=True),
            Property("status", Text("Tahap", "Stage"), values=STATUS_NAMES, tile=True, filter=True),
            Property("kbli", Text("KBLI", "KBLI"), filter=True),
            Property("activity", Text("Kegiatan", "Activity")),
            Property("kelurahan", Text("Kelurahan", "Kelurahan"), source="kelurahan__name"),
            Property("area_m2", Text("Luas dimohon", "Area applied for"), format=Format.AREA),
            Property(
                "granted_m2",
                Text("Luas disetujui", "Area granted"),
                source="decision__approved_m2",
                format=Format.AREA,
            ),
            Property("submitted_at", Text("Diajukan", "Submitted"), format=Format.DATETIME),
            Property("decided_on", Text("Diputus", "Decided"), format=Format.DATE),
        ),
        private=(
            *("id", "geom", "granted", "shown", "applicant"),
            *("instance_id", "tracking_code", "channel", "officer"),
        ),
        time="submitted_at",
        updated="moves__at",
        area="kelurahan",
        search=("number", "activity", "kbli", "kelurahan"),
        overview="areas",
        minzoom=10,
        shown=True,
        style=Style(
            kind="fill",
            by="status",
            classes=tuple(
                StyleClass(
                    status.value,
                    COLOURS[status],
                    STATUS_NAMES[status.value],
                    pattern="hatch" if status == Application.Status.REFUSED else "",
                )
                for status in PUBLISHABLE
            ),
        ),
    )
)
