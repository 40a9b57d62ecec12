"""The price bulletin of a day or a week, from the public readings of the markets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from layers.base import Format, Property, Text
from layers.catalog.markets.places import MARKETS
from layers.catalog.markets.prices import LATEST_PRICES, PRICE_READINGS
from layers.provenance import last_updated
from maps.documents import Missing, Period, Told, Unreadable, report
from maps.documents.charts import line
from maps.documents.drawing import PUBLIC, look
from maps.documents.page import Feature, Overlay
from maps.documents.periods import DAY, WEEK, Span, a_day, a_week, days, weeks
from maps.formats import day, written

TREND = 30  # days of the small lines
EDGE = {"color": "#374151", "weight": 1.5}  # a price that stood still is pale
PRICE = Property("price", Text("Harga", "Price"), format=Format.RUPIAH)


@dataclass(frozen=True)
class Item:
    """A commodity, with its price in each market now and at the time it is held against."""

    name: str
    group: str
    unit: str
    now: dict[int, int] = field(default_factory=dict)
    then: dict[int, int] = field(default_factory=dict)

    def change(self, market: int) -> float | None:
        """In percent, where the market has both."""
        if market not in self.now or market not in self.then:
            return None
        return 100 * (self.now[market] - self.then[market]) / self.then[market]

    @property
    def changes(self) -> list[float]:
        return [one for market in self.now if (one := self.change(market)) is not None]


def periods() -> list[Period]:
    newest = last_updated(PRICE_READINGS, PUBLIC)
    return [*days(newest, 31), *weeks(newest, 26)] if newest else []


def gather(period: str) -> Told:
    span = a_day(period) or a_week(period)
    if span is None:
        raise Unreadable(_("Tulis hari (2026-11-22) atau pekan (2026-W47)."))
    items = _items(span)
    if not items:
        told = _("Tidak ada catatan harga pada %(period)s.") % {"period": span.label}
        raise Missing(told)
    markets = _markets()
    title = _("Buletin harga pasar")
    bounds, ground = report.base()
    rows = [_row(item, markets, trend) for item, trend in _with_trends(items, span)]
    values = {
        **report.letterhead(PRICE_READINGS, MARKETS),
        "title": title,
        "period": span.label,
        "is_day": span.is_day,
        "running": span.running,
        "rows": rows,
        "highlights": _highlights(items.values()),
        "markets": [_market_row(pk, one, items) for pk, one in markets.items()],
        "silent": [one["name"] for pk, one in markets.items() if not _read_in(pk, items)],
        "count": sum(len(item.now) for item in items.values()),
        "legend": report.legend(LATEST_PRICES.style),
        "style": {"kind": "circle"},
        "against": day(_against(span).end - DAY) if span.is_day else _against(span).label,
    }
    return Told(
        title=f"{title} {span.label}",
        values=values,
        bounds=bounds,
        overlays=[*ground, _overlay(markets, items)],
        template="maps/documents/prices.html",
        map_title=_("Peta pasar: perubahan harga. Isinya sama dengan tabel pasar di bawah."),
    )


def _against(span: Span) -> Span:
    """What a span is held against: the week before, of a day the last reading that is at least a
    week older and at most two."""
    return Span(span.first - 2 * WEEK + DAY, span.end - WEEK) if span.is_day else span.before(WEEK)


def _items(span: Span) -> dict[int, Item]:
    """Those with a reading in the span, by commodity."""
    items: dict[int, Item] = {}
    for row in _readings(span):
        known = (row["commodity__name"], row["commodity__group"], row["commodity__unit"])
        item = items.setdefault(row["commodity_id"], Item(*known))
        item.now[row["market_id"]] = row["price"]
    for row in _readings(_against(span)):
        if row["commodity_id"] in items:
            items[row["commodity_id"]].then[row["market_id"]] = row["price"]
    return dict(sorted(items.items()))


def _readings(span: Span) -> Any:
    """The last reading of each commodity in each market."""
    names = ("commodity__name", "commodity__group", "commodity__unit")
    return (
        PRICE_READINGS.visible_to(PUBLIC)
        .filter(observed_at__gte=span.start, observed_at__lt=span.stop)
        .order_by("market_id", "commodity_id", "-observed_at", "-pk")
        .distinct("market_id", "commodity_id")
        .values("market_id", "commodity_id", "price", *names)
    )


def _with_trends(items: Mapping[int, Item], span: Span) -> list[tuple[Item, list[float | None]]]:
    """The median of each day up to the end of the span."""
    first = span.end - timedelta(days=TREND)
    rows = (
        PRICE_READINGS.visible_to(PUBLIC)
        .filter(observed_at__gte=Span(first, span.end).start, observed_at__lt=span.stop)
        .values_list("commodity_id", "observed_at", "price")
    )
    seen: dict[tuple[int, int], list[int]] = defaultdict(list)
    for commodity, at, price in rows:
        seen[commodity, (timezone.localdate(at) - first).days].append(price)
    return [
        (item, [report.middle(seen.get((pk, number), [])) for number in range(TREND)])
        for pk, item in items.items()
    ]


def _markets() -> dict[int, dict[str, Any]]:
    rows = MARKETS.visible_to(PUBLIC).order_by("name", "pk")
    found = rows.values("pk", "name", "kelurahan__name", "geom", "approximate")
    return {row.pop("pk"): row for row in found}


def _row(item: Item, markets: Mapping[int, Any], trend: Sequence[float | None]) -> dict[str, Any]:
    cheapest, dearest = (pick(item.now, key=lambda pk: item.now[pk]) for pick in (min, max))
    told = _("Harga tengah %(name)s dalam 30 hari") % {"name": item.name}
    return {
        "name": item.name,
        "group": item.group,
        "unit": item.unit,
        "low": written(item.now[cheapest], PRICE),
        "low_at": markets[cheapest]["name"] if cheapest in markets else "",
        "middle": written(report.middle(list(item.now.values())), PRICE),
        "high": written(item.now[dearest], PRICE),
        "high_at": markets[dearest]["name"] if dearest in markets else "",
        "change": report.signed(report.middle(item.changes)),
        "compared": len(item.changes),
        "read": len(item.now),
        "missing": [one["name"] for pk, one in markets.items() if pk not in item.now],
        "trend": line(trend, told=told),
    }


def _highlights(items: Any) -> dict[str, list[dict[str, str]]]:
    """What rose and what fell most, by more than one percent."""
    moved = [(report.middle(item.changes), item.name) for item in items]
    known = sorted(((change, name) for change, name in moved if change is not None), reverse=True)
    return {
        "up": [_told(*one) for one in known[:3] if one[0] > 1],
        "down": [_told(*one) for one in known[::-1][:3] if one[0] < -1],
    }


def _told(change: float, name: str) -> dict[str, str]:
    return {"name": name, "change": report.signed(change)}


def _read_in(market: int, items: Mapping[int, Item]) -> int:
    return sum(market in item.now for item in items.values())


def _market_change(market: int, items: Mapping[int, Item]) -> float | None:
    found = [one for item in items.values() if (one := item.change(market)) is not None]
    return report.middle(found)


def _market_row(pk: int, market: Mapping[str, Any], items: Mapping[int, Item]) -> dict[str, Any]:
    return {
        "name": market["name"],
        "kelurahan": market["kelurahan__name"] or "",
        "read": _read_in(pk, items),
        "of": len(items),
        "change": report.signed(_market_change(pk, items)),
    }


def _overlay(markets: Mapping[int, Any], items: Mapping[int, Item]) -> Overlay:
    style, features = LATEST_PRICES.style, []
    for pk, market in markets.items():
        change = _market_change(pk, items)
        prices = [_price_of(item, pk) for item in items.values()]
        features.append(
            Feature(
                id=pk,
                geometry={"type": "Point", "coordinates": [round(c, 5) for c in market["geom"]]},
                style=look(style, style.class_of(change)) | EDGE,
                name=escape(market["name"]),
                rows=[escape(price) for price in prices],
            )
        )
    return Overlay(
        id="bulletin",
        title=escape(_("Pasar")),
        titles=[escape(f"{item.name} ({item.unit})") for item in items.values()],
        features=features,
        names=True,
    )


def _price_of(item: Item, market: int) -> str:
    if market not in item.now:
        return ""
    change = report.signed(item.change(market))
    return f"{written(item.now[market], PRICE)}{f' ({change})' if change else ''}"
