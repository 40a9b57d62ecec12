"""What was done to a file, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from layers.catalog.permits.acts import Act
from layers.catalog.permits.applications import Application
from layers.catalog.permits.workflow.steps import STEPS

MOST = 400  # acts: a file of years has some dozens

WORDS = {
    "register": _("Permohonan didaftarkan"),
    "check": _("Kesesuaian diperiksa"),
    "request": _("Permintaan kepada pemohon"),
    "request-answered": _("Permintaan dijawab"),
    "request-cancelled": _("Permintaan dibatalkan"),
    "consult": _("Pendapat instansi diminta"),
    "consult-answered": _("Instansi menjawab"),
    "pause": _("Waktu dihentikan"),
    "resume": _("Waktu dijalankan lagi"),
    "document": _("Dokumen ditambahkan"),
    "markup": _("Catatan peta ditulis"),
    "markup-erased": _("Catatan peta dihapus"),
    "identity": _("Identitas pemohon diisi"),
    "identity-uncovered": _("Identitas pemohon dilihat"),
    "assign": _("Petugas ditetapkan"),
    "redraw": _("Batas bidang diganti"),
    "red-line": _("Batas bidang diganti dengan persetujuan pemohon"),
    "letter": _("Surat keputusan diterbitkan"),
}
STEP_TITLES = {step.id: step.title for step in STEPS}


@dataclass(frozen=True)
class Told:
    act: Act
    title: str


def history(application: Application) -> list[Told]:
    """Newest first."""
    acts = application.acts.select_related("by").order_by("-at", "-pk")[:MOST]
    return [Told(act, _title(act.kind)) for act in acts]


def _title(kind: str) -> str:
    found: Any = STEP_TITLES.get(kind) or WORDS.get(kind) or kind
    return str(found)
