"""The papers that come with an application, and with an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.catalog.permits.applications import Application
from layers.catalog.permits.documents import MOST_BYTES, SIGNATURES, Document, keep

TAKEN = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"


@dataclass(frozen=True)
class Paper:
    """A field of the form. `required`: of whoever applies himself."""

    field: str
    kind: str
    title: Any
    hint: Any
    required: bool = False


PAPERS = (
    Paper(
        "identity_paper",
        Document.Kind.IDENTITY,
        gettext_lazy("KTP atau NIB"),
        gettext_lazy("Foto atau pindaian yang terbaca."),
        required=True,
    ),
    Paper(
        "land_title",
        Document.Kind.LAND_TITLE,
        gettext_lazy("Bukti penguasaan tanah"),
        gettext_lazy("Sertipikat, akta jual beli, atau surat keterangan tanah."),
        required=True,
    ),
    Paper(
        "site_plan",
        Document.Kind.SITE_PLAN,
        gettext_lazy("Rencana tapak"),
        gettext_lazy("Bila sudah ada: letak bangunan, jalan masuk, dan ruang terbuka."),
    ),
)


def fault_of(upload: File | None, *, needed: bool = False) -> str:
    """Why a file cannot be kept, or nothing: told before anything of the application is."""
    if upload is None:
        return _("Pilih berkasnya.") if needed else ""
    if not upload.size:
        return _("Berkas ini kosong; pilih berkas lain.")
    if upload.size > MOST_BYTES:
        return _("Berkas ini lebih dari 10 MB; perkecil, lalu kirim lagi.")
    upload.seek(0)
    begins = upload.read(16)
    upload.seek(0)
    known = any(begins.startswith(signature) for signature in SIGNATURES)
    return "" if known else _("Hanya PDF, JPEG, atau PNG yang dapat diterima.")


def keep_upload(application: Application, upload: File, *, kind: str, title: str, by: Any) -> None:
    """Raises Refused."""
    keep(
        application=application,
        kind=kind,
        title=title,
        name=upload.name or "",
        content=upload.read(),
        by=by,
    )
