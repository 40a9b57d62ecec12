"""The clock of a file in a few words, for the queue and the head of a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from layers.catalog.permits.applications import CLOSED, Application
from layers.catalog.permits.clock.timing import Timing
from maps.formats import day

NEAR = 2  # working days left, from which on a file is marked


@dataclass(frozen=True)
class Clock:
    """`tone` is what the page colours it by: late, near, fine, still or none."""

    text: str
    tone: str


def clock_of(application: Application, timing: Timing, today: date) -> Clock:
    if application.status in CLOSED:
        return Clock(_closed(application), "none")
    if timing.deemed_on and timing.deemed_on <= today:
        told = _("dianggap disetujui sejak %(day)s") % {"day": day(timing.deemed_on)}
        return Clock(told, "late")
    if timing.paused:
        return Clock(_("berhenti: %(why)s") % {"why": timing.paused_why}, "still")
    if timing.left is None:
        return Clock(_("tanpa batas waktu"), "none")
    return _counted(timing.left)


def _counted(left: int) -> Clock:
    if left < 0:
        told = ngettext("lewat %(n)s hari kerja", "lewat %(n)s hari kerja", -left)
        return Clock(told % {"n": -left}, "late")
    if left == 0:
        return Clock(_("hari terakhir"), "near")
    told = ngettext("%(n)s hari kerja lagi", "%(n)s hari kerja lagi", left) % {"n": left}
    return Clock(told, "near" if left <= NEAR else "fine")


def _closed(application: Application) -> str:
    if application.decided_on:
        return _("diputus %(day)s") % {"day": day(application.decided_on)}
    return _("selesai")
