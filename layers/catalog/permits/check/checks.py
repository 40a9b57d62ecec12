"""A check that was made, as evidence: what was asked, what the plan answers, and by which versions.

Rows are only appended (a trigger holds it). The form of `evidence` is told in `evidence.py`.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from layers.catalog.permits.applications import Application
from layers.catalog.permits.parcels import Parcel
from layers.catalog.zoning.plans import Plan
from layers.catalog.zoning.rules import RuleSet


class Check(models.Model):
    """`sha256` is of the canonical JSON of the evidence without its time and its engines: the same
    for the same answer."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="checks")
    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="checks")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    kbli = models.CharField(max_length=5)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    evidence = models.JSONField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = "pemeriksaan kesesuaian"
        verbose_name_plural = "pemeriksaan kesesuaian"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.application_id} · {self.at:%Y-%m-%d %H.%M}"
