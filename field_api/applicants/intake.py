"""An entry becomes an application with its papers: all of it or nothing."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from field_api.applicants.forms import IDENTITY, Entry
from field_api.applicants.judgement import kept_crs
from field_api.applicants.papers import PAPERS, keep_upload
from layers.catalog.permits.applications import Application
from layers.catalog.permits.documents import Document
from layers.catalog.permits.entries import plain
from layers.catalog.permits.registration import register, registered


class Differs(Exception):
    """The same form was sent before, with something else in it; that is the application."""

    def __init__(self, application: Application) -> None:
        super().__init__(application.number)
        self.application = application


@transaction.atomic
def record(entry: Entry, *, by: Any) -> Application:
    """The application of a sound entry; sent again, the same one. Raises Refused, Differs."""
    assert entry.judgement is not None  # it is sound
    data, outline = entry.cleaned_data, entry.judgement.outline
    known = registered(data["instance_id"])
    if known is not None and not _same(known, entry):
        raise Differs(known)
    application = register(
        instance_id=data["instance_id"],
        applicant=data["applicant"],
        kbli=data["kbli"],
        activity=data["activity"],
        shape=outline.shape,
        identity={name: data[name] for name in IDENTITY},
        channel=entry.channel,
        by=by,
        notation=outline.notation,
        crs=kept_crs(outline),
        sent_sha256=outline.sha256,
    )
    for paper in PAPERS:
        upload = data.get(paper.field)
        if upload and known is None:
            title = str(Document.Kind(paper.kind).label)
            keep_upload(application, upload, kind=paper.kind, title=title, by=by)
    return application


def _same(application: Application, entry: Entry) -> bool:
    """Whether this is what was registered: nobody is told that a change was taken that was not."""
    assert entry.judgement is not None
    first = application.parcels.order_by("revision").values_list("geom", flat=True)[0]
    shape = entry.judgement.outline.shape
    return (
        all(
            getattr(application, name) == plain(entry.cleaned_data[name])
            for name in ("applicant", "kbli", "activity")
        )
        and bytes(first.wkb) == shape.wkb
    )
