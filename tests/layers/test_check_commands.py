"""The check on the command line, of one parcel and of all open applications."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.core.management import CommandError, call_command

from layers.catalog.permits.check import evidence
from layers.catalog.permits.check.checks import Check
from layers.catalog.permits.check.rechecks import recheck
from layers.catalog.zoning.in_force import plan_named, rules_named
from tests import planning
from tests.planning import application, box

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ruled() -> None:
    planning.plan([("R-2", box(0, 0, 100, 100)), ("K-1", box(100, 0, 200, 100))])
    planning.rules({"R-2": "I", "K-1": "B"})


def run(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_an_application_is_checked_and_nothing_is_stored() -> None:
    application(box(80, 10, 120, 60))
    told = run("check_parcel", "KKPR-2026-0001")
    assert told.startswith("KKPR-2026-0001: DIIZINKAN BERSYARAT")
    assert "K-1" in told
    assert "50,00 %" in told
    assert not Check.objects.exists()


def test_json_is_the_evidence() -> None:
    application(box(10, 10, 60, 60))
    found = json.loads(run("check_parcel", "KKPR-2026-0001", "--json"))
    assert (found["version"], found["verdict"], found["parcel"]["revision"]) == (1, "I", 1)


def test_a_parcel_of_a_file_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "parcel.geojson"
    file.write_text(shapely.to_geojson(box(110, 10, 160, 60)))
    told = run("check_parcel", "--file", str(file), "--kbli", "47111")
    assert told.startswith("Bidang: DIIZINKAN BERSYARAT")


def test_another_plan_may_be_asked_for() -> None:
    planning.plan([("K-1", box(0, 0, 100, 100))], code="KONSEP", status="draft")
    application(box(10, 10, 60, 60))
    told = run("check_parcel", "KKPR-2026-0001", "--plan", "KONSEP", "--rules", "ITBX")
    assert "BERSYARAT" in told
    assert "Rencana KONSEP" in told


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "Name an application"),
        (("KKPR-1", "--file", "x.json"), "Name an application"),
        (("--file", "x.json"), "activity"),
        (("KKPR-1",), "no application KKPR-1"),
        (("KKPR-1", "--plan", "X"), "Tidak ada rencana tata ruang X"),
        (("KKPR-1", "--rules", "X"), "Tidak ada aturan pemanfaatan X"),
    ],
)
def test_what_cannot_be_checked_is_told(arguments: Any, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run("check_parcel", *arguments)


def three_files() -> list[Any]:
    return [
        application(box(10 + n * 60, 10, 60 + n * 60, 60), f"KKPR-{n}", status)
        for n, status in enumerate(("assessment", "registered", "granted"))
    ]


def test_all_open_applications_are_rechecked_as_each_is() -> None:
    files = three_files()
    plan, rules = plan_named(), rules_named()
    found = list(recheck(plan=plan, rule_set=rules))
    assert [one.parcel.application for one in found] == files[:2]
    for one in found:
        alone = evidence.evidence_for(
            shape=one.parcel.geom,
            kbli="47111",
            plan=plan,
            rule_set=rules,
            at=one.at,
            application=one.parcel.application,
            revision=1,
        )
        assert one.evidence == alone
        assert one.before is None


def test_what_would_change_with_a_new_plan_is_told() -> None:
    first, second, _ = three_files()
    evidence.check(application=first, by=None)
    evidence.check(application=second, by=None)
    assert "2 permohonan diperiksa, 0 akan berubah." in run("recheck")
    draft = planning.plan(
        [("R-2", box(0, 0, 65, 100)), ("RTH", box(65, 0, 200, 100))], code="KONSEP", status="draft"
    )
    planning.rules({"R-2": "I", "RTH": "X"}, code="ITBX-2")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("recheck", "--plan", draft.code, stdout=out)
    assert ended.value.code == 1
    assert "KKPR-0" not in out.getvalue()
    assert "KKPR-1:\n  Kesimpulan: diizinkan bersyarat → tidak diizinkan" in out.getvalue()
    assert "2 permohonan diperiksa, 1 akan berubah." in out.getvalue()
    assert Check.objects.count() == 2


def test_what_changed_is_stored_for_the_plan_in_force_only() -> None:
    three_files()
    assert "2 permohonan diperiksa, 2 berubah dan disimpan." in run("recheck", "--store")
    assert Check.objects.count() == 2
    assert all(evidence.recompute(one).same for one in Check.objects.all())
    planning.plan([("K-1", box(0, 0, 200, 100))], code="KONSEP", status="draft")
    with pytest.raises(CommandError, match="yang berlaku"):
        run("recheck", "--plan", "KONSEP", "--store")
    assert Check.objects.count() == 2
