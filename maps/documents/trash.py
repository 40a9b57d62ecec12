"""The trash week: what came in, what was done and what is open, from the public reports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, floor, radians
from typing import Any

from django.db.models import Max, Min, Q
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from layers.catalog.boundaries import KELURAHAN
from layers.catalog.trash.reports import CATEGORY_NAMES, STATUS_NAMES, TRASH_REPORTS
from maps.documents import Missing, Period, Told, Unreadable, report
from maps.documents.charts import columns
from maps.documents.drawing import PUBLIC, look
from maps.documents.page import Feature, Overlay
from maps.documents.periods import WEEK, Span, a_week, weeks
from maps.formats import day, moment, number

DONE = "resolved"
WEEKS = 8  # of the chart
SPOT, SPOT_LEAST, SPOTS = 250, 3, 8  # metres of a cell, reports that make it one, cells told of
METRES_A_DEGREE = 111_320
RING = "#7f1d1d"


@dataclass(frozen=True)
class Report:
    pk: int
    category: str
    kelurahan: str
    received_at: datetime
    status: str  # at the end of the week
    done_at: datetime | None
    lon: float
    lat: float

    def came_in(self, span: Span) -> bool:
        return span.start <= self.received_at < span.stop

    def was_done(self, span: Span) -> bool:
        return self.done_at is not None and span.start <= self.done_at < span.stop

    @property
    def is_open(self) -> bool:
        return self.status != DONE

    @property
    def days(self) -> float:
        assert self.done_at is not None
        return (self.done_at - self.received_at).total_seconds() / 86_400


def periods() -> list[Period]:
    found = TRASH_REPORTS.visible_to(PUBLIC).aggregate(
        first=Min("received_at"), last=Max("received_at")
    )
    if not found["last"]:
        return []
    known = (timezone.localdate(found["last"]) - timezone.localdate(found["first"])) // WEEK
    return weeks(timezone.now(), min(known + 2, 26))


def gather(period: str) -> Told:
    span = a_week(period)
    if span is None:
        raise Unreadable(_("Tulis pekan, misalnya 2026-W47."))
    reports = _reports(span)
    if not reports or span.start > timezone.now():
        raise Missing(_("Tidak ada laporan sampah sampai %(day)s.") % {"day": day(span.end)})
    new = [one for one in reports if one.came_in(span)]
    done = [one for one in reports if one.was_done(span)]
    open_ones = [one for one in reports if one.is_open]
    spots = _spots(open_ones)
    title = _("Pekan kebersihan")
    bounds, ground = report.base()
    values = {
        **report.letterhead(TRASH_REPORTS),
        "title": title,
        "period": span.label,
        "running": span.running,
        "new": len(new),
        "done": len(done),
        "open": len(open_ones),
        "days": _days(done),
        "oldest": _oldest(open_ones, span),
        "areas": _areas(new, done, open_ones),
        "categories": _categories(new, open_ones),
        "spots": [one for one, _feature in spots],
        "chart": _chart(span),
        "legend": [
            *report.legend(TRASH_REPORTS.style, Counter(one.status for one in reports)),
            {"title": _("Titik rawan"), "colour": RING, "pattern": "hollow", "count": len(spots)},
        ],
        "style": {"kind": "circle"},
    }
    return Told(
        title=f"{title} {span.label}",
        values=values,
        bounds=bounds,
        overlays=[*ground, _points([*open_ones, *done]), _rings([one for _, one in spots])],
        template="maps/documents/trash.html",
        map_title=_("Peta laporan terbuka dan titik rawan. Isinya sama dengan tabel di bawah."),
    )


def _reports(span: Span) -> list[Report]:
    """Those open at the end of the week and those done in it, as they stood then."""
    before = Q(moves__at__lt=span.stop)
    rows = (
        TRASH_REPORTS.visible_to(PUBLIC)
        .filter(received_at__lt=span.stop)
        .annotate(
            done_at=Max("moves__at", filter=before & Q(moves__to_status=DONE)),
            moved_at=Max("moves__at", filter=before),
        )
        .filter(Q(done_at=None) | Q(done_at__gte=span.start) | ~Q(status=DONE))
        .order_by("pk")
        .values("pk", "category", "kelurahan__name", "received_at", "done_at", "moved_at", "geom")
    )
    states = _states(span)
    reports = [
        Report(
            pk=row["pk"],
            category=row["category"],
            kelurahan=row["kelurahan__name"] or _("di luar kelurahan"),
            received_at=row["received_at"],
            status=states.get(row["pk"], "received"),
            done_at=row["done_at"],
            lon=row["geom"].x,
            lat=row["geom"].y,
        )
        for row in rows
    ]
    return [one for one in reports if one.is_open or one.was_done(span)]


def _states(span: Span) -> dict[int, str]:
    """Where each report stood at the end of the week: its last move before."""
    rows = (
        TRASH_REPORTS.visible_to(PUBLIC)
        .filter(moves__at__lt=span.stop)
        .order_by("pk", "-moves__at", "-moves__pk")
        .distinct("pk")
    )
    return dict(rows.values_list("pk", "moves__to_status"))


def _days(done: Sequence[Report]) -> str:
    found = report.middle([one.days for one in done])
    return "" if found is None else number(found, decimals=1)


def _oldest(open_ones: Sequence[Report], span: Span) -> str:
    """In whole days."""
    if not open_ones:
        return ""
    return number((span.stop - min(one.received_at for one in open_ones)).days)


def _areas(
    new: Sequence[Report], done: Sequence[Report], open_ones: Sequence[Report]
) -> list[dict[str, Any]]:
    """A row for each kelurahan, those without a report among them, the most open first."""
    names = list(KELURAHAN.visible_to(PUBLIC).order_by("name").values_list("name", flat=True))
    counts = [Counter(one.kelurahan for one in reports) for reports in (new, done, open_ones)]
    days = defaultdict(list)
    for one in done:
        days[one.kelurahan].append(one)
    everywhere = dict.fromkeys([*names, *(name for found in counts for name in found)])
    rows = [
        {
            "name": name,
            "new": counts[0][name],
            "done": counts[1][name],
            "open": counts[2][name],
            "days": _days(days[name]),
        }
        for name in everywhere
    ]
    return sorted(rows, key=lambda row: (-row["open"], -row["new"], row["name"]))


def _categories(new: Sequence[Report], open_ones: Sequence[Report]) -> list[dict[str, Any]]:
    came, waiting = (Counter(one.category for one in found) for found in (new, open_ones))
    return [
        {"name": str(name), "new": came[code], "open": waiting[code]}
        for code, name in CATEGORY_NAMES.items()
    ]


def _spots(open_ones: Sequence[Report]) -> list[tuple[dict[str, Any], Feature]]:
    """Where the most open reports lie together, in cells of 250 metres."""
    cells: dict[tuple[int, int], list[Report]] = defaultdict(list)
    for one in open_ones:
        # The width of a degree is taken at the row of cells, so that their edges meet.
        row = floor(one.lat * METRES_A_DEGREE / SPOT)
        wide = METRES_A_DEGREE * cos(radians(row * SPOT / METRES_A_DEGREE))
        cells[row, floor(one.lon * wide / SPOT)].append(one)
    crowded = [found for found in cells.values() if len(found) >= SPOT_LEAST]
    crowded.sort(key=lambda found: (-len(found), found[0].pk))
    return [_spot(place, found) for place, found in enumerate(crowded[:SPOTS], start=1)]


def _spot(place: int, found: Sequence[Report]) -> tuple[dict[str, Any], Feature]:
    kelurahan = Counter(one.kelurahan for one in found).most_common(1)[0][0]
    category = str(CATEGORY_NAMES[Counter(one.category for one in found).most_common(1)[0][0]])
    lon = round(sum(one.lon for one in found) / len(found), 5)
    lat = round(sum(one.lat for one in found) / len(found), 5)
    oldest = day(min(one.received_at for one in found))
    row = {
        "place": place,
        "kelurahan": kelurahan,
        "count": len(found),
        "category": category,
        "oldest": oldest,
        "at": f"{lat:.5f}, {lon:.5f}",
    }
    ring = {"radius": 16, "color": RING, "weight": 3, "opacity": 1, "fill": False}
    feature = Feature(
        id=place,
        geometry={"type": "Point", "coordinates": [lon, lat]},
        style=ring,
        name=escape(f"{place}"),
        rows=[escape(kelurahan), str(len(found)), escape(category), escape(oldest)],
    )
    return row, feature


def _rings(features: Sequence[Feature]) -> Overlay:
    titles = (_("Kelurahan"), _("Laporan terbuka"), _("Terbanyak"), _("Tertua"))
    return Overlay(
        id="spots",
        title=escape(_("Titik rawan")),
        titles=[escape(title) for title in titles],
        features=features,
        names=True,
    )


def _points(reports: Sequence[Report]) -> Overlay:
    style = TRASH_REPORTS.style
    titles = (_("Status"), _("Kelurahan"), pgettext("laporan", "Diterima"))
    features = [
        Feature(
            id=one.pk,
            geometry={"type": "Point", "coordinates": [round(one.lon, 5), round(one.lat, 5)]},
            style=look(style, style.class_of(one.status)),
            name=escape(str(CATEGORY_NAMES[one.category])),
            rows=[
                escape(str(STATUS_NAMES[one.status])),
                escape(one.kelurahan),
                escape(moment(one.received_at)),
            ],
        )
        for one in {one.pk: one for one in reports}.values()
    ]
    return Overlay(
        id="reports",
        title=escape(str(TRASH_REPORTS.title)),
        titles=[escape(title) for title in titles],
        features=features,
    )


def _chart(span: Span) -> str:
    """What came in and what was done in each of the last weeks."""
    spans = [span.before(n * WEEK) for n in range(WEEKS - 1, -1, -1)]
    visible = TRASH_REPORTS.visible_to(PUBLIC)
    came = visible.filter(received_at__gte=spans[0].start, received_at__lt=span.stop)
    done = (
        visible.filter(moves__to_status=DONE, moves__at__lt=span.stop)
        .annotate(done_at=Max("moves__at"))
        .filter(done_at__gte=spans[0].start)
    )
    groups = []
    received = list(came.values_list("received_at", flat=True))
    finished = list(done.values_list("done_at", flat=True))
    for one in spans:
        counts = [sum(one.start <= at < one.stop for at in times) for times in (received, finished)]
        groups.append((day(one.first).rsplit(" ", 1)[0], counts))
    return columns(groups, told=_("Laporan masuk dan selesai tiap pekan, delapan pekan terakhir."))
