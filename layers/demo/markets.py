"""Ten markets, the items watched in them, and prices that move as those of NTT do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from math import pi, sqrt

import numpy as np
from shapely import Point

from layers.catalog.markets.places import Commodity, Market
from layers.catalog.markets.prices import PriceReading
from layers.demo import fixtures
from layers.demo.boundaries import kelurahan_ids
from layers.demo.mosaic import kelurahan_at, neighbourhoods
from layers.demo.people import user_ids
from layers.demo.seed import arrays, identity
from layers.demo.sizes import BATCH, DAWN, Sizes, local
from layers.geometry import to_geos

FINE, COARSE, COARSE_FROM = 250, 500, 25_000  # rupiah: how finely a price is quoted
Z90 = 1.645  # half a 5-95 % band in standard deviations
MISSED = {"visit": 0.01, "sunday": 0.2, "item": 0.005}  # shares of readings that were not taken
SUNDAY = 6
TOGETHER = 0.85  # how much of an item's shocks it shares with its group
MEMORY = 0.8  # how much of a market's own deviation lasts until the next day


@dataclass(frozen=True)
class Reading:
    market: str
    commodity: str
    price: int
    at: datetime


@cache
def places() -> tuple[tuple[dict[str, str], Point, bool], ...]:
    """Each market's row, its point, and whether that is only the middle of its kelurahan."""
    return tuple(
        (row, Point(float(row["lon"]), float(row["lat"])), False)
        if row["lon"]
        else (row, neighbourhoods()[row["kelurahan"]].point, True)
        for row in fixtures.rows("markets")
    )


def readings(days: int, until: date) -> list[Reading]:
    """A reading for each market, item and day but the missed ones, in the order of time."""
    random = arrays("prices")
    markets, items = fixtures.rows("markets"), fixtures.rows("commodities")
    prices = _quoted(items, len(markets), days, until, random)
    missed = _missed(len(items), len(markets), days, until, random)
    made = [
        Reading(
            market["code"],
            item["code"],
            int(prices[day, i, m]),
            local(_surveyed(until, days - 1 - day, int(market["hour"])), int(market["hour"]))
            + timedelta(minutes=4 * i + m),
        )
        for m, market in enumerate(markets)
        for i, item in enumerate(items)
        for day in range(days)
        if not missed[day, i, m]
    ]
    return sorted(made, key=lambda reading: reading.at)


def _surveyed(until: date, ago: int, hour: int) -> date:
    """An evening market has no reading yet on the last day."""
    return until - timedelta(days=ago + (hour >= DAWN))


def _numbers(items: list[dict[str, str]], column: str, scale: float = 100) -> np.ndarray:
    return np.array([float(item[column]) / scale for item in items])


def _city_level(
    items: list[dict[str, str]], days: int, until: date, random: np.random.Generator
) -> np.ndarray:
    """Logarithms of each day's price in the city: a walk drawn back to a level that has seasons."""
    daily, season = _numbers(items, "daily_pct"), _numbers(items, "season_pct")
    spread = np.sqrt(np.maximum((_numbers(items, "band_pct") / Z90) ** 2 - season**2 / 2, 1e-6))
    pull = daily**2 / (2 * spread**2)
    shocks = _shocks(items, days, random)
    walk = np.empty((days, len(items)))
    walk[0] = shocks[0] * spread
    for day in range(1, days):
        walk[day] = walk[day - 1] * (1 - pull) + shocks[day] * daily
    dates = [until - timedelta(days=days - 1 - day) for day in range(days)]
    months = np.array([day.month - 1 + day.day / 31 for day in dates])
    peak = _numbers(items, "season_month", 1) - 1
    waves = np.cos(2 * pi * (months[:, None] - peak[None, :]) / 12)
    return np.log(_numbers(items, "base", 1)) + walk + season * waves


