"""Versions of the spatial plan and the words they are written in.

Codes differ between plans (Perda 12/2011 predates the codes of Permen ATR/BPN 11/2021), so they are
rows of a vocabulary, never an enumeration.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from layers.base import Refused, Text, Theme
from layers.history import Move, Moves
from layers.registry import reference

THEME = Theme("zoning", Text("Tata ruang", "Spatial plan"), rank=20)


NO_DRAFT = "Buat dahulu rancangannya dengan manage.py draft_plan."


class Standing(models.TextChoices):
    """Of a plan, and of the rules to it."""

    DRAFT = "draft", "Rancangan"
    ACTIVE = "active", "Berlaku"
    REPLACED = "replaced", "Diganti"


MOVES: Moves = {
    Standing.DRAFT: frozenset({Standing.ACTIVE}),
    Standing.ACTIVE: frozenset({Standing.REPLACED}),
}


@reference
class Vocabulary(models.Model):
    """The words and codes of a regulation, in which a plan names its sub-zones."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "kosakata zona"
        verbose_name_plural = "kosakata zona"

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """A version of a spatial plan (RDTR). At most one is active. `report` is the last survey of its
    coverage (`plan_report`)."""

    Status = Standing

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    regulation = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Standing, default=Standing.DRAFT)
    vocabulary = models.ForeignKey(
        Vocabulary, on_delete=models.PROTECT, null=True, blank=True, related_name="plans"
    )
    report = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name = "rencana tata ruang"
        verbose_name_plural = "rencana tata ruang"
        constraints = [
            models.UniqueConstraint(
                fields=("status",),
                condition=Q(status="active"),
                name="layers_plan_one_active",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=models.F("valid_from")),
                name="layers_plan_valid_period",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PlanMove(Move):
    """Who put a plan in force, or another in its place; `reason` is why flaws were accepted."""

    record = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "riwayat rencana"
        verbose_name_plural = "riwayat rencana"


class SubZone(models.Model):
    """A sub-zone code (R-2) with the zone it belongs to (R), as its vocabulary names them."""

    vocabulary = models.ForeignKey(
        Vocabulary, on_delete=models.PROTECT, null=True, blank=True, related_name="sub_zones"
    )
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    zone_code = models.CharField(max_length=20)
    zone_name = models.CharField(max_length=100)

    class Meta:
        verbose_name = "subzona"
        verbose_name_plural = "subzona"
        ordering = ("code",)
        constraints = [
            models.UniqueConstraint(
                fields=("vocabulary", "code"),
                nulls_distinct=False,
                name="layers_subzone_code_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


def draft_named(code: str) -> Plan:
    """The draft of this code; without a code the only draft. Raises Refused: the zones of a plan
    that is or was in force do not change."""
    if not code:
        drafts = list(Plan.objects.filter(status=Standing.DRAFT)[:5])
        if len(drafts) == 1:
            return drafts[0]
        told = f"sebutkan rancangannya: {', '.join(plan.code for plan in drafts)}"
        raise Refused({"plan": f"Ada beberapa rancangan; {told}." if drafts else NO_DRAFT})
    plan = Plan.objects.filter(code=code).first()
    if plan is None:
        raise Refused({"plan": f"Tidak ada rencana tata ruang {code}. {NO_DRAFT}"})
    if plan.status != Standing.DRAFT:
        told = "sudah berlaku" if plan.status == Standing.ACTIVE else "sudah diganti"
        raise Refused({"plan": f"Rencana {code} {told} dan tidak berubah lagi: buat versi baru."})
    return plan


@transaction.atomic
def draft(*, code: str, vocabulary: str = "", **told: Any) -> Plan:
    """The draft of this code with what is told of it, made where there is none: then a title and
    `valid_from` are needed. A vocabulary is made where it is new. Raises Refused."""
    plan = Plan.objects.filter(code=code).first() or Plan(code=code)
    if plan.pk and plan.status != Standing.DRAFT:
        raise Refused({"plan": f"Rencana {code} tidak berubah lagi: buat versi baru."})
    if vocabulary:
        words, _ = Vocabulary.objects.get_or_create(code=vocabulary, defaults={"name": vocabulary})
        if plan.vocabulary_id not in (None, words.pk) and plan.zones.exists():
            raise Refused({"vocabulary": "Zonanya sudah memakai kosakata lain."})
        plan.vocabulary = words
    for name, value in told.items():
        setattr(plan, name, value)
    if not plan.title or not plan.valid_from:
        raise Refused({"plan": "Rancangan baru memerlukan judul dan tanggal berlaku."})
    try:
        plan.full_clean()
    except ValidationError as error:
        raise Refused({"plan": " ".join(error.messages)}) from error
    plan.save()
    return plan
