"""Values of a file as its pages write them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from layers.catalog.permits.check.verdicts import UNKNOWN
from layers.catalog.permits.roles import works_on_permits
from layers.catalog.zoning.plans import ZONES
from maps import formats
from maps.review import verdicts

register = template.Library()


@register.filter
def m2(value: Any) -> str:
    """1.234,50 m²: to the hundredth, as evidence is."""
    return "" if value in (None, "") else f"{_hundredths(value)} m²"


@register.filter
def percent(value: Any) -> str:
    return "" if value in (None, "") else f"{_hundredths(value)} %"


def _hundredths(value: Any) -> str:
    return number_format(Decimal(str(value)).quantize(Decimal("0.01")), 2, force_grouping=True)


@register.filter
def moment(value: Any) -> str:
    return formats.moment(value) if value else ""


@register.filter
def day(value: Any) -> str:
    return formats.day(value) if value else ""


@register.filter
def iso(value: str) -> datetime:
    """The moment that a text of evidence names."""
    return datetime.fromisoformat(value)


@register.filter
def person(user: Any) -> str:
    """Whoever did something: an official by name, nobody is the applicant."""
    return (user.get_full_name() or user.get_username()) if user else _("Pemohon")


@register.filter
def verdict(value: str | None) -> SafeString:
    """The letter in its colour, and the word."""
    return format_html(
        '<span class="verdict verdict-{}"><b aria-hidden="true">{}</b> {}</span>',
        verdicts.tone(value),
        value or UNKNOWN,
        verdicts.word(value),
    )


@register.filter
def zone_colour(code: str) -> str:
    """The colour of a zone in the legend of the plan."""
    return ZONES.style.colour_of(code)


@register.filter
def days(value: int | None) -> str:
    """Working days, and none where nobody knows."""
    return "–" if value is None else formats.number(value)


@register.filter
def hash_of(value: str) -> str:
    """A hash in groups of eight, so that two can be held side by side."""
    return " ".join(value[at : at + 8] for at in range(0, len(value), 8))


@register.simple_tag(takes_context=True)
def has_workbench(context: Any) -> bool:
    """Whether whoever is looking works on permits."""
    return works_on_permits(context["request"].user)