def _shocks(items: list[dict[str, str]], days: int, random: np.random.Generator) -> np.ndarray:
    """Standard normal, by day and item; the qualities of one group move together."""
    groups = sorted({item["group"] for item in items})
    of = [groups.index(item["group"]) for item in items]
    shared = random.standard_normal((days, len(groups)))[:, of]
    own = random.standard_normal((days, len(items)))
    return TOGETHER * shared + sqrt(1 - TOGETHER**2) * own


def _quoted(
    items: list[dict[str, str]],
    markets: int,
    days: int,
    until: date,
    random: np.random.Generator,
) -> np.ndarray:
    """Rupiah by day, item and market. A trader keeps the price until it is worth changing, and
    never changes it by more than the largest step seen in the province."""
    daily, most = _numbers(items, "daily_pct")[:, None], _numbers(items, "step_pct")[:, None]
    city = _city_level(items, days, until, random)
    shape = (len(items), markets)
    own = random.standard_normal(shape) * (0.006 + daily) + random.standard_normal(markets) * 0.012
    noise = random.standard_normal(shape) * daily
    unit = np.where(_numbers(items, "base", 1) < COARSE_FROM, FINE, COARSE)[:, None]
    prices = np.empty((days, *shape))
    for day in range(days):
        noise = noise * MEMORY + random.standard_normal(shape) * daily * sqrt(1 - MEMORY**2)
        wanted = np.exp(city[day][:, None] + own + noise)
        kept = prices[day - 1] if day else np.round(wanted / unit) * unit
        stirred = (np.abs(wanted - kept) > np.maximum(unit, 0.6 * daily * kept)) & (
            random.random(shape) < 0.8
        )
        room = np.maximum(unit, np.floor(0.7 * most * kept / unit) * unit)
        step = np.clip(np.round((wanted - kept) / unit) * unit, -room, room)
        prices[day] = np.where(stirred, kept + step, kept)
    return prices


def _missed(
    items: int, markets: int, days: int, until: date, random: np.random.Generator
) -> np.ndarray:
    dates = [until - timedelta(days=days - 1 - day) for day in range(days)]
    sundays = np.array([day.weekday() == SUNDAY for day in dates])[:, None]
    visits = random.random((days, markets)) < np.where(sundays, MISSED["sunday"], MISSED["visit"])
    visits[-1] = False  # the newest day is whole: it is what the map shows
    single = random.random((days, items, markets)) < MISSED["item"]
    single[-1] = False
    return visits[:, None, :] | single


def load(sizes: Sizes, until: date) -> dict[str, int]:
    kelurahan = kelurahan_ids()
    around = kelurahan_at([point for _, point, _ in places()])
    markets = Market.objects.bulk_create(
        Market(
            code=row["code"],
            name=row["name"],
            manager=row["manager"],
            approximate=approximate,
            kelurahan_id=kelurahan[code],
            geom=to_geos(point),
        )
        for (row, point, approximate), code in zip(places(), around, strict=True)
    )
    items = Commodity.objects.bulk_create(
        Commodity(**{name: row[name] for name in ("code", "name", "group", "unit")})
        for row in fixtures.rows("commodities")
    )
    rows = PriceReading.objects.bulk_create(
        _rows(readings(sizes.price_days, until), markets, items), batch_size=BATCH
    )
    return {
        "markets": len(markets),
        "price-readings": len(rows),
        "latest-prices": len(markets) * len(items),
    }


def _rows(
    made: list[Reading], markets: list[Market], items: list[Commodity]
) -> Iterator[PriceReading]:
    market = {row.code: row.pk for row in markets}
    item = {row.code: row.pk for row in items}
    officer = user_ids()["petugas"]
    for reading in made:
        yield PriceReading(
            instance_id=identity(reading.market, reading.commodity, reading.at.date()),
            market_id=market[reading.market],
            commodity_id=item[reading.commodity],
            price=reading.price,
            observed_at=reading.at,
            by_id=officer,
        )
