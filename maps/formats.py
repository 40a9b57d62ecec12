"""Values as people here write them: Rp 45.000, 12,5 %, 1.250 m², 21 Nov 2026 14.05 WITA.

The words and separators follow the language that is active. Values may come from the ORM or out of
GeoJSON, where times are ISO 8601 text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from layers.base import Format, Property, coded


def written(value: Any, prop: Property) -> str:
    """The value as text for people, not escaped; empty for no value. What does not fit the declared
    format is written as it stands: a document must not fail for one odd value."""
    if value is None or value == "":
        return ""
    if name := prop.values.get(coded(value)):
        return str(name)
    try:
        return WRITERS[prop.format](value)
    except (TypeError, ValueError, ArithmeticError):
        return str(value)


def number(value: Any, *, decimals: int = 2) -> str:
    """With the separators of the language, at most so many decimals, none that are zero.
    Raises ValueError for NaN and infinities."""
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise ValueError(value)
    shortest = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP).normalize()
    places = max(-int(shortest.as_tuple().exponent), 0)
    return number_format(abs(shortest) if shortest == 0 else shortest, places, force_grouping=True)


def day(value: Any) -> str:
    return date_format(_local(value), "j M Y")


def month(value: Any) -> str:
    return date_format(_local(value), "F Y")


def moment(value: Any) -> str:
    return date_format(_local(value), "j M Y H.i T")


def size(count: int) -> str:
    """A number of bytes in kB or MB of thousands, as file managers count."""
    if count < 1_000_000:
        return f"{number(count / 1000, decimals=0)} kB"
    return f"{number(count / 1_000_000, decimals=1)} MB"


def schedule(every: timedelta) -> str:
    """In the largest unit that fits: nobody thinks of a plan in 1,825 days."""
    days = every.days
    if days >= 365:
        count = round(days / 365)
        told = ngettext("diperbarui tiap tahun", "diperbarui tiap %(n)d tahun", count)
    elif days >= 28:
        count = round(days / 30.5)
        told = ngettext("diperbarui tiap bulan", "diperbarui tiap %(n)d bulan", count)
    else:
        count = days
        told = ngettext("diperbarui tiap hari", "diperbarui tiap %(n)d hari", count)
    return told % {"n": count}


def _rupiah(value: Any) -> str:
    return f"Rp {number(value, decimals=0)}"


def _percent(value: Any) -> str:
    return f"{number(value, decimals=1)} %"


def _area(value: Any) -> str:
    return f"{number(value, decimals=0)} m²"


def _yes_no(value: Any) -> str:
    return _("Ya") if value else _("Tidak")


def _local(value: Any) -> datetime:
    """The moment in the portal's time zone; a date alone is its first minute there."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time.min)
    if timezone.is_naive(found):
        return timezone.make_aware(found)
    return timezone.localtime(found)


WRITERS: Mapping[Format, Callable[[Any], str]] = {
    Format.TEXT: str,
    Format.NUMBER: number,
    Format.RUPIAH: _rupiah,
    Format.PERCENT: _percent,
    Format.AREA: _area,
    Format.DATE: day,
    Format.MONTH: month,
    Format.DATETIME: moment,
    Format.YES_NO: _yes_no,
    Format.FLAG: lambda value: _yes_no(value) if value else "",
}
