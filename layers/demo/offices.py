"""The offices that own the layers, with addresses that reach nobody."""

from __future__ import annotations

from layers.demo import fixtures
from layers.demo.people import DOMAIN
from layers.freshness import FreshnessDay, Reminder
from layers.offices import Office


def load() -> dict[str, int]:
    """An office that is there already stays as it is."""
    rows = [Office(**row) for row in fixtures.rows("offices")]
    Office.objects.bulk_create(rows, ignore_conflicts=True)
    return {}


def remove() -> None:
    """The offices that reach nobody, and what was noted of the demo's layers."""
    Office.objects.filter(email__endswith=f"@{DOMAIN}").delete()
    Reminder.objects.filter(email__endswith=f"@{DOMAIN}").delete()
    FreshnessDay.objects.all().delete()
