"""What the forms of a file offer to choose from."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from layers.catalog.boundaries import Area
from layers.catalog.permits.applications import PERMIT_PARCELS
from layers.catalog.permits.consultations import Consultee
from layers.catalog.permits.workflow.decisions import ConditionTemplate
from layers.permissions import Duty, Role


def consultees() -> QuerySet[Consultee]:
    """The offices that can be asked."""
    return Consultee.objects.order_by("name")


def condition_templates() -> QuerySet[ConditionTemplate]:
    return ConditionTemplate.objects.order_by("code")


def officers() -> QuerySet[User]:
    """Who may be given a file: the active planners, by name."""
    held = Duty.objects.filter(role=Role.PLANNER)
    held = held.filter(Q(themes=[]) | Q(themes__contains=[PERMIT_PARCELS.theme.id]))
    rows = User.objects.filter(is_active=True, pk__in=held.values("user"))
    return rows.order_by("first_name", "username")


def kelurahan() -> list[tuple[str, str]]:
    """(code, name), by name."""
    rows = Area.objects.filter(level=Area.Level.KELURAHAN).order_by("name")
    return list(rows.values_list("code", "name"))
