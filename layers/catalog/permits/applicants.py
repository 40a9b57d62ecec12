"""Who applies: kept apart from the application, seen masked, uncovered with a reason only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.db import models, transaction

from layers.base import Refused
from layers.catalog.permits import acts
from layers.catalog.permits.applications import Application
from layers.catalog.permits.entries import typed
from layers.catalog.permits.roles import OFFICIALS, PLANNER, hold


class Applicant(models.Model):
    """The identity behind an application. In no layer, download, letter or document; the NIK (16
    digits) is shown masked, and each look at the whole of it is an act with a reason."""

    class Kind(models.TextChoices):
        PERSON = "person", "Perorangan"
        COMPANY = "company", "Badan usaha"

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, related_name="identity"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    nik = models.CharField(max_length=16, blank=True, validators=[RegexValidator(r"^\d{16}$")])
    nib = models.CharField(max_length=13, blank=True, validators=[RegexValidator(r"^\d{13}$")])
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "pemohon"
        verbose_name_plural = "pemohon"

    def __str__(self) -> str:
        return self.masked_nik or str(self.application_id)

    @property
    def masked_nik(self) -> str:
        """5371••••••••0001: the district code and the running number."""
        return f"{self.nik[:4]}{'•' * 8}{self.nik[-4:]}" if self.nik else ""


FIELDS = {"kind": 10, "nik": 30, "nib": 30, "phone": 30, "email": 254, "address": 300}
_PHONE = re.compile(r"\+?\d{6,15}")


def identity_from(entries: Mapping[str, Any]) -> dict[str, str]:
    """What was typed as values of the model. Spaces, dots and dashes of numbers go. Raises Refused
    with a sentence for every field that is wrong."""
    values = {name: typed(name, entries.get(name), most=most) for name, most in FIELDS.items()}
    for name in ("nik", "nib", "phone"):
        values[name] = re.sub(r"[\s.\-()]", "", values[name])
    values["kind"] = values["kind"] or Applicant.Kind.PERSON
    wrong = {}
    if values["kind"] not in Applicant.Kind.values:
        wrong["kind"] = "Pilih perorangan atau badan usaha."
    for name, title, digits in (("nik", "NIK", 16), ("nib", "NIB", 13)):
        if values[name] and not re.fullmatch(rf"[0-9]{{{digits}}}", values[name]):
            wrong[name] = f"{title} terdiri dari {digits} angka, seperti tertulis pada kartunya."
    if values["phone"] and not _PHONE.fullmatch(values["phone"]):
        wrong["phone"] = "Tulis nomor telepon dengan angka saja, misalnya 081234567890."
    try:
        validate_email(values["email"]) if values["email"] else None
    except ValidationError:
        wrong["email"] = "Alamat surel tidak lengkap; contoh: nama@contoh.id."
    if wrong:
        raise Refused(wrong)
    return values


@transaction.atomic
def fill(*, application: Application, by: Any, **fields: Any) -> Applicant:
    """Enter or correct who applies: the fields that are given, the others stay. Raises Refused."""
    hold(application, by, {PLANNER})
    held = Applicant.objects.filter(application=application).first()
    standing = {name: getattr(held, name) for name in FIELDS} if held else {}
    values = identity_from({**standing, **fields})
    changed = sorted(name for name in FIELDS if values[name] != standing.get(name, ""))
    filled, _ = Applicant.objects.update_or_create(application=application, defaults=values)
    if changed:
        acts.record(application=application, kind="identity", by=by, fields=changed)
    return filled


@transaction.atomic
def uncover(*, application: Application, by: Any, reason: str) -> Applicant:
    """The whole identity, for an official who says why; the look is an act. Raises Refused."""
    hold(application, by, OFFICIALS, during=frozenset(Application.Status))
    reason = typed("reason", reason, missing="Tuliskan untuk apa identitas ini dilihat.")
    held = Applicant.objects.filter(application=application).first()
    if held is None:
        raise Refused({"identity": "Identitas pemohon belum diisi."})
    acts.record(application=application, kind="identity-uncovered", by=by, why=reason)
    return held
