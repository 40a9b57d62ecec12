"""Price readings, and the latest price of each item in each market."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q

from layers.base import (
    Form,
    Format,
    FormField,
    Layer,
    Observation,
    Property,
    Refused,
    Style,
    StyleClass,
    Text,
)
from layers.catalog.markets.places import THEME, Commodity, Market
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


def write_reading(*, values: dict[str, Any], seen: Observation, by: Any) -> PriceReading:
    """A reading for a market and commodity named by code. Raises Refused where one is unknown."""
    market = Market.objects.filter(code=values["market"]).first()
    commodity = Commodity.objects.filter(code=values["commodity"]).first()
    reasons = {}
    if market is None:
        reasons["values.market"] = f"Tidak ada pasar berkode «{values['market']}»."
    if commodity is None:
        reasons["values.commodity"] = f"Tidak ada komoditas berkode «{values['commodity']}»."
    if reasons or not market or not commodity:
        raise Refused(reasons)
    return PriceReading.objects.create(
        instance_id=seen.instance_id,
        market=market,
        commodity=commodity,
        price=values["price"],
        observed_at=seen.observed_at,
        by=by,
    )


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
        minzoom=14,
        on_map=False,
        style=Style(kind="circle", colour="#1d4ed8"),
        accepts=Form(
            version="1",
            title=Text("Harga pasar", "Market price"),
            point="optional",
            fields=(
                FormField("market", Text("Kode pasar", "Market code"), max_length=40),
                FormField("commodity", Text("Kode komoditas", "Commodity code"), max_length=40),
                FormField(
                    "price",
                    Text("Harga (Rp)", "Price (Rp)"),
                    "integer",
                    minimum=1,
                    maximum=10_000_000,
                ),
            ),
            write=write_reading,
            example={"market": "oeba", "commodity": "beras-medium-1", "price": 15_500},
        ),
    )
)
