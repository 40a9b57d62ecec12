"""What the pages of files say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from layers.base import User
from layers.permissions import can_publish, can_upload
from layers.uploads import records
from layers.uploads.records import OPEN, Status, Upload
from layers.uploads.wording import title_of
from maps.formats import size
from maps.uploads.forms import Matching, WithReason

LISTED = 50  # rows of a kind in the text
NEWEST = 100  # uploads in the list

STATUS_NAMES: Mapping[str, Any] = {
    Status.RECEIVED: pgettext_lazy("berkas", "Diterima"),
    Status.FAILED: gettext_lazy("Perlu diperbaiki"),
    Status.CHECKED: gettext_lazy("Sudah diperiksa"),
    Status.SUBMITTED: gettext_lazy("Menunggu walidata"),
    Status.RETURNED: gettext_lazy("Dikembalikan"),
    Status.PUBLISHED: gettext_lazy("Terbit"),
    Status.UNDONE: gettext_lazy("Terbitan dibatalkan"),
    Status.WITHDRAWN: gettext_lazy("Ditarik"),
}
KIND_NAMES: Mapping[str, Any] = {
    "new": gettext_lazy("Baru"),
    "changed": gettext_lazy("Berubah"),
    "gone": gettext_lazy("Dihapus"),
}


@dataclass(frozen=True)
class Item:
    upload: Upload
    may_publish: bool

    @property
    def title(self) -> str:
        return str(self.upload.layer.title)

    @property
    def status(self) -> str:
        return str(STATUS_NAMES[self.upload.status])

    @property
    def size(self) -> str:
        return size(self.upload.bytes)


def shown_list(user: User) -> dict[str, Any]:
    """First what waits for this person, then what is being worked on, then the rest."""
    rows = records.uploads(user).select_related("by")[:NEWEST]
    items = [Item(row, can_publish(row.layer, user)) for row in rows]

    def rank(item: Item) -> int:
        if item.upload.status == Status.SUBMITTED and item.may_publish:
            return 0
        return 1 if item.upload.status in OPEN else 2

    items.sort(key=rank)
    groups = [_("Menunggu keputusan Anda"), _("Sedang dikerjakan"), _("Sudah selesai")]
    return {
        "groups": [
            (title, [item for item in items if rank(item) == number])
            for number, title in enumerate(groups)
        ],
        "empty": not items,
        "layers": records.layers_uploadable(user),
    }


def show(
    request: HttpRequest,
    upload: Upload,
    *,
    faulty: tuple[str, Any] | None = None,
    why: Mapping[str, str] | None = None,
) -> HttpResponse:
    """One upload. `faulty` is a form that was sent and why it was not taken, `why` what the rules
    say against it."""
    name, sent = faulty or ("", None)
    uploads = can_upload(upload.layer, request.user)
    publishes = can_publish(upload.layer, request.user)
    context = {
        "item": Item(upload, publishes),
        "upload": upload,
        "layer": upload.layer,
        "report": _report(upload),
        "changes": _changes(upload),
        "why": list((why or {}).values()),
        "matching": sent if name == "match" and sent else Matching(upload),
        "match_open": name == "match" or upload.status == Status.FAILED,
        "return_form": sent if name == "return" and sent else WithReason(auto_id="return-%s"),
        "undo_form": sent if name == "undo" and sent else WithReason(auto_id="undo-%s"),
        "opened": name,
        "own": upload.by_id == request.user.pk,
        "history": [
            {"one": move, "status": STATUS_NAMES[move.to_status]}
            for move in upload.moves.select_related("by")
        ],
        "may": _may(
            upload, uploads=uploads, publishes=publishes, own=upload.by_id == request.user.pk
        ),
    }
    status = 422 if faulty else 200
    return render(request, "maps/uploads/one.html", context, status=status)


def _may(upload: Upload, *, uploads: bool, publishes: bool, own: bool) -> dict[str, bool]:
    """What the page offers; the theme's functions decide."""
    status = upload.status
    waits = status == Status.SUBMITTED
    return {
        "match": uploads and status in OPEN and not waits,
        "check": waits or (uploads and status in OPEN),
        "submit": uploads and status == Status.CHECKED,
        "withdraw": uploads and status in OPEN,
        "publish": publishes and waits and not own,
        "return": publishes and waits,
        "undo": publishes and status == Status.PUBLISHED,
    }


def _report(upload: Upload) -> dict[str, Any] | None:
    report = upload.report
    if not report:
        return None
    coverage = report.get("coverage") or {}
    return report | {
        "refusals": [
            {"row": one["row"], "told": _reasons(upload, one["reasons"])}
            for one in report["refused"]["rows"][:LISTED]
        ],
        "repairs": report["repaired"]["rows"][:LISTED],
        "gaps": coverage.get("gaps"),
        "overlaps": coverage.get("overlaps"),
        "matched": [
            (title_of(upload.layer, name), column) for name, column in report["columns"].items()
        ],
    }


def _reasons(upload: Upload, reasons: Mapping[str, str]) -> str:
    named = {"row": "", upload.layer.geometry: _("Bentuk")}
    return " ".join(
        f"{title}: {told}" if (title := named.get(name, title_of(upload.layer, name))) else told
        for name, told in reasons.items()
    )


def _changes(upload: Upload) -> dict[str, Any] | None:
    """The first rows that differ, in words; the map draws more of them."""
    if not upload.changes or not default_storage.exists(upload.changes):
        return None
    with default_storage.open(upload.changes) as file:
        drawn = json.load(file)
    rows = [one["properties"] for one in drawn["features"] if one["properties"]["kind"] != "was"]
    return {
        "counts": [(kind, KIND_NAMES[kind], drawn["counts"][kind]) for kind in KIND_NAMES],
        "rows": [row | {"name": KIND_NAMES[row["kind"]]} for row in rows[:LISTED]],
        "more": len(rows) + drawn["more"] - len(rows[:LISTED]),
        "any": bool(rows),
    }
