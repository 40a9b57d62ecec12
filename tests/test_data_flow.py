"""The story: a phone submits, the submission is kept, becomes a feature, and is seen by those who
may see it as GeoJSON, as a vector tile and on the page. One for every layer that accepts a form."""

from __future__ import annotations

import json
import time
from itertools import product
from typing import Any
from uuid import uuid4

import mapbox_vector_tile
import pytest

from field_api.models import Submission
from layers.permissions import POLICIES, can_submit
from layers.registry import LAYERS
from tests.conftest import CAST
from tests.factories import CENTRE, EAST, NORTH, SOUTH, WEST
from tests.test_privacy import items, tile_at

pytestmark = pytest.mark.django_db
ACCEPTING = sorted(layer.id for layer in LAYERS.values() if layer.accepts)


def answers(layer_id: str) -> dict[str, Any]:
    """Right answers to a form; the town has what they name."""
    form = LAYERS[layer_id].accepts
    assert form is not None
    return dict(form.example)


def submission(layer_id: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "instance_id": str(uuid4()),
        "form": layer_id,
        "form_version": "1",
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
    started = time.monotonic()

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
        assert (kept.feature_id in tile_ids(client, layer_id)) == may_see
    assert time.monotonic() - started < 5 * len(CAST), "what was sent must be seen within seconds"


def tile_ids(client: Any, layer_id: str) -> set[int]:
    """Ids in every tile of the town, since a feature may be drawn elsewhere than it was sent
    from.
    """
    zoom = max(LAYERS[layer_id].minzoom, 13)
    (west, north), (east, south) = tile_at(WEST, NORTH, zoom), tile_at(EAST, SOUTH, zoom)
    ids = set()
    for x, y in product(range(west, east + 1), range(north, south + 1)):
        answer = client.get(f"/ogc/collections/{layer_id}/tiles/WebMercatorQuad/{zoom}/{y}/{x}")
        if answer.status_code == 200:
            layers = mapbox_vector_tile.decode(answer.content)
            ids |= {feature["id"] for feature in layers[layer_id]["features"]}
    return ids


def test_a_measurement_is_in_no_public_answer_at_all(
    cast: Any, phone_of: Any, browser_of: Any
) -> None:
    sent = submission("measurements", answers("measurements") | {"height_cm": "77.7"})
    assert phone_of(cast.health_officer).post(
        "/api/v1/submissions", sent, format="json"
    ).status_code == 201  # fmt: skip

    public = browser_of(cast.citizen)
    seen = [public.get("/").content, public.get("/ogc/collections").content,
            public.get("/ogc/api").content]  # fmt: skip
    for layer in LAYERS.values():
        if POLICIES[layer.policy].public:
            seen.append(json.dumps(items(public, layer.id)).encode())
            x, y = tile_at(CENTRE.x, CENTRE.y, 14)
            tile = f"/ogc/collections/{layer.id}/tiles/WebMercatorQuad/14/{y}/{x}"
            seen.append(public.get(tile).content)
    everything = b"\n".join(seen)

    for trace in ("77.7", sent["instance_id"], str(cast.town.child.code), cast.town.child.name):
        assert trace.encode() not in everything
