"""How an application stands in time (see `clock.py` for the rows it rests on)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from layers.catalog.permits.applications import Application


@dataclass(frozen=True)
class Timing:
    """`deemed_on` is the day from which silence is approval, or None."""

    deemed_on: date | None = None


def timing(application: Application) -> Timing:
    return Timing()
