"""Everything that was ever done to an application: who, when, why. Rows are only appended (a
trigger holds it)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from layers.base import Text
from layers.catalog.permits.applications import Application

# What is done to a file besides the steps of the workflow.
DEEDS = {
    "register": Text("Permohonan didaftarkan", "Application registered"),
    "assign": Text("Petugas ditetapkan", "Officer assigned"),
    "redraw": Text("Batas bidang diganti", "Red line moved"),
    "check": Text("Kesesuaian diperiksa", "Checked against the plan"),
    "request": Text("Permintaan kepada pemohon", "Asked of the applicant"),
    "request-answered": Text("Permintaan dijawab", "Answered by the applicant"),
    "request-cancelled": Text("Permintaan dibatalkan", "Request cancelled"),
    "consult": Text("Pendapat instansi diminta", "Office consulted"),
    "consult-answered": Text("Instansi menjawab", "Office answered"),
    "pause": Text("Waktu dihentikan", "Clock paused"),
    "resume": Text("Waktu dijalankan lagi", "Clock resumed"),
    "document": Text("Dokumen ditambahkan", "Document added"),
    "markup": Text("Catatan peta ditulis", "Remark on the map"),
    "markup-erased": Text("Catatan peta dihapus", "Remark erased"),
    "identity": Text("Identitas pemohon diisi", "Identity entered"),
    "identity-uncovered": Text("Identitas pemohon dilihat", "Identity looked at"),
    "letter": Text("Surat keputusan diterbitkan", "Letter issued"),
}


class Act(models.Model):
    """One act. `kind` is the id of a workflow step or of another deed (DEEDS);
    `by` is null for the applicant, who has no account; `what` holds its particulars, without
    personal data."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="acts")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    why = models.TextField(blank=True)
    what = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "tindakan"
        verbose_name_plural = "tindakan"
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.application_id} · {self.kind}"


def record(*, application: Application, kind: str, by: Any, why: str = "", **what: Any) -> Act:
    """Append an act. It belongs into the transaction of what it tells."""
    return Act.objects.create(application=application, kind=kind, by=by, why=why, what=what)
