"""The shape of what comes in and of the answers that go back."""

from __future__ import annotations

from typing import Any

from drf_spectacular.contrib.rest_framework_gis import GeoFeatureModelSerializerExtension
from rest_framework import serializers
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from field_api.models import Submission
from field_api.receive import Receipt

State = Submission.State
MAX_ITEMS = 1000

# What a submission says of itself, for the OpenAPI definition; field_api.envelope reads it.
ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["instance_id", "form", "form_version", "observed_at", "values"],
    "properties": {
        "instance_id": {
            "type": "string",
            "format": "uuid",
            "description": "Minted by the device, one for each submission.",
        },
        "form": {"type": "string", "description": "The layer's id; see /api/v1/forms."},
        "form_version": {"type": "string"},
        "sequence": {
            "type": ["integer", "null"],
            "minimum": 0,
            "description": "The device's own counter: its order, whatever its clock says.",
        },
        "observed_at": {
            "type": "string",
            "format": "date-time",
            "description": "Device time with its offset.",
        },
        "geometry": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["type", "coordinates"],
                    "properties": {
                        "type": {"const": "Point"},
                        "coordinates": {
                            "type": "array",
                            "items": {"type": "number"},
                            "minItems": 2,
                            "maxItems": 3,
                        },
                    },
                },
                {"type": "null"},
            ],
            "description": "GeoJSON Point, CRS84.",
        },
        "accuracy": {
            "type": ["number", "null"],
            "minimum": 0,
            "maximum": 100_000,
            "description": "Radius in metres, 68 %. Null is unknown, 0 is placed by hand or mock.",
        },
        "altitude": {"type": ["number", "null"], "minimum": -500, "maximum": 9000},
        "mock": {"type": ["boolean", "null"], "description": "The device says it is a mock."},
        "revises": {
            "type": ["string", "null"],
            "format": "uuid",
            "description": "The earlier submission that this one puts right.",
        },
        "reason": {"type": "string", "description": "Why it was put right."},
        "values": {"type": "object", "description": "Answers by name; see /api/v1/forms."},
    },
}
BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["submissions"],
    "properties": {
        "submissions": {"type": "array", "items": ITEM, "minItems": 1, "maxItems": MAX_ITEMS}
    },
}
RESULT: dict[str, Any] = {
    "type": "object",
    "required": ["instance_id", "outcome", "state", "feature_id", "reasons", "conflicts"],
    "properties": {
        "instance_id": {"type": "string", "format": "uuid"},
        "outcome": {"enum": ["accepted", "duplicate", "conflict", "refused", "received", "gone"]},
        "state": {"enum": [*State.values, None]},
        "feature_id": {"type": ["integer", "null"]},
        "reasons": {"type": "object", "additionalProperties": {"type": "string"}},
        "conflicts": {"type": "object"},
        "trust": {"type": ["integer", "null"]},
        "trust_reasons": {"type": "array", "items": {"type": "object"}},
    },
}
RESULTS: dict[str, Any] = {
    "type": "object",
    "required": ["results"],
    "properties": {"results": {"type": "array", "items": RESULT}},
}
TAKEN = "UUID ini milik kiriman lain; buat UUID baru. Kiriman yang lama tidak berubah."


def outcome(receipt: Receipt) -> str:
    """What became of an item in one word."""
    if receipt.conflict:
        return "conflict"
    if receipt.submission.state == State.WITHDRAWN:
        return "gone"
    if not receipt.created:
        return "duplicate"
    if receipt.submission.state in (State.REFUSED, State.UNPERMITTED):
        return "refused"
    return str(receipt.submission.state)


def result(receipt: Receipt) -> dict[str, Any]:
    """The answer to one item of a batch. A conflict tells nothing of what stands."""
    submission = receipt.submission
    if receipt.conflict:
        return {
            "instance_id": submission.instance_id,
            "outcome": "conflict",
            "state": None,
            "feature_id": None,
            "reasons": {"instance_id": TAKEN},
            "conflicts": {},
        }
    return {
        "instance_id": submission.instance_id,
        "outcome": outcome(receipt),
        "state": submission.state,
        "feature_id": submission.feature_id,
        "reasons": submission.reasons,
        "conflicts": submission.conflicts,
        "trust": submission.trust,
        "trust_reasons": submission.trust_reasons,
    }


class SubmissionSerializer(GeoFeatureModelSerializer):
    """A submission as its sender sees it: a GeoJSON Feature, geometry null where it had none."""

    form = serializers.CharField(source="layer_id")

    class Meta:
        model = Submission
        geo_field = "geom"
        id_field = "instance_id"
        fields = (
            "instance_id", "form", "sequence", "state", "reasons", "received_at", "observed_at",
            "judged_at", "feature_id", "revises", "version", "conflicts", "trust", "trust_reasons",
            "withdrawn_at",
        )  # fmt: skip


_submission = SubmissionSerializer()


def shown(submission: Submission) -> Any:
    """A submission as its sender sees it. To find out the fields costs more than to fill them:
    that is done once."""
    return _submission.to_representation(submission)


class SubmissionSchema(GeoFeatureModelSerializerExtension):  # type: ignore[no-untyped-call]
    """drf-spectacular does not see that a geometry may be null."""

    target_class = "field_api.serializers.SubmissionSerializer"
    priority = 1

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = super().map_serializer(auto_schema, direction)  # type: ignore[no-untyped-call]
        schema["properties"]["geometry"] = ITEM["properties"]["geometry"]
        return schema


class ItemSerializer(serializers.ModelSerializer[Submission]):
    """The same for a phone that synchronises: without what it knows already."""

    form = serializers.CharField(source="layer_id")

    class Meta:
        model = Submission
        fields = (
            "instance_id", "form", "sequence", "state", "reasons", "feature_id", "revises", "root",
            "version", "conflicts", "trust", "received_at", "withdrawn_at",
        )  # fmt: skip
