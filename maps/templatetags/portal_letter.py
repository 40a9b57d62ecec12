"""Numbers and days as a letter writes them out: 22 November 2026, 1.234,50 m²."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from layers.catalog.permits.check import verdicts
from layers.figures import grouped
from maps.formats import number

register = template.Library()


@register.filter
def letter_day(day: str) -> str:
    return date_format(date.fromisoformat(day), "j F Y")


@register.filter
def letter_moment(moment: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(moment)), "j F Y H.i T")


@register.filter
def square_metres(value: float) -> str:
    return verdicts.square_metres(value)


@register.filter
def two_decimals(value: float) -> str:
    return grouped(value, 2)


@register.filter
def measure(value: float | None, unit: str) -> str:
    """A limit of the plan, as exact as it is written there; a dash where it says nothing."""
    return "–" if value is None else f"{number(value)}{unit}"


@register.filter
def place_name(city: str) -> str:
    """Kupang for Kota Kupang: where something is signed."""
    return city.removeprefix("Kota ").removeprefix("Kabupaten ")
