"""What was done to a file, in words."""

from __future__ import annotations

from dataclasses import dataclass

from layers.catalog.permits.acts import Act
from layers.catalog.permits.applications import Application
from layers.catalog.permits.workflow.steps import act_title

MOST = 400  # acts: a file of years has some dozens


@dataclass(frozen=True)
class Told:
    act: Act
    title: str


def history(application: Application) -> list[Told]:
    """Newest first."""
    acts = application.acts.select_related("by").order_by("-at", "-pk")[:MOST]
    return [Told(act, str(act_title(act.kind))) for act in acts]
