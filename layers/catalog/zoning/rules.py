"""What a plan allows: the use matrix (ITBX) of activities by sub-zone, intensities, and what the
words of an older plan mean in the codes of the newer.

A set of rules is dated and has a source. Once it is or was in force its rows do not change any more
(triggers hold it): a decision can be recomputed from them.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from layers.catalog.zoning.overlays import OverlayKind
from layers.catalog.zoning.versions import Standing, SubZone, Vocabulary
from layers.history import Move


class Verdict(models.TextChoices):
    """ITBX of Permen ATR/BPN 11/2021, from the mildest to the strictest."""

    PERMITTED = "I", "Diizinkan"
    LIMITED = "T", "Terbatas"
    CONDITIONAL = "B", "Bersyarat"
    LIMITED_CONDITIONAL = "TB", "Terbatas dan bersyarat"
    NOT_PERMITTED = "X", "Tidak diizinkan"


class RuleSet(models.Model):
    """A version of the rules. At most one is active. What of a parcel is under `sliver_m2`, or
    under `sliver_share` of it, whichever is more, is told apart and decides nothing."""

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.PROTECT, related_name="rule_sets")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Standing, default=Standing.DRAFT)
    sliver_m2 = models.FloatField(default=1.0)
    sliver_share = models.FloatField(default=0.001)

    class Meta:
        verbose_name = "aturan pemanfaatan ruang"
        verbose_name_plural = "aturan pemanfaatan ruang"
        constraints = [
            models.UniqueConstraint(
                fields=("status",), condition=Q(status="active"), name="layers_ruleset_one_active"
            ),
            models.CheckConstraint(
                condition=Q(sliver_m2__gte=0, sliver_share__gte=0, sliver_share__lt=0.1),
                name="layers_ruleset_slivers_are_small",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RuleSetMove(Move):
    """Who put a set of rules in force, or another in its place."""

    record = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="moves")

    class Meta(Move.Meta):
        verbose_name = "riwayat aturan"
        verbose_name_plural = "riwayat aturan"


class Activity(models.Model):
    """A row of the matrix: an activity with the KBLI codes it stands for. A code of less than five
    digits stands for all that begin with it; the longest that fits counts."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="activities")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    kbli = ArrayField(models.CharField(max_length=5), default=list, blank=True)

    class Meta:
        verbose_name = "kegiatan"
        verbose_name_plural = "kegiatan"
        constraints = [
            models.UniqueConstraint(fields=("rule_set", "code"), name="layers_activity_code_once"),
        ]

    def __str__(self) -> str:
        return self.name


class UseCondition(models.Model):
    """A numbered condition (B3), to which cells of the matrix refer."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="conditions")
    number = models.CharField(max_length=10)
    text = models.TextField()

    class Meta:
        verbose_name = "ketentuan"
        verbose_name_plural = "ketentuan"
        constraints = [
            models.UniqueConstraint(
                fields=("rule_set", "number"), name="layers_usecondition_number_once"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class UseRule(models.Model):
    """A cell of the matrix. `conditions` are numbers of conditions of the same set."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="uses")
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="uses")
    sub_zone = models.ForeignKey(SubZone, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=2, choices=Verdict)
    conditions = ArrayField(models.CharField(max_length=10), default=list, blank=True)

    class Meta:
        verbose_name = "ketentuan kegiatan"
        verbose_name_plural = "ketentuan kegiatan"
        constraints = [
            models.UniqueConstraint(
                fields=("activity", "sub_zone"), name="layers_userule_cell_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} × {self.sub_zone_id}: {self.verdict}"


class Intensity(models.Model):
    """How densely a sub-zone may be built: KDB and KDH in percent of the land, KLB as a ratio of
    floor to land; null where the plan does not say."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="intensities")
    sub_zone = models.ForeignKey(SubZone, on_delete=models.PROTECT, related_name="+")
    kdb = models.FloatField(null=True, blank=True)
    klb = models.FloatField(null=True, blank=True)
    kdh = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "intensitas"
        verbose_name_plural = "intensitas"
        constraints = [
            models.UniqueConstraint(
                fields=("rule_set", "sub_zone"), name="layers_intensity_sub_zone_once"
            ),
            models.CheckConstraint(
                condition=(Q(kdb__isnull=True) | Q(kdb__gte=0, kdb__lte=100))
                & (Q(kdh__isnull=True) | Q(kdh__gte=0, kdh__lte=100))
                & (Q(klb__isnull=True) | Q(klb__gte=0)),
                name="layers_intensity_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sub_zone_id}: KDB {self.kdb}, KLB {self.klb}, KDH {self.kdh}"


class Equivalent(models.Model):
    """A word of another vocabulary in the codes of the rules: the crosswalk, line by line, each
    with who says so. A word may have several meanings; the strictest verdict then counts."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="equivalents")
    word = models.ForeignKey(SubZone, on_delete=models.PROTECT, related_name="+")
    code = models.ForeignKey(SubZone, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = "padanan zona"
        verbose_name_plural = "padanan zona"
        constraints = [
            models.UniqueConstraint(
                fields=("rule_set", "word", "code"), name="layers_equivalent_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.word_id} → {self.code_id}"


class OverlayRule(models.Model):
    """What a special provision means for whoever builds under it. An empty `value` is any."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="overlay_rules")
    kind = models.ForeignKey(OverlayKind, on_delete=models.PROTECT, related_name="+")
    value = models.CharField(max_length=100, blank=True)
    verdict = models.CharField(max_length=2, choices=Verdict)
    text = models.TextField()

    class Meta:
        verbose_name = "ketentuan khusus"
        verbose_name_plural = "ketentuan khusus"
        constraints = [
            models.UniqueConstraint(
                fields=("rule_set", "kind", "value"), name="layers_overlayrule_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.value}: {self.verdict}"
