"""What is not kept for ever: originals after their time, uploads that nobody finished."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from field_api.attachments import originals
from field_api.models import Attachment, Submission

State = Attachment.State


def erase_originals() -> int:
    """Originals whose time has passed, but for those that still wait for their submission or its
    verdict: nothing is thrown away that nobody has looked at. Row and hash stay."""
    judged = Submission.objects.filter(pk=OuterRef("instance_id"), user=OuterRef("user")).exclude(
        state=Submission.State.RECEIVED
    )
    due = Attachment.objects.exclude(original="").filter(
        ~Q(state=State.COMPLETE) | Exists(judged), erase_on__lte=timezone.localdate()
    )
    return sum(_erase(key) for key in due.values_list("pk", flat=True))


def _erase(key: UUID) -> bool:
    """The file first: a crash between leaves a row that is due still."""
    with transaction.atomic():
        row = Attachment.objects.select_for_update().get(pk=key)
        if row.original:
            originals.erase(row.original)
            row.original = ""
            row.save(update_fields=["original"])
            return True
    return False


def forget_unfinished() -> int:
    """Uploads that were begun long ago; who still has the file begins anew."""
    before = timezone.now() - timedelta(days=settings.UPLOAD_DAYS)
    old = Attachment.objects.filter(state=State.PARTIAL, created_at__lt=before)
    return sum(_forget(key) for key in old.values_list("pk", flat=True))


def _forget(key: UUID) -> bool:
    with transaction.atomic():
        row = Attachment.objects.select_for_update().filter(pk=key, state=State.PARTIAL).first()
        if row is None:
            return False
        originals.erase(row.original)
        row.delete()
    return True
