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
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from field_api.models import Device, Submission
from field_api.serializers import EnvelopeSerializer, values_serializer
from layers.base import Layer, Observation, Refused
from layers.catalog.boundaries import require_near_city
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
    key = _instance_id(item)
    if key is None:
        told = "Sertakan UUID yang dibuat gawai, satu untuk tiap kiriman."
        return _keep_refused(text, {"instance_id": told}, by, device)
    form = item.get("form")
    layer_id = _storable(form)[:60] if isinstance(form, str) else ""
    receipt = _store(key, text, {"layer_id": layer_id}, by, device)
    if not receipt.conflict and receipt.submission.state == State.RECEIVED:
        return replace(receipt, submission=judge(key))
    return receipt


def receive_unreadable(text: str, reason: str, *, by: User, device: Device | None) -> Receipt:
    """Keep a body that is not a JSON object: it is refused, but not lost."""
    return _keep_refused(text, {"body": reason}, by, device)


def _keep_refused(text: str, reasons: dict[str, str], by: User, device: Device | None) -> Receipt:
    key = uuid.uuid5(UNNAMED, f"{by.pk}:{_sha256(text)}")
    refused = {"state": State.REFUSED, "reasons": reasons, "judged_at": timezone.now()}
    return _store(key, text, refused, by, device)


def _store(
    key: uuid.UUID, text: str, more: dict[str, Any], by: User, device: Device | None
) -> Receipt:
    sha256 = _sha256(text)
    defaults = {"user": by, "device": device, "payload": _storable(text), "sha256": sha256, **more}
    submission, created = Submission.objects.get_or_create(instance_id=key, defaults=defaults)
    conflict = submission.user_id != by.pk or submission.sha256 != sha256
    return Receipt(submission, created=created, conflict=conflict)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _storable(text: str) -> str:
    """Without what PostgreSQL has no place for: NUL and lone surrogates."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


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
        submission.state = State.REFUSED
        submission.reasons = {_storable(k): _storable(v) for k, v in refusal.reasons.items()}
    except (DataError, IntegrityError):
        logger.exception("The database refused submission %s.", submission.pk)
        submission.state = State.REFUSED
        submission.reasons = {"values": "Isian ini tidak dapat disimpan; hubungi administrator."}
    submission.judged_at = timezone.now()
    submission.save(update_fields=["state", "reasons", "judged_at", "feature_id", "geom"])


def _read(submission: Submission) -> tuple[Layer, Observation, dict[str, Any]]:
    """What the payload says. Raises Refused with every fault at once, PermissionError for a form
    that does not exist for this person (unknown and not permitted are answered alike)."""
    item = json.loads(submission.payload)
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
    point = envelope.validated_data.get("geometry")
    if point is not None:
        require_near_city(point)
    seen = Observation(
        instance_id=submission.instance_id,
        observed_at=envelope.validated_data["observed_at"],
        point=point,
        accuracy=envelope.validated_data.get("accuracy"),
    )
    return layer, seen, dict(values.validated_data)


def _flat(errors: Any, prefix: str = "") -> dict[str, str]:
    return {f"{prefix}{name}": " ".join(map(str, faults)) for name, faults in errors.items()}


def _instance_id(item: dict[str, Any]) -> uuid.UUID | None:
    given = item.get("instance_id")
    try:
        return uuid.UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None
