"""The freshness board: which layers are as new as their office promised, as a page and as data."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from layers.base import User
from layers.freshness import State, history, reminders, state_of
from layers.offices import offices
from layers.permissions import POLICIES, duties
from layers.registry import layers_for
from layers.uploads.records import takes_part
from maps.answers import private
from maps.formats import month, schedule

LATE = "late"
HEIGHT = 24  # of the tallest bar


class Filters(forms.Form):
    show = forms.ChoiceField(
        label=gettext_lazy("Tampilkan"),
        required=False,
        choices=[("", gettext_lazy("Semua lapisan")), (LATE, gettext_lazy("Yang terlambat"))],
    )
    office = forms.ChoiceField(label=gettext_lazy("Perangkat daerah"), required=False)

    def __init__(self, data: Any, names: Sequence[str]) -> None:
        super().__init__(data)
        field = self.fields["office"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Semua")), *((name, name) for name in names)]


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    height: int
    title: str


@dataclass(frozen=True)
class Line:
    """A layer as the board tells of it."""

    state: State
    months: list[tuple[date, int]]

    @property
    def title(self) -> str:
        return str(self.state.layer.title)

    @property
    def restricted(self) -> bool:
        return not POLICIES[self.state.layer.policy].public

    @property
    def schedule(self) -> str:
        return schedule(self.state.layer.update_every)

    @cached_property
    def bars(self) -> list[Bar]:
        most = max((count for _month, count in self.months), default=0)
        heights = [round(HEIGHT * count / most) if count else 0 for _month, count in self.months]
        return [
            Bar(8 * at, HEIGHT - max(high, 1), max(high, 1), f"{month(first)}: {_days(count)}")
            for at, ((first, count), high) in enumerate(zip(self.months, heights, strict=True))
        ]

    @property
    def told(self) -> str:
        """The bars in words."""
        changed = [f"{month(first)} {_days(count)}" for first, count in self.months if count]
        return "; ".join(changed) or _("belum ada pembaruan dalam setahun")


def _days(count: int) -> str:
    return ngettext("%(n)d hari", "%(n)d hari", count) % {"n": count}


def _lines(user: User) -> list[Line]:
    """Every layer that exists for this person, the latest first."""
    states = [state_of(layer, user) for layer in layers_for(user)]
    states.sort(key=lambda one: (-one.days_late, one.updated is not None, str(one.layer.title)))
    return [Line(state, history(state, user)) for state in states]


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    lines = _lines(request.user)
    names = sorted({line.state.layer.owner for line in lines})
    filters = Filters(request.GET, names)
    shown = _shown(lines, filters)
    is_official = bool(duties(request.user))
    context = {
        "filters": filters,
        "lines": shown,
        "late": sum(line.state.late for line in lines),
        "total": len(lines),
        "narrowed": any(request.GET.get(name) for name in filters.fields),
        "offices": offices() if is_official else {},
        "reminders": _reminders(request.user, lines) if is_official else [],
        "is_official": is_official,
        "uploads": takes_part(request.user),
    }
    page = render(
        request, "maps/freshness/board.html", context, status=200 if filters.is_valid() else 400
    )
    return private(request, page)  # type: ignore[return-value]


def _shown(lines: list[Line], filters: Filters) -> list[Line]:
    if not filters.is_valid():
        return []
    show, office = filters.cleaned_data["show"], filters.cleaned_data["office"]
    return [
        line
        for line in lines
        if (show != LATE or line.state.late) and office in ("", line.state.layer.owner)
    ]


def _reminders(user: User, lines: list[Line]) -> list[dict[str, Any]]:
    titles = {line.state.layer.id: line.title for line in lines}
    return [{"one": one, "title": titles[one.layer_id]} for one in reminders(user, most=20)]


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    found = {"layers": [_plain(line) for line in _lines(request.user)]}
    return private(request, JsonResponse(found))  # type: ignore[return-value]


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="kemutakhiran-data.csv"'
    response.write("\ufeff")  # else Excel reads it in another alphabet
    rows = [_plain(line) for line in _lines(request.user)]
    names = ["id", "title", "owner", "update_every_days", "updated", "due", "days_late"]
    writer = csv.DictWriter(response, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return private(request, response)  # type: ignore[return-value]


def _plain(line: Line) -> dict[str, Any]:
    state = line.state
    return {
        "id": state.layer.id,
        "title": line.title,
        "owner": state.layer.owner,
        "update_every_days": state.layer.update_every.days,
        "updated": state.updated and state.updated.isoformat(),
        "due": state.due and state.due.isoformat(),
        "days_late": state.days_late,
        "months": [{"month": f"{first:%Y-%m}", "days": count} for first, count in line.months],
    }
