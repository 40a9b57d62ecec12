"""Who applies: kept apart from the application, seen masked, uncovered with a reason only."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from layers.catalog.permits.applications import Application


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
        """5371********0001: the district code and the running number."""
        return f"{self.nik[:4]}{'•' * 8}{self.nik[-4:]}" if self.nik else ""
