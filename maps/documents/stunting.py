"""The stunting bulletin of a released month. It reads released figures alone: what is hidden is
null in the database itself, and no sum here lets it be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from layers.catalog.stunting.prevalence import PREVALENCE, minimum_on
from maps.documents import Missing, Period, Told, report
from maps.documents.charts import columns
from maps.documents.drawing import PUBLIC, draw
from maps.documents.periods import a_month, of_month
from maps.formats import day, month, number

MONTHS = 8  # of the chart


@dataclass(frozen=True)
class Figure:
    kelurahan: str
    kecamatan: str
    hidden: bool
    measured: int | None
    stunted: int | None
    rate: float | None


def periods() -> list[Period]:
    return [of_month(first) for first in _months()]


def gather(period: str) -> Told:
    first = a_month(period)
    months = _months()
    if first not in months:
        raise Missing(_("Angka %(month)s belum dirilis.") % {"month": month(first)})
    earlier = [one for one in months if one < first]
    figures = _figures(first)
    before = {one.kelurahan: one for one in _figures(earlier[0])} if earlier else {}
    told = [one for one in figures if not one.hidden]
    title = _("Buletin stunting")
    bounds, ground = report.base()
    drawing = draw(PREVALENCE, facet=first.isoformat())
    values = {
        **report.letterhead(PREVALENCE),
        "title": title,
        "period": month(first),
        "running": False,
        "rows": [_row(one, before.get(one.kelurahan)) for one in _ranked(figures)],
        "told": len(told),
        "hidden": len(figures) - len(told),
        "all": len(figures),
        "total": _total(told),
        "then": month(earlier[0]) if earlier else "",
        "change": _change(told, before),
        "minimum": minimum_on(first),
        "released": _released(first),
        "chart": _chart([one for one in reversed(months) if one <= first][-MONTHS:]),
        "legend": report.legend(PREVALENCE.style),
        "style": {"kind": "fill", "opacity": PREVALENCE.style.opacity},
    }
    return Told(
        title=f"{title} {month(first)}",
        values=values,
        bounds=bounds,
        overlays=[replace(drawing.overlay, shown=True), *ground],
        template="maps/documents/stunting.html",
        map_title=_("Peta prevalensi per kelurahan. Isinya sama dengan tabel di bawah."),
    )


def _months() -> list[date]:
    """Released ones, the newest first."""
    rows = PREVALENCE.visible_to(PUBLIC).order_by("-month")
    return list(rows.values_list("month", flat=True).distinct())


def _figures(first: date) -> list[Figure]:
    rows = PREVALENCE.visible_to(PUBLIC).filter(month=first).order_by("kelurahan__name")
    return [
        Figure(*row)
        for row in rows.values_list(
            *("kelurahan__name", "kelurahan__parent__name", "hidden"),
            *("measured", "stunted", "rate"),
        )
    ]


def _ranked(figures: Sequence[Figure]) -> list[Figure]:
    """The highest rate first, the hidden last."""
    return sorted(figures, key=lambda one: (one.hidden, -(one.rate or 0), one.kelurahan))


def _row(one: Figure, before: Figure | None) -> dict[str, Any]:
    known = before is not None and before.rate is not None and one.rate is not None
    change = one.rate - before.rate if known else None  # type: ignore[operator,union-attr]
    return {
        "name": one.kelurahan,
        "above": one.kecamatan or "",
        "hidden": one.hidden,
        "rate": "" if one.rate is None else f"{number(one.rate, decimals=1)} %",
        "measured": "" if one.measured is None else number(one.measured),
        "stunted": "" if one.stunted is None else number(one.stunted),
        "change": report.signed(change, unit=""),
    }


def _total(told: Sequence[Figure]) -> dict[str, str]:
    """Of the kelurahan that are told of, and of no other."""
    measured = sum(one.measured or 0 for one in told)
    stunted = sum(one.stunted or 0 for one in told)
    return {
        "measured": number(measured),
        "stunted": number(stunted),
        "rate": f"{number(100 * stunted / measured, decimals=1)} %" if measured else "",
    }


def _change(told: Sequence[Figure], before: dict[str, Figure]) -> dict[str, Any]:
    """How many rose and fell, of those told of both times, and the change of them together."""
    both = [
        (one, before[one.kelurahan])
        for one in told
        if one.kelurahan in before and not before[one.kelurahan].hidden
    ]
    moved = [(one.rate or 0) - (then.rate or 0) for one, then in both]
    rates = [_rate([pair[place] for pair in both]) for place in (0, 1)]
    together = None if None in rates else rates[0] - rates[1]  # type: ignore[operator]
    return {
        "both": len(both),
        "up": sum(change > 0 for change in moved),
        "down": sum(change < 0 for change in moved),
        "together": report.signed(together, unit=""),
    }


def _rate(figures: Sequence[Figure]) -> float | None:
    measured = sum(one.measured or 0 for one in figures)
    return 100 * sum(one.stunted or 0 for one in figures) / measured if measured else None


def _released(first: date) -> str:
    rows = PREVALENCE.visible_to(PUBLIC).filter(month=first).order_by("-released_at")
    at: datetime | None = rows.values_list("released_at", flat=True).first()
    return day(at) if at else ""


def _chart(months: Sequence[date]) -> str:
    groups = []
    for first in months:
        rate = _rate([one for one in _figures(first) if not one.hidden])
        groups.append((month(first), [round(rate or 0, 1)]))
    return columns(groups, told=_("Prevalensi gabungan kelurahan yang diumumkan, tiap rilis."))
