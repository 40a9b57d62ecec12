"""Everything that lies in a file, read with a fixed number of questions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import Application
from layers.catalog.permits.clock.limits import Pause
from layers.catalog.permits.consultations import Consultation
from layers.catalog.permits.documents import Document
from layers.catalog.permits.letters.letters import Letter
from layers.catalog.permits.markups import Markup
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.requests import Request
from layers.catalog.permits.site_visits import SITE_VISITS, SiteVisit
from layers.catalog.permits.workflow.decisions import Decision, Recommendation
from layers.photos import photos_of
from maps.review.doors import for_officials, the_file


@dataclass(frozen=True)
class Visit:
    visit: SiteVisit
    photos: list[dict[str, str]]


@dataclass(frozen=True)
class Known:
    """`recommendation` is the last one; `challenged` are those before it that were sent back."""

    identity: Applicant | None
    parcels: list[Parcel]
    requests: list[Request]
    consultations: list[Consultation]
    documents: list[Document]
    pauses: list[Pause]
    markups: list[Markup]
    visits: list[Visit]
    recommendation: Recommendation | None
    challenged: list[Recommendation]
    decision: Decision | None
    letters: list[Letter]

    @property
    def paused(self) -> Pause | None:
        return next((one for one in self.pauses if one.until is None), None)


def known(application: Application) -> Known:
    proposals = list(application.recommendations.select_related("by", "challenged_by"))
    standing = proposals[-1] if proposals and not proposals[-1].challenged_at else None
    decision = getattr(application, "decision", None)
    return Known(
        identity=getattr(application, "identity", None),
        parcels=list(application.parcels.select_related("by")),
        requests=list(application.requests.select_related("asked_by")),
        consultations=list(
            application.consultations.select_related("consultee", "asked_by", "entered_by")
        ),
        documents=list(application.documents.select_related("by")),
        pauses=list(application.pauses.select_related("by", "resumed_by")),
        markups=list(application.markups.filter(erased_at=None).select_related("by")),
        visits=_visits(application),
        recommendation=standing,
        challenged=[one for one in proposals if one.challenged_at],
        decision=decision,
        letters=list(decision.letters.select_related("by")) if decision else [],
    )


def _visits(application: Application) -> list[Visit]:
    visits = list(application.site_visits.select_related("by").order_by("-observed_at"))
    photos: dict[int, list[dict[str, str]]] = defaultdict(list)
    for photo in photos_of(SITE_VISITS.id, [visit.pk for visit in visits]):
        at = [SITE_VISITS.id, photo.feature_id, photo.pk]
        photos[photo.feature_id].append(
            {"href": reverse("ogc-photo", args=at), "thumbnail": reverse("ogc-thumbnail", args=at)}
        )
    return [Visit(visit, photos[visit.pk]) for visit in visits]


@for_officials
@require_safe
def document(request: HttpRequest, number: str, key: int) -> HttpResponseBase:
    """A paper of the file, handed out as a download: the portal never opens it."""
    found: Any = the_file(request, number).documents.filter(pk=key).first()
    if found is None:
        raise Http404
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    endings = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
    name = f"{number}-{found.kind}-{found.pk}.{endings.get(found.media_type, 'bin')}"
    response = FileResponse(
        content, content_type=found.media_type, filename=name, as_attachment=True
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
