"""The story: a phone submits, the submission is kept, becomes a feature, and is seen by those who
may see it as GeoJSON, as a vector tile and on the page. One for every layer that accepts a form."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from field_api.models import Submission
from layers.permissions import POLICIES, can_submit
from layers.registry import LAYERS
from tests.conftest import CAST
from tests.factories import CENTRE
from tests.test_privacy import items, tile_features

pytestmark = pytest.mark.django_db
ACCEPTING = sorted(layer.id for layer in LAYERS.values() if layer.accepts)


def answers(layer_id: str) -> dict[str, Any]:
    """Right answers to a form; the town has what they name."""
    form = LAYERS[layer_id].accepts
    assert form is not None
    return dict(form.example)


def submission(layer_id: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    form = LAYERS[layer_id].accepts
    assert form is not None
    return {
        "instance_id": str(uuid4()),
        "form": layer_id,
        "form_version": form.version,
        "observed_at": "2026-11-20T12:05:00+08:00",
        "geometry": {"type": "Point", "coordinates": [CENTRE.x, CENTRE.y]},
        "accuracy": 6.5,
        "values": values,
    } | more


@pytest.mark.parametrize("layer_id", ACCEPTING)
def test_what_a_phone_sends_is_seen_by_those_who_may_see_it(
    cast: Any, phone_of: Any, browser_of: Any, layer_id: str
) -> None:
    layer = LAYERS[layer_id]
    sender = next(user for who in CAST if can_submit(layer, user := getattr(cast, who)))
    sent = submission(layer_id, answers(layer_id))

    receipt = phone_of(sender).post("/api/v1/submissions", sent, format="json")

    assert receipt.status_code == 201, receipt.content
    kept = Submission.objects.get(pk=sent["instance_id"])
    assert kept.state == Submission.State.ACCEPTED
    assert json.loads(kept.payload) == sent
    assert layer.rows().filter(pk=kept.feature_id).exists()
    for who in CAST:
        user = getattr(cast, who)
        client = browser_of(user)
        may_see = layer.visible_to(user).filter(pk=kept.feature_id).exists()
        listed = items(client, layer_id) or []
        assert (kept.feature_id in {row["id"] for row in listed}) == may_see
        drawn = tile_features(client, layer_id) or []
        assert (kept.feature_id in {row["id"] for row in drawn}) == may_see


def test_a_measurement_is_in_no_public_answer_at_all(
    cast: Any, phone_of: Any, browser_of: Any
) -> None:
    sent = submission("measurements", answers("measurements") | {"height_cm": "77.7"})
    assert phone_of(cast.health_officer).post(
        "/api/v1/submissions", sent, format="json"
    ).status_code == 201  # fmt: skip

    public = browser_of(cast.citizen)
    pages = ("/", "/ogc/collections", "/ogc/api", "/documents/", "/documents/kota.html")
    seen = [public.get(page).content.decode() for page in pages]
    for layer in LAYERS.values():
        if POLICIES[layer.policy].public:
            seen.append(json.dumps(items(public, layer.id)))
            seen.append(json.dumps(tile_features(public, layer.id)))
    everything = "\n".join(seen)

    for trace in ("77.7", sent["instance_id"], str(cast.town.child.code), cast.town.child.name):
        assert trace not in everything
