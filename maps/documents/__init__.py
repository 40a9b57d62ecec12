"""Documents: each one HTML file with a map that opens without a network and may be passed on.

A document holds only what the public may see, whoever asks for it: nobody can say where a file ends
up. The one exception is the dossier that an official asks for by name; it is never kept.

Each document is a module of this folder with three functions: `periods()` it can tell of, the one
to offer first foremost; `gather(period)`, all that is told in it; and its look, a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from layers.selection import BBox
from maps.documents.page import Overlay


class Missing(Exception):
    """There is nothing to tell of what was asked for; says why."""


class Unreadable(Exception):
    """What was asked for is not written as it must be; says how."""


@dataclass(frozen=True)
class Period:
    """What a document may be asked for. `running`: it has not ended yet."""

    value: str
    label: str
    running: bool = False


@dataclass(frozen=True)
class Told:
    """All that a document says: `values` for its template, and its map."""

    title: str
    values: Mapping[str, Any]
    bounds: BBox
    overlays: Sequence[Overlay]
    template: str
    map_title: str  # the map in words
    whole_page: bool = False  # the map is the page; else it is a figure of a report
    closest: int = 18  # zoom: closer would show how coordinates are rounded


@dataclass(frozen=True)
class Document:
    """`file` begins the name of its file; `asks` is the parameter that says of what ("" nothing),
    and `hint` how that is written."""

    name: str
    title: str | Promise
    description: str | Promise
    file: str
    asks: str = ""
    hint: str | Promise = ""
    module: str = ""

    @property
    def _module(self) -> Any:
        return import_module(f"maps.documents.{self.module or self.name}")

    def periods(self) -> list[Period]:
        """Those to choose from; none where it has none, or is asked for by number."""
        found: list[Period] = self._module.periods() if self.asks == "period" else []
        return found

    def gather(self, period: str, user: Any = None) -> Told:
        """Raises Missing and Unreadable. With a user, what this official may read."""
        gather: Callable[..., Told] = self._module.gather
        return gather(period) if user is None else gather(period, user)

    def usual(self) -> str:
        """The period to tell of where none is asked for: the newest that has ended."""
        if not self.asks:
            return ""
        periods = self.periods()
        ended = [one for one in periods if not one.running]
        if not periods:
            raise Missing(str(_("Belum ada data untuk dokumen ini.")))
        return (ended or periods)[0].value


DOCUMENTS: Mapping[str, Document] = {
    document.name: document
    for document in (
        Document(
            name="kota",
            module="city",
            title=_("Peta kota"),
            description=_(
                "Semua lapisan yang terbuka bagi umum, dengan legenda dan keterangannya."
            ),
            file="Peta-Kota",
        ),
        Document(
            name="harga",
            module="prices",
            title=_("Buletin harga pasar"),
            description=_(
                "Harga terendah, tengah, dan tertinggi tiap komoditas, perubahannya, dan pasar "
                "yang tidak mencatat."
            ),
            file="Buletin-Harga",
            asks="period",
            hint=_("Tulis hari (2026-11-22) atau pekan (2026-W47)."),
        ),
        Document(
            name="sampah",
            module="trash",
            title=_("Pekan kebersihan"),
            description=_(
                "Laporan sampah yang masuk, selesai, dan masih terbuka dalam sepekan, per "
                "kelurahan, dengan titik rawannya."
            ),
            file="Pekan-Kebersihan",
            asks="period",
            hint=_("Tulis pekan, misalnya 2026-W47."),
        ),
        Document(
            name="stunting",
            title=_("Buletin stunting"),
            description=_(
                "Angka yang sudah dirilis per kelurahan dan bulan. Angka kecil disembunyikan."
            ),
            file="Buletin-Stunting",
            asks="period",
            hint=_("Tulis bulan rilis, misalnya 2026-08."),
        ),
        Document(
            name="permohonan",
            module="dossier",
            title=_("Berkas permohonan ruang"),
            description=_("Satu permohonan dari register: bidang, zona, putusan, dan suratnya."),
            file="Berkas",
            asks="number",
            hint=_("Tulis nomor permohonan, misalnya KKPR-2026-0001."),
        ),
    )
}
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
