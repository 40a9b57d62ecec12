"""The positions of a batch, each rated by what is known around it."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.gis.geos import Point

from field_api.cases import Case
from field_api.models import Submission
from field_api.trust import METRES_A_DEGREE, Fix, judge_fix
from layers.base import Layer
from layers.catalog.boundaries import far_from_city, kelurahan_of

State = Submission.State


def place(cases: Sequence[Case]) -> None:
    """Give every readable case with a position its kelurahan; refuse what is far from the city."""
    placed = [case for case in cases if case.readable and case.position]
    covered = kelurahan_of([case.placed for case in placed])
    for case, kelurahan in zip(placed, covered, strict=True):
        case.kelurahan = kelurahan
    outside = [case for case in placed if case.kelurahan is None]
    for case, why in zip(outside, far_from_city([c.placed for c in outside]), strict=True):
        if why:
            case.refuse({"geometry": why})


def rate(cases: Sequence[Case]) -> None:
    """Give every case with a position its trust and the reasons, in the order of its device."""
    placed = [case for case in cases if case.position]
    if not placed:
        return
    away = _away(placed)
    last: dict[int | None, Fix | None] = {}
    for case in placed:
        submission, fix = case.submission, _fix(case)
        device = submission.device_id
        if device is not None and device not in last:
            last[device] = _before(submission)
        submission.trust, submission.trust_reasons = judge_fix(
            fix,
            before=last.get(device),
            away=away.get((submission.layer_id, submission.feature_id)),
            in_city=case.kelurahan is not None,
            clock_skew=submission.clock_skew,
        )
        if device is not None:
            last[device] = fix


def _fix(case: Case) -> Fix:
    assert case.envelope is not None
    seen = case.envelope
    return Fix(*case.placed, seen.observed_at, seen.accuracy, seen.mock)


def _before(submission: Submission) -> Fix | None:
    """The device's last position before this one, by its own count."""
    if submission.sequence is None or submission.device_id is None:
        return None
    row = (
        Submission.objects.filter(
            device_id=submission.device_id,
            sequence__lt=submission.sequence,
            geom__isnull=False,
        )
        .order_by("-sequence")
        .only("geom", "observed_at", "accuracy")
        .first()
    )
    if row is None or row.geom is None or row.observed_at is None:
        return None
    return Fix(row.geom.x, row.geom.y, row.observed_at, row.accuracy)


def _away(cases: Sequence[Case]) -> dict[tuple[str, int | None], float]:
    """Metres from where the officer stood to what the feature is about, by (layer, feature)."""
    found: dict[tuple[str, int | None], float] = {}
    about: dict[Layer, dict[int, Point]] = {}
    for case in cases:
        submission, form = case.submission, case.layer and case.layer.accepts
        if submission.state == State.ACCEPTED and submission.feature_id and form and form.place:
            assert case.layer is not None
            stood = Point(*case.placed, srid=4326)
            about.setdefault(case.layer, {})[submission.feature_id] = stood
    for layer, stands in about.items():
        assert layer.accepts is not None
        rows = layer.rows().filter(pk__in=stands)
        for pk, place in rows.values_list("pk", layer.accepts.place):
            if place is not None:
                found[layer.id, pk] = stands[pk].distance(place) * METRES_A_DEGREE
    return found
