"""Where an application stands, in the words of whoever made it: no official's name, no note of the
office, nothing of anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.catalog.permits.acts import Act
from layers.catalog.permits.applications import CLOSED, DECIDED, Application
from layers.catalog.permits.clock.timing import Timing

S = Application.Status
# Whatever the office does between these is one step to the applicant.
STEPS = (
    ((S.REGISTERED,), gettext_lazy("Permohonan diterima")),
    ((S.COMPLETENESS, S.RETURNED), gettext_lazy("Pemeriksaan kelengkapan")),
    ((S.LAND_CONSIDERATION,), gettext_lazy("Pertimbangan teknis pertanahan")),
    ((S.ASSESSMENT, S.FORUM), gettext_lazy("Penilaian tata ruang")),
    ((S.RECOMMENDATION,), gettext_lazy("Menunggu putusan")),
    (DECIDED, gettext_lazy("Putusan")),
)
NOW = {
    S.REGISTERED: gettext_lazy("Permohonan Anda sudah diterima dan menunggu diperiksa."),
    S.COMPLETENESS: gettext_lazy("Kelengkapan permohonan Anda sedang diperiksa."),
    S.RETURNED: gettext_lazy("Kami menunggu Anda: jawab permintaan di bawah."),
    S.LAND_CONSIDERATION: gettext_lazy("Permohonan lengkap. Kantor Pertanahan memberi pendapat."),
    S.ASSESSMENT: gettext_lazy("Permohonan Anda sedang dinilai terhadap rencana tata ruang."),
    S.FORUM: gettext_lazy("Permohonan Anda dibahas di Forum Penataan Ruang."),
    S.RECOMMENDATION: gettext_lazy("Penilaian selesai. Permohonan Anda menunggu putusan pejabat."),
    S.GRANTED: gettext_lazy("Permohonan Anda disetujui."),
    S.GRANTED_IN_PART: gettext_lazy("Permohonan Anda disetujui sebagian."),
    S.REFUSED: gettext_lazy("Permohonan Anda ditolak."),
    S.WITHDRAWN: gettext_lazy("Permohonan ini sudah Anda cabut."),
    S.LAPSED: gettext_lazy("Permohonan ini gugur karena permintaan tidak dijawab."),
}
# What is told of the history. Which offices were asked, what was checked, who looked at what and
# the way of a recommendation are the office's own.
TOLD = {
    "register": gettext_lazy("Permohonan didaftarkan"),
    "begin": gettext_lazy("Pemeriksaan kelengkapan dimulai"),
    "return": gettext_lazy("Dikembalikan kepada Anda"),
    "resubmit": gettext_lazy("Anda mengajukan kembali"),
    "accept": gettext_lazy("Permohonan dinyatakan lengkap"),
    "assess": gettext_lazy("Penilaian dimulai"),
    "to-forum": gettext_lazy("Dibawa ke Forum Penataan Ruang"),
    "grant": gettext_lazy("Disetujui"),
    "grant-in-part": gettext_lazy("Disetujui sebagian"),
    "refuse": gettext_lazy("Ditolak"),
    "withdraw": gettext_lazy("Permohonan dicabut"),
    "lapse": gettext_lazy("Permohonan dinyatakan gugur"),
    "redraw": gettext_lazy("Batas bidang diubah"),
    "request": gettext_lazy("Permintaan kepada Anda"),
    "request-answered": gettext_lazy("Anda menjawab permintaan"),
    "request-cancelled": gettext_lazy("Permintaan dibatalkan"),
    "pause": gettext_lazy("Hitungan hari dihentikan sementara"),
    "resume": gettext_lazy("Hitungan hari dijalankan lagi"),
    "document": gettext_lazy("Dokumen ditambahkan"),
    "letter": gettext_lazy("Surat keputusan diterbitkan"),
}
# Of these the reason was written for the applicant, or by him.
EXPLAINED = frozenset({"return", "withdraw", "lapse", "request", "request-answered"})


@dataclass(frozen=True)
class Stage:
    """`state` is done, now or later; `at` is when it was first reached."""

    title: str
    state: str
    at: datetime | None


@dataclass(frozen=True)
class Event:
    title: str
    at: datetime
    text: str = ""
    own: bool = False


def now(application: Application, *, asked: bool = True) -> str:
    """`asked`: whether something is still asked of the applicant."""
    if application.status == S.RETURNED and not asked:
        return _("Semua permintaan sudah Anda jawab: ajukan kembali permohonan Anda.")
    return str(NOW[S(application.status)])


def stages(application: Application) -> list[Stage]:
    moves = application.moves.order_by("at", "pk")
    reached: dict[str, datetime] = {}
    for status, at in moves.values_list("to_status", "at"):
        reached.setdefault(status, at)
    standing = _place(application.status, reached)
    found = [
        Stage(
            _title(place, application),
            _state(place, standing, application.status),
            _first(STEPS[place][0], reached),
        )
        for place in range(len(STEPS))
    ]
    if application.status in (S.WITHDRAWN, S.LAPSED):
        ended = _("Dicabut") if application.status == S.WITHDRAWN else _("Gugur")
        found = [stage for stage in found if stage.at] + [
            Stage(ended, "now", reached.get(application.status))
        ]
    return found


def _title(place: int, application: Application) -> str:
    if place == len(STEPS) - 1 and application.status in DECIDED:
        return now(application)
    return str(STEPS[place][1])


def _first(statuses: Sequence[str], reached: dict[str, datetime]) -> datetime | None:
    return min((reached[one] for one in statuses if one in reached), default=None)


def _place(status: str, reached: dict[str, datetime]) -> int:
    for place, (statuses, _name) in enumerate(STEPS):
        if status in statuses:
            return place
    return max(
        (place for place, (statuses, _name) in enumerate(STEPS) if _first(statuses, reached)),
        default=0,
    )


def _state(place: int, standing: int, status: str) -> str:
    if place < standing or (place == standing and status in CLOSED):
        return "done"
    return "now" if place == standing else "later"


def history(application: Application) -> list[Event]:
    """Newest first. Papers that the office put into the file are its own."""
    acts = application.acts.filter(kind__in=TOLD)
    acts = acts.exclude(kind="document", by__isnull=False)
    return [_event(act) for act in acts.order_by("-at", "-pk")]


def _event(act: Act) -> Event:
    title = str(TOLD[act.kind])
    if act.kind in ("resubmit", "request-answered") and act.by_id is not None:
        title = {
            "resubmit": _("Diajukan kembali lewat loket"),
            "request-answered": _("Jawaban Anda dicatat di loket"),
        }[act.kind]
    return Event(title, act.at, act.why if act.kind in EXPLAINED else "", act.by_id is None)


def days(timing: Timing, today: date) -> str:
    """How long it takes yet, in a sentence, or nothing where that is not known."""
    if timing.paused:
        return _("Hitungan hari berhenti; dijalankan lagi sesudah yang kurang dipenuhi.")
    left = timing.total_left
    if timing.deemed_on is not None and timing.deemed_on <= today:
        told = _("Batas waktu putusan lewat: menurut hukum dianggap disetujui sejak %(day)s.")
        return told % {"day": date_format(timing.deemed_on, "j M Y")}
    if left is None:
        return ""
    if left < 0:
        return _("Batas waktu putusan lewat %(days)d hari kerja.") % {"days": -left}
    return _("Paling lama %(days)d hari kerja lagi sampai putusan.") % {"days": left}
