"""The one write path: store first, judge after.

A submission is a committed row before anyone looks at what it says. It is keyed by the UUID that
the device minted, so a resend changes nothing and gets the same answer; a crash between storing and
judging leaves it `received`, and the next resend or `manage.py judge_submissions` goes on from
there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from field_api.models import Device, Submission
from field_api.serializers import EnvelopeSerializer, values_serializer
from layers.base import Layer, Observation, Refused
from layers.permissions import can_submit
from layers.registry import LAYERS

logger = logging.getLogger(__name__)
State = Submission.State

# Names what arrived without a UUID of its own by its content: sent again, it is the same one.
UNNAMED = uuid.UUID("5b0b6f0e-2c0e-4b1e-9d53-5371c0de0001")


@dataclass(frozen=True)
class Receipt:
    """`conflict`: the UUID is taken by other content or by somebody else, and nothing was
    changed.
    """

    submission: Submission
    created: bool = False
    conflict: bool = False


def receive(item: dict[str, Any], *, by: User, device: Device | None) -> Receipt:
    """Store one submission and judge it."""
    text = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _receive(_instance_id(item), text, str(item.get("form", ""))[:60], by, device)


def receive_unreadable(text: str, *, by: User, device: Device | None) -> Receipt:
    """Keep a body that is not a JSON object: it is refused, but not lost."""
    return _receive(None, text, "", by, device)


def _receive(
    instance_id: uuid.UUID | None, text: str, form: str, by: User, device: Device | None
) -> Receipt:
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    text = text.encode("utf-8", "replace").decode()
    key = instance_id or uuid.uuid5(UNNAMED, f"{by.pk}:{sha256}")
    submission, created = Submission.objects.get_or_create(
        instance_id=key,
        defaults={
            "user": by, "device": device, "layer_id": form, "payload": text, "sha256": sha256,
        },
    )  # fmt: skip
    if submission.user_id != by.pk or submission.sha256 != sha256:
        return Receipt(submission, conflict=True)
    if submission.state == State.RECEIVED:
        submission = judge(key)
    return Receipt(submission, created=created)


def judge(instance_id: uuid.UUID) -> Submission:
    """Turn a received submission into a feature, or note why it cannot be one.

    The row is locked, so that parallel resends judge it once. What nobody foresaw leaves it
    `received`: it is logged, and judged again later.
    """
    try:
        with transaction.atomic():
            submission = Submission.objects.select_for_update().get(pk=instance_id)
            if submission.state == State.RECEIVED:
                _decide(submission)
            return submission
    except Exception:
        logger.exception("Submission %s could not be judged.", instance_id)
        return Submission.objects.get(pk=instance_id)


def _decide(submission: Submission) -> None:
    try:
        with transaction.atomic():
            layer, seen, values = _read(submission)
            submission.geom = seen.point
            assert layer.accepts is not None
            feature = layer.accepts.write(values=values, seen=seen, by=submission.user)
        submission.state, submission.feature_id = State.ACCEPTED, feature.pk
    except PermissionError as error:
        submission.state, submission.reasons = State.UNPERMITTED, {"form": str(error)}
    except Refused as refusal:
        submission.state, submission.reasons = State.REFUSED, refusal.reasons
    submission.judged_at = timezone.now()
    submission.save(update_fields=["state", "reasons", "judged_at", "feature_id", "geom"])


def _read(submission: Submission) -> tuple[Layer, Observation, dict[str, Any]]:
    """What the payload says. Raises Refused with every fault at once, PermissionError for a form
    that does not exist for this person (unknown and not permitted are answered alike)."""
    try:
        item = json.loads(submission.payload)
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict):
        raise Refused({"body": "Isi kiriman bukan objek JSON."})
    if _instance_id(item) is None:
        raise Refused({"instance_id": "Sertakan UUID yang dibuat gawai, satu untuk tiap kiriman."})
    layer = LAYERS.get(submission.layer_id)
    if layer is None or layer.accepts is None or not can_submit(layer, submission.user):
        raise PermissionError(f"Tidak ada formulir «{submission.layer_id}» bagi Anda.")
    envelope = EnvelopeSerializer(data=item, context={"form": layer.accepts})
    answers = item.get("values")
    values = values_serializer(layer.accepts)(data=answers if isinstance(answers, dict) else {})
    envelope.is_valid()
    values.is_valid()
    faults = {**_flat(envelope.errors), **_flat(values.errors, "values.")}
    if faults:
        raise Refused(faults)
    seen = Observation(
        instance_id=submission.instance_id,
        observed_at=envelope.validated_data["observed_at"],
        point=envelope.validated_data.get("geometry"),
        accuracy=envelope.validated_data.get("accuracy"),
        altitude=envelope.validated_data.get("altitude"),
    )
    return layer, seen, dict(values.validated_data)


def _flat(errors: Any, prefix: str = "") -> dict[str, str]:
    return {f"{prefix}{name}": " ".join(map(str, faults)) for name, faults in errors.items()}


def _instance_id(item: dict[str, Any]) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(item.get("instance_id")))
    except ValueError:
        return None
