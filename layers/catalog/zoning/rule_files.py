"""A set of rules out of a spreadsheet, all of it or nothing, and back into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from layers.base import Refused
from layers.catalog.zoning.matrix import read_matrix
from layers.catalog.zoning.matrix_cells import use_written
from layers.catalog.zoning.provisions import OverlayKind, know_kinds
from layers.catalog.zoning.rule_lines import Fault
from layers.catalog.zoning.rule_sheets import Matrix
from layers.catalog.zoning.rules import (
    Activity,
    Equivalent,
    Intensity,
    OverlayRule,
    RuleSet,
    UseCondition,
    UseRule,
)
from layers.catalog.zoning.versions import Standing, SubZone, Vocabulary
from layers.ingest import spreadsheet


class Faulty(Exception):
    """Nothing was written: what is wrong with a spreadsheet, cell by cell."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} sel harus diperbaiki.")
        self.faults = list(faults)


@dataclass(frozen=True)
class About:
    """What is told of a set of rules; of one that is there, only what changes."""

    title: str = ""
    source: str = ""
    vocabulary: str = ""
    valid_from: date | None = None


@transaction.atomic
def load_rules(
    path: Path, *, code: str, about: About | None = None, dry_run: bool = False
) -> tuple[RuleSet, list[str]]:
    """The draft rules of this code become what the spreadsheet says; what else is worth knowing.
    Raises Faulty, Refused, or spreadsheet.Unreadable."""
    sheets = spreadsheet.read(path)
    rules = _draft(code, about or About())
    own = SubZone.objects.filter(vocabulary=rules.vocabulary)
    others = Counter(
        SubZone.objects.exclude(vocabulary=rules.vocabulary)
        .exclude(vocabulary=None)
        .values_list("code", flat=True)
    )
    know_kinds()
    matrix = read_matrix(
        sheets,
        sub_zones=list(own.values_list("code", flat=True)),
        words=[word for word, count in others.items() if count == 1],
        kinds=list(OverlayKind.objects.values_list("code", flat=True)),
    )
    if matrix.faults:
        raise Faulty(matrix.faults)
    _write(rules, matrix)
    transaction.set_rollback(dry_run)
    return rules, matrix.notes


def _draft(code: str, about: About) -> RuleSet:
    """The draft as told, saved. Raises Refused."""
    rules = RuleSet.objects.select_for_update().filter(code=code).first() or RuleSet(code=code)
    if rules.pk and rules.status != Standing.DRAFT:
        told = f"Aturan {code} sudah berlaku atau sudah diganti: pakai kode baru."
        raise Refused({"rules": told})
    if about.vocabulary:
        vocabulary = Vocabulary.objects.filter(code=about.vocabulary).first()
        if vocabulary is None:
            raise Refused({"vocabulary": f"Tidak ada kosakata {about.vocabulary}."})
        rules.vocabulary = vocabulary
    rules.title, rules.source = about.title or rules.title, about.source or rules.source
    rules.valid_from = about.valid_from or rules.valid_from
    if not (rules.title and rules.source and rules.vocabulary_id and rules.valid_from):
        told = "Aturan baru memerlukan judul, sumber, kosakata dan tanggal berlaku."
        raise Refused({"rules": told})
    try:
        rules.full_clean()
    except ValidationError as error:
        raise Refused({"rules": " ".join(error.messages)}) from error
    rules.save()
    return rules


