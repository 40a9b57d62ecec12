"""Price readings, and the latest price of each item in each market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Model, Q

from layers.base import (
    Format,
    Layer,
    Property,
    Refused,
    Style,
    StyleClass,
    Text,
    User,
)
from layers.bulk import add
from layers.catalog.markets.places import THEME, Commodity, Market
from layers.forms import CodeList, Entry, Form, FormField, Sheet
from layers.registry import register


class PriceReading(models.Model):
    """A retail price in rupiah for one unit of the commodity, seen in a market at a time."""

    instance_id = models.UUIDField(unique=True)
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="readings")
    commodity = models.ForeignKey(Commodity, on_delete=models.PROTECT, related_name="readings")
    price = models.PositiveIntegerField()
    observed_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "harga"
        verbose_name_plural = "harga"
        indexes = [
            models.Index(
                fields=("market", "commodity", "-observed_at"),
                include=("price",),
                name="layers_price_series",
            ),
            models.Index(fields=("observed_at",), name="layers_price_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="layers_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.market_id} · {self.commodity_id} · {self.price}"


class LatestPrice(models.Model):
    """A database view: the newest reading of each item in each market and its change to the newest
    reading at least seven days older, in percent."""

    market = models.ForeignKey(Market, on_delete=models.DO_NOTHING, related_name="+")
    commodity = models.ForeignKey(Commodity, on_delete=models.DO_NOTHING, related_name="+")
    price = models.PositiveIntegerField()
    observed_at = models.DateTimeField()
    week_change = models.FloatField(null=True)

    class Meta:
        managed = False
        verbose_name = "harga terkini"
        verbose_name_plural = "harga terkini"
        db_table = "layers_latestprice"

    def __str__(self) -> str:
        return f"{self.market_id} · {self.commodity_id} · {self.price}"


def write_readings(*, entries: Sequence[Entry], by: Any) -> list[Model | Refused]:
    """Readings for markets and commodities named by code: refused where one is unknown."""
    markets = dict(Market.objects.values_list("code", "pk"))
    commodities = dict(Commodity.objects.values_list("code", "pk"))
    written: list[PriceReading | Refused] = []
    for entry in entries:
        market = markets.get(entry.values["market"])
        commodity = commodities.get(entry.values["commodity"])
        if market is None or commodity is None:
            written.append(_unknown(entry.values, market, commodity))
            continue
        reading: Any = entry.feature or PriceReading(instance_id=entry.seen.instance_id, by=by)
        reading.market_id, reading.commodity_id = market, commodity
        reading.price, reading.observed_at = entry.values["price"], entry.seen.observed_at
        if reading.pk:
            reading.save()
        written.append(reading)
    new = [row for row in written if isinstance(row, PriceReading) and not row.pk]
    add(new, key="instance_id")
    return list(written)


def _unknown(values: Mapping[str, Any], market: int | None, commodity: int | None) -> Refused:
    told = {
        "values.market": ("pasar", values["market"], market),
        "values.commodity": ("komoditas", values["commodity"], commodity),
    }
    return Refused(
        {
            name: f"Tidak ada {what} berkode «{code}»."
            for name, (what, code, found) in told.items()
            if found is None
        }
    )


def _markets(user: User) -> Iterator[Mapping[str, Any]]:
    for market in Market.objects.all():
        yield {
            "code": market.code,
            "name": market.name,
            "note": "letak perkiraan" if market.approximate else "",
            "point": list(market.geom.coords),
        }


def _commodities(user: User) -> Iterator[Mapping[str, Any]]:
    for item in Commodity.objects.values("code", "name", "group", "unit"):
        yield item | {"note": f"per {item['unit']}"}


def _units(user: User) -> Iterator[Mapping[str, Any]]:
    units = Commodity.objects.order_by("unit").values_list("unit", flat=True).distinct()
    yield from ({"code": unit, "name": unit} for unit in units)


def _latest_prices(user: User) -> Iterator[Mapping[str, Any]]:
    """What each item cost last in each market, to hold a new price against."""
    for market, commodity, price, observed_at in LatestPrice.objects.values_list(
        "market__code", "commodity__code", "price", "observed_at"
    ).order_by("market__code", "commodity__code"):
        yield {
            "code": f"{market}/{commodity}",
            "name": str(price),
            "market": market,
            "commodity": commodity,
            "price": price,
            "observed_at": observed_at.isoformat(),
        }


_OWNER = "Dinas Perindustrian dan Perdagangan"
_MARKET = Property("market", Text("Pasar", "Market"), source="market__name", tile=True, filter=True)
_COMMODITY = Property(
    "commodity",
    Text("Komoditas", "Commodity"),
    source="commodity__name",
    tile=True,
    filter=True,
)
_PRICE = Property("price", Text("Harga", "Price"), format=Format.RUPIAH, tile=True)
_UNIT = Property("unit", Text("Satuan", "Unit"), source="commodity__unit", tile=True)
_SEEN = Property("observed_at", Text("Dicatat", "Observed"), format=Format.DATETIME)

LATEST_PRICES = register(
    Layer(
        id="latest-prices",
        theme=THEME,
        title=Text("Harga terkini", "Latest prices"),
        description=Text(
            "Harga terkini tiap komoditas di tiap pasar dan perubahannya dalam sepekan.",
            "The newest price of each commodity in each market and its change in a week.",
        ),
        model=LatestPrice,
        owner=_OWNER,
        update_every=timedelta(days=1),
        policy="observations",
        public=(
            _MARKET,
            _COMMODITY,
            _PRICE,
            _UNIT,
            Property(
                "week_change",
                Text("Perubahan sepekan", "Change in a week"),
                format=Format.PERCENT,
                tile=True,
            ),
            _SEEN,
        ),
        private=("id",),
        geometry="market__geom",
        time="observed_at",
        facet="commodity",
        style=Style(
            kind="circle",
            by="week_change",
            scale="step",
            radius=9,
            label="price",
            # ColorBrewer PuOr: violet falls, orange rises, told apart without red and green
            classes=(
                StyleClass(None, "#94a3b8", Text("Belum ada pembanding", "Nothing to compare")),
                StyleClass(-1000, "#5e3c99", Text("Turun > 5 %", "Down > 5 %")),
                StyleClass(-5, "#b2abd2", Text("Turun 1–5 %", "Down 1–5 %")),
                StyleClass(-1, "#e7e5e4", Text("Stabil (± 1 %)", "Stable (± 1 %)")),
                StyleClass(1, "#fdb863", Text("Naik 1–5 %", "Up 1–5 %")),
                StyleClass(5, "#e66101", Text("Naik > 5 %", "Up > 5 %")),
            ),
        ),
    )
)

PRICE_READINGS = register(
    Layer(
        id="price-readings",
        theme=THEME,
        title=Text("Catatan harga", "Price readings"),
        description=Text(
            "Semua catatan harga per pasar dan komoditas.",
            "All readings by market and commodity.",
        ),
        model=PriceReading,
        owner=_OWNER,
        update_every=timedelta(days=1),
        policy="observations",
        public=(_MARKET, _COMMODITY, _PRICE, _UNIT, _SEEN),
        staff=(Property("by", Text("Petugas", "Officer"), source="by__username"),),
        private=("id", "instance_id"),
        geometry="market__geom",
        time="observed_at",
        area="market__kelurahan",
        overview="grid",
        minzoom=14,
        on_map=False,
        style=Style(kind="circle", colour="#1d4ed8"),
        accepts=Form(
            version="1",
            title=Text("Harga pasar", "Market price"),
            point="optional",
            fields=(
                FormField("market", Text("Pasar", "Market"), max_length=40, codes="markets"),
                FormField(
                    "commodity",
                    Text("Komoditas", "Commodity"),
                    max_length=40,
                    codes="commodities",
                ),
                FormField(
                    "price",
                    Text("Harga (Rp)", "Price (Rp)"),
                    "integer",
                    minimum=1,
                    maximum=10_000_000,
                    format=Format.RUPIAH,
                ),
            ),
            write=write_readings,
            place="market__geom",
            lists=(
                CodeList("markets", Text("Pasar", "Markets"), _markets),
                CodeList("commodities", Text("Komoditas", "Commodities"), _commodities),
                CodeList("units", Text("Satuan", "Units"), _units),
                CodeList("latest-prices", Text("Harga terakhir", "Latest prices"), _latest_prices),
            ),
            sheet=Sheet(by="market", line="commodity", answer="price", last="latest-prices"),
            example={"market": "oeba", "commodity": "beras-medium-1", "price": 15_500},
        ),
    )
)
