"""The recommendation of one official and the decision of another, with the conditions and, where it
is granted in part, the part that is."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone

from layers.catalog.permits.applications import Application
from layers.catalog.permits.check.checks import Check
from layers.functions import GeodesicArea
from layers.registry import reference


class Outcome(models.TextChoices):
    GRANTED = "granted", "Disetujui"
    GRANTED_IN_PART = "granted-in-part", "Disetujui sebagian"
    REFUSED = "refused", "Ditolak"


@reference
class ConditionTemplate(models.Model):
    """A condition as the office writes it again and again."""

    code = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=150)
    text = models.TextField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "templat ketentuan"
        verbose_name_plural = "templat ketentuan"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.title


class Recommendation(models.Model):
    """What the assessing official proposes, resting on a check. `approved` is what would be
    granted: of an outcome in part, the requested parcel minus `refused_part`. `conditions` is a
    list of {"code", "text"} in their order. A challenged one stays, with who challenged it why."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="recommendations"
    )
    basis = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome)
    reason = models.TextField()
    conditions = models.JSONField(default=list, blank=True)
    approved = models.MultiPolygonField(null=True, blank=True)
    refused_part = models.MultiPolygonField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    challenged_at = models.DateTimeField(null=True, blank=True)
    challenged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    challenge = models.TextField(blank=True)

    class Meta:
        verbose_name = "rekomendasi"
        verbose_name_plural = "rekomendasi"
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="granted-in-part") ^ Q(refused_part__isnull=True),
                name="layers_recommendation_part_has_refused",
            ),
            models.CheckConstraint(
                condition=Q(outcome="refused") ^ Q(approved__isnull=False),
                name="layers_recommendation_approves_something",
            ),
            models.CheckConstraint(
                condition=Q(challenged_at__isnull=True)
                | (~Q(challenge="") & Q(challenged_by__isnull=False)),
                name="layers_recommendation_challenge_has_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.get_outcome_display()}"


class Decision(models.Model):
    """The decision. It follows one recommendation, and is by another person (`recommended_by` is
    copied so that the database can hold it)."""

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, related_name="decision"
    )
    recommendation = models.OneToOneField(
        Recommendation, on_delete=models.CASCADE, related_name="decision"
    )
    outcome = models.CharField(max_length=20, choices=Outcome)
    reason = models.TextField(blank=True)
    approved = models.MultiPolygonField(null=True, blank=True)
    approved_m2 = models.GeneratedField(
        expression=GeodesicArea("approved"),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "keputusan"
        verbose_name_plural = "keputusan"
        constraints = [
            models.CheckConstraint(
                condition=~Q(by=F("recommended_by")), name="layers_decision_by_two_people"
            ),
            models.CheckConstraint(
                condition=Q(outcome="refused") ^ Q(approved__isnull=False),
                name="layers_decision_approves_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.get_outcome_display()}"