def _write(rules: RuleSet, matrix: Matrix) -> None:
    SubZone.objects.bulk_create(
        (
            SubZone(
                vocabulary=rules.vocabulary, code=code, name=name, zone_code=zone, zone_name=called
            )
            for code, (name, zone, called) in matrix.sub_zones.items()
        ),
        ignore_conflicts=True,  # a name that the vocabulary has already stays
    )
    own = {one.code: one for one in SubZone.objects.filter(vocabulary=rules.vocabulary)}
    for model in (UseRule, Activity, UseCondition, Intensity, Equivalent, OverlayRule):
        model._default_manager.filter(rule_set=rules).delete()
    UseCondition.objects.bulk_create(
        UseCondition(rule_set=rules, number=number, text=text)
        for number, text in matrix.conditions.items()
    )
    activities = Activity.objects.bulk_create(
        Activity(rule_set=rules, code=row.code, name=row.name, kbli=row.kbli)
        for row in matrix.activities
    )
    UseRule.objects.bulk_create(
        (
            UseRule(
                rule_set=rules,
                activity=activity,
                sub_zone=own[code],
                verdict=verdict,
                conditions=conditions,
            )
            for activity, row in zip(activities, matrix.activities, strict=True)
            for code, (verdict, conditions) in row.uses.items()
        ),
        batch_size=5000,
    )
    Intensity.objects.bulk_create(
        Intensity(rule_set=rules, sub_zone=own[code], **limits)
        for code, limits in matrix.intensities.items()
    )
    _write_beyond(rules, matrix, own)


def _write_beyond(rules: RuleSet, matrix: Matrix, own: dict[str, SubZone]) -> None:
    """The crosswalk and the special provisions."""
    words = SubZone.objects.exclude(vocabulary=rules.vocabulary).exclude(vocabulary=None)
    by_word = {one.code: one for one in words}
    kinds = {one.code: one for one in OverlayKind.objects.all()}
    Equivalent.objects.bulk_create(
        Equivalent(
            rule_set=rules,
            word=by_word[row["word"]],
            code=own[row["code"]],
            source=row["source"],
            note=row["note"],
        )
        for row in matrix.equivalents
    )
    OverlayRule.objects.bulk_create(
        OverlayRule(
            rule_set=rules,
            kind=kinds[row["kind"]],
            value=row["value"],
            verdict=row["verdict"],
            text=row["text"],
        )
        for row in matrix.overlays
    )


def write_rules(rules: RuleSet, path: Path) -> None:
    """The set as the spreadsheet from which it can be loaded again."""
    spreadsheet.write(path, sheets_of(rules))


def sheets_of(rules: RuleSet) -> list[tuple[str, list[list[Any]]]]:
    own = list(SubZone.objects.filter(vocabulary=rules.vocabulary).order_by("code"))
    cells = {
        (use.activity_id, use.sub_zone_id): use_written(use.verdict, use.conditions)
        for use in rules.uses.all()
    }
    used = [one for one in own if any(one.pk == sub_zone for _, sub_zone in cells)]
    matrix = [
        [row.code, row.name, ", ".join(row.kbli)]
        + [cells.get((row.pk, one.pk), "-") for one in used]
        for row in rules.activities.order_by("pk")
    ]
    intensities = rules.intensities.select_related("sub_zone").order_by("sub_zone__code")
    equivalents = rules.equivalents.select_related("word", "code").order_by("pk")
    overlays = rules.overlay_rules.select_related("kind").order_by("pk")
    return [
        ("Matriks", [["Kode", "Kegiatan", "KBLI", *(one.code for one in used)], *matrix]),
        ("Ketentuan", [
            ["Nomor", "Teks"],
            *([one.number, one.text] for one in rules.conditions.order_by("pk")),
        ]),
        ("Intensitas", [
            ["Subzona", "KDB", "KLB", "KDH", "Sumber"],
            *([one.sub_zone.code, one.kdb, one.klb, one.kdh, one.source] for one in intensities),
        ]),
        ("Padanan", [
            ["Istilah", "Kode", "Sumber", "Catatan"],
            *([one.word.code, one.code.code, one.source, one.note] for one in equivalents),
        ]),
        ("Ketentuan khusus", [
            ["Jenis", "Kelas", "Putusan", "Teks"],
            *([one.kind.code, one.value, one.verdict, one.text] for one in overlays),
        ]),
        ("Subzona", [
            ["Kode", "Nama", "Kode zona", "Nama zona"],
            *([one.code, one.name, one.zone_code, one.zone_name] for one in own),
        ]),
    ]  # fmt: skip
