"""The queue: the files that an official works on, beside a map that moves with the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from layers.catalog.permits import desk, reference
from layers.catalog.permits.applications import COLOURS, STATUS_NAMES, Application
from layers.catalog.permits.check.verdicts import NAMES
from layers.catalog.permits.clock.timing import escalations
from layers.catalog.permits.roles import PLANNER, roles_of
from maps.review import ground
from maps.review.clocks import NEAR, Clock, clock_of
from maps.review.doors import for_officials, official
from maps.review.words import WORDS

MINE, NOBODY = "me", "-"
URGENT = 5  # lines of the escalation list before it is folded

GROUP_NAMES = {"open": _("Sedang berjalan"), "closed": _("Selesai"), "all": _("Semua")}
ORDER_NAMES = {
    "left": _("Sisa waktu"),
    "newest": _("Terbaru"),
    "oldest": _("Terlama"),
    "number": _("Nomor"),
    "area": _("Luas"),
}


class Filters(forms.Form):
    """Every filter may be left out; what cannot be understood is told, and shows nothing."""

    text = forms.CharField(label=_("Cari"), required=False, max_length=100)
    status = forms.ChoiceField(label=_("Tahap"), required=False)
    officer = forms.ChoiceField(label=_("Petugas"), required=False)
    kelurahan = forms.ChoiceField(label=_("Kelurahan"), required=False)
    late = forms.ChoiceField(label=_("Waktu"), required=False)
    verdict = forms.ChoiceField(label=_("Kesesuaian"), required=False)
    order = forms.ChoiceField(label=_("Urutan"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        people = [
            (one.username, one.get_full_name() or one.username) for one in reference.officers()
        ]
        choices: dict[str, Sequence[tuple[str, Any]]] = {
            "status": [
                *((name, title) for name, title in GROUP_NAMES.items()),
                *((value, str(title)) for value, title in STATUS_NAMES.items()),
            ],
            "officer": [
                ("", _("Siapa saja")), (MINE, _("Saya")), (NOBODY, _("Belum ada")), *people,
            ],
            "kelurahan": [("", _("Semua kelurahan")), *reference.kelurahan()],
            "late": [
                ("", _("Semua")), ("late", _("Lewat batas")), ("near", _("Lewat atau hampir")),
            ],
            "verdict": [("", _("Semua")), *((code, str(name)) for code, name in NAMES.items())],
            "order": list(ORDER_NAMES.items()),
        }  # fmt: skip
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = offered

    def asked(self, user: Any) -> dict[str, Any]:
        """What is asked of the desk."""
        told = {name: value for name, value in self.cleaned_data.items() if value}
        told.pop("late", None)
        if told.get("officer") == MINE:
            told["officer"] = user.get_username()
        return told


@dataclass(frozen=True)
class Line:
    """A row of the list as the page writes it."""

    row: desk.Row
    clock: Clock
    status: str
    colour: str

    @property
    def bounds(self) -> str:
        return ",".join(f"{number:.6f}" for number in self.row.bounds)


def rows_asked(user: Any, filters: Filters) -> list[desk.Row]:
    """The rows in the order of the list; none where the question cannot be understood."""
    if not filters.is_valid():
        return []
    rows = desk.queue(user, **filters.asked(user))
    match filters.cleaned_data["late"]:
        case "late":
            return [row for row in rows if row.timing.late]
        case "near":
            return [row for row in rows if _is_near(row)]
    return rows


def _is_near(row: desk.Row) -> bool:
    left = row.timing.left
    return row.timing.late or (left is not None and left <= NEAR and not row.timing.paused)


@for_officials
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    user, today = official(request), timezone.localdate()
    filters = Filters(request.GET)
    rows = rows_asked(user, filters)
    context = {
        "filters": filters,
        "lines": [_line(row, today) for row in rows],
        "most": desk.MOST,
        "narrowed": any(request.GET.get(name) for name in filters.fields if name != "order"),
        "query": request.GET.urlencode(),
        "late": [_late(one, today) for one in escalations(today)],
        "urgent": URGENT,
        "may_register": PLANNER in roles_of(user),
        "under": ground.under_queue(user),
        "words": WORDS,
    }
    return render(request, "maps/review/queue.html", context)


def _line(row: desk.Row, today: date) -> Line:
    status = Application.Status(row.application.status)
    clock = clock_of(row.application, row.timing, today)
    return Line(row, clock, str(STATUS_NAMES[status]), COLOURS[status])


def _late(one: Any, today: date) -> dict[str, Any]:
    status = STATUS_NAMES[one.application.status]
    clock = clock_of(one.application, one.timing, today)
    return {"one": one, "clock": clock, "status": str(status)}


@for_officials
@require_safe
def beside(request: HttpRequest, number: str, way: str) -> HttpResponse:
    """On to the file before or after this one in the list that the same filters give."""
    rows = rows_asked(official(request), Filters(request.GET))
    numbers = [row.number for row in rows]
    at = numbers.index(number) if number in numbers else -1
    to = at + (1 if way == "next" else -1)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    if at == -1 and numbers:
        return redirect(reverse("review-file", args=[numbers[0]]) + query)
    if not 0 <= to < len(numbers):
        return redirect(reverse("review") + query)
    return redirect(reverse("review-file", args=[numbers[to]]) + query)
