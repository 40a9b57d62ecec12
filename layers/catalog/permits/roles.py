"""Who works on a file in which role, and the lock under which anything is done to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from layers.base import Refused
from layers.catalog.permits.applications import CLOSED, PERMIT_PARCELS, Application
from layers.permissions import Role, duties

APPLICANT = "applicant"  # has no account: known by the tracking code, `by` is None
PLANNER, APPROVER = Role.PLANNER.value, Role.APPROVER.value
OFFICIALS = frozenset({PLANNER, APPROVER})

S = Application.Status
OPEN = frozenset(S) - frozenset(CLOSED)
# Where the office works on a file: something may be asked, and the clock held.
AT_WORK = OPEN - {S.REGISTERED, S.RETURNED, S.RECOMMENDATION}


def roles_of(by: Any) -> frozenset[str]:
    """The roles in which a person works on permits; the applicant's is APPLICANT."""
    if by is None:
        return frozenset({APPLICANT})
    return frozenset(duty.role for duty in duties(by) if duty.covers(PERMIT_PARCELS))


def works_on_permits(user: Any) -> bool:
    return user is not None and bool(roles_of(user) & OFFICIALS)


def only_for(actors: Collection[str]) -> str:
    names = {**dict(Role.choices), APPLICANT: "Pemohon"}
    return f"Hanya untuk {' atau '.join(names[one].lower() for one in sorted(actors))}."


def hold(
    application: Application, by: Any, actors: Collection[str], *, during: Collection[S] = OPEN
) -> None:
    """Lock the file until the end of the transaction and read it anew, for a deed of one of
    `actors` while it is in one of these statuses. Raises Refused."""
    lock(application)
    if not roles_of(by) & frozenset(actors):
        raise Refused({"by": only_for(actors)})
    if application.status not in during:
        told = application.get_status_display().lower()
        raise Refused({"status": f"Tidak dapat dilakukan pada tahap «{told}»."})


def lock(application: Application) -> None:
    application.refresh_from_db(from_queryset=Application.objects.select_for_update())
