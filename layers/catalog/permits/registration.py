"""How an application begins, and who takes care of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from layers.base import Refused
from layers.catalog.boundaries import kelurahan_at
from layers.catalog.permits import acts
from layers.catalog.permits.applicants import Applicant, identity_from
from layers.catalog.permits.applications import Application, ApplicationMove
from layers.catalog.permits.entries import typed
from layers.catalog.permits.numbering import next_number
from layers.catalog.permits.parcels import Parcel, outline
from layers.catalog.permits.roles import APPLICANT, OFFICIALS, PLANNER, hold, only_for, roles_of

SERIES = "KKPR"
Channel = Application.Channel


def registered(instance_id: UUID) -> Application | None:
    """What this form has become already."""
    return Application.objects.filter(instance_id=instance_id).first()


@transaction.atomic
def register(
    *,
    instance_id: UUID,
    applicant: str,
    kbli: str,
    activity: str,
    shape: Any,
    identity: Mapping[str, Any],
    channel: str,
    by: Any,
    notation: str = "drawn",
    crs: str = "EPSG:4326",
    sent_sha256: str = "",
) -> Application:
    """A new application, numbered, with its parcel, its applicant and its first move; the same
    `instance_id` again is the same application, unchanged. Raises Refused with a sentence for every
    field that is wrong."""
    if known := registered(instance_id):
        return known
    _may_register(channel, by)
    values, told = _entries(applicant, kbli, activity, shape, identity, channel)
    now = timezone.now()
    with transaction.atomic():
        number = _number(timezone.localtime(now).year)
        known = registered(instance_id)
        transaction.set_rollback(known is not None)  # the other of two at once gives it back
    if known:
        return known
    made = Application.objects.create(
        instance_id=instance_id,
        channel=channel,
        number=number,
        submitted_at=now,
        kelurahan=kelurahan_at(values["geom"].point_on_surface),
        **values,
    )
    Parcel.objects.create(
        application=made,
        revision=1,
        geom=made.geom,
        stood_from=now,
        notation=notation,
        crs=crs,
        sent_sha256=sent_sha256,
        by=by,
    )
    Applicant.objects.create(application=made, **told)
    ApplicationMove.objects.create(record=made, to_status=made.status, at=now, by=by)
    acts.record(application=made, kind="register", by=by, number=number, channel=channel)
    return made


def _may_register(channel: str, by: Any) -> None:
    whose = {Channel.APPLICANT.value: APPLICANT, Channel.COUNTER.value: PLANNER}.get(channel)
    if whose is None:
        raise Refused({"channel": "Permohonan masuk lewat loket atau dari pemohon."})
    if whose not in roles_of(by):
        raise Refused({"by": only_for({whose})})


def _entries(
    applicant: str,
    kbli: str,
    activity: str,
    shape: Any,
    identity: Mapping[str, Any],
    channel: str,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values of the application and of its applicant; all that is wrong is told at once."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    told: dict[str, str] = {}

    def read(name: str, reading: Any) -> None:
        try:
            values[name] = reading()
        except Refused as refused:
            wrong.update(refused.reasons)

    read("applicant", lambda: typed("applicant", applicant, missing="Isi nama.", most=150))
    read("activity", lambda: typed("activity", activity, missing="Isi kegiatannya.", most=200))
    read("kbli", lambda: _kbli(kbli))
    read("geom", lambda: outline(shape))
    read("identity", lambda: identity_from(identity))
    told = values.pop("identity", {})
    if told and channel == Channel.APPLICANT:
        wrong |= _must_tell(told)
    if wrong:
        raise Refused(wrong)
    return values, told


def _kbli(code: str) -> str:
    code = typed("kbli", code, most=20)
    if not re.fullmatch(r"[0-9]{5}", code):
        raise Refused({"kbli": "Kode KBLI terdiri dari 5 angka, misalnya 47111."})
    return code


def _must_tell(told: Mapping[str, str]) -> dict[str, str]:
    """Who applies himself says who he is; the counter may fill it in later."""
    company = told["kind"] == Applicant.Kind.COMPANY
    if company and not told["nib"]:
        return {"nib": "Isi NIB badan usaha: 13 angka."}
    if not company and not told["nik"]:
        return {"nik": "Isi NIK: 16 angka, seperti tertulis pada KTP."}
    return {}


def _number(year: int) -> str:
    def given() -> int:
        numbers = Application.objects.filter(number__startswith=f"{SERIES}-{year}-")
        found = (re.search(r"-(\d+)$", one) for one in numbers.values_list("number", flat=True))
        return max((int(match[1]) for match in found if match), default=0)

    return numbered(next_number(SERIES, year, given=given), year)


def numbered(running: int, year: int) -> str:
    return f"{SERIES}-{year}-{running:04}"


@transaction.atomic
def assign(*, application: Application, officer: Any, by: Any) -> Application:
    """Who takes care of the file; None, nobody in particular. Raises Refused."""
    hold(application, by, OFFICIALS)
    if officer is not None and PLANNER not in roles_of(officer):
        raise Refused({"officer": "Pilih seorang perencana tata ruang."})
    if application.officer_id != (officer and officer.pk):
        application.officer = officer
        application.save(update_fields=["officer"])
        named = officer.get_username() if officer else None
        acts.record(application=application, kind="assign", by=by, officer=named)
    return application
