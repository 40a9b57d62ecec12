"""A file on paper: its map to scale, and the tables of its check."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from layers.catalog.permits.applications import STATUS_NAMES, Application
from layers.catalog.permits.clock.timing import timing
from layers.catalog.permits.letters.map import map_of
from layers.catalog.zoning.in_force import plans
from layers.catalog.zoning.plans import Plan
from layers.geometry import to_shapely
from maps.letters.drawing import drawing
from maps.review import checks, papers
from maps.review.clocks import clock_of
from maps.review.doors import for_officials, official, the_file

S = Application.Status


@for_officials
@require_safe
def print_view(request: HttpRequest, number: str) -> HttpResponse:
    application, today = the_file(request, number), timezone.localdate()
    known = papers.known(application)
    every_plan = plans()
    checked = checks.checked(request, application, parcels=known.parcels, plans=every_plan)
    context = {
        "application": application,
        "status_name": STATUS_NAMES[application.status],
        "clock": clock_of(application, timing(application), today),
        "checked": checked,
        "known": known,
        "drawing": _drawing(application, checked, known, checks.in_force(every_plan)),
        "now": timezone.now(),
        "by": official(request),
    }
    return render(request, "maps/review/print.html", context)


def _drawing(
    application: Application, checked: checks.Checked, known: papers.Known, standing: Plan | None
) -> str:
    """The map that a letter has; before there is a decision, of what is asked for."""
    plan = checked.kept.plan if checked.kept else standing
    if plan is None or checked.evidence is None:
        return ""
    proposal = known.recommendation
    told = map_of(
        plan=plan,
        asked=to_shapely(application.geom),
        approved=None
        if application.status == S.REFUSED
        else to_shapely(application.granted or application.geom),
        refused=to_shapely(proposal.refused_part) if proposal and proposal.refused_part else None,
        evidence=dict(checked.evidence),
    )
    # Made of numbers and escaped text by ElementTree.
    return mark_safe(drawing({"map": told, "outline": {"vertices": 0, "rings": []}}))
