"""Forms live in versions: an old phone goes on working."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layers.base import Refused, Text
from layers.catalog.trash.reports import CATEGORY_NAMES, TRASH_REPORTS, TrashReport
from layers.forms import Earlier, FormField
from tests.field_api.test_batch import send
from tests.field_api.test_submit import problem, report

pytestmark = pytest.mark.django_db
FORM: Any = TRASH_REPORTS.accepts


def _from_numbers(answers: dict[str, Any]) -> dict[str, Any]:
    kinds = ["scattered", "overflow"]
    number = int(answers["kind"])
    if number >= len(kinds):
        raise Refused({"values.kind": "Jenis ini tidak dipakai lagi."})
    return {"category": kinds[number]}


def _renamed(answers: dict[str, Any]) -> dict[str, Any]:
    return {"category": answers["category"], "description": answers.get("note", "")}


@pytest.fixture
def phone(cast: Any, phone_of: Any, monkeypatch: Any) -> Any:
    """The form is at its third version; phones with the first and the second are still out."""
    earlier = (
        Earlier(
            "2",
            (
                FormField("category", Text("Jenis", "Category"), "choice", choices=CATEGORY_NAMES),
                FormField("note", Text("Catatan", "Note"), required=False),
            ),
            _renamed,
        ),
        Earlier("1", (FormField("kind", Text("Jenis", "Kind"), "integer"),), _from_numbers),
    )
    present = replace(FORM, version="3", earlier=earlier)
    monkeypatch.setitem(TRASH_REPORTS.__dict__, "accepts", present)
    return phone_of(cast.officer)


@pytest.mark.parametrize(
    ("version", "values", "category", "description"),
    [
        ("3", {"category": "burning", "description": "c"}, "burning", "c"),
        ("2", {"category": "burning", "note": "b"}, "burning", "b"),
        ("1", {"kind": 1}, "overflow", ""),
    ],
)
def test_each_version_is_understood(
    phone: Any, version: str, values: Any, category: str, description: str
) -> None:
    sent = report(form_version=version, values=values)
    (result,) = send(phone, sent)
    assert result["outcome"] == "accepted"
    feature = TrashReport.objects.get(instance_id=sent["instance_id"])
    assert (feature.category, feature.description) == (category, description)


@pytest.mark.parametrize(
    ("version", "values", "field"),
    [
        ("1", {"kind": "many"}, "values.kind"),
        ("1", {"kind": 7}, "values.kind"),
        ("1", {"category": "burning"}, "values.category"),
        ("2", {"category": "gold"}, "values.category"),
        ("4", {"category": "burning"}, "form_version"),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_the_phones_version(
    phone: Any, version: str, values: Any, field: str
) -> None:
    (result,) = send(phone, report(form_version=version, values=values))
    assert result["outcome"] == "refused"
    assert field in result["reasons"]


def test_an_old_phone_revises_with_its_own_words(phone: Any) -> None:
    first = report(form_version="1", values={"kind": 0})
    second = report(
        form_version="2",
        values={"category": "burning", "note": "asap"},
        revises=first["instance_id"],
    )
    send(phone, first)
    (result,) = send(phone, second)
    assert (result["outcome"], result["conflicts"]) == ("accepted", {})
    feature = TrashReport.objects.get(instance_id=first["instance_id"])
    assert (feature.category, feature.description) == ("burning", "asap")


def test_every_version_can_be_asked_for(phone: Any) -> None:
    for version, names in (("3", "category"), ("2", "note"), ("1", "kind")):
        told = phone.get(f"/api/v1/forms/trash-reports/{version}").json()
        assert told["form_version"] == version
        assert names in {question["name"] for question in told["fields"]}
    problem(phone.get("/api/v1/forms/trash-reports/9"), 404)
    problem(phone.get("/api/v1/forms/measurements/1"), 404)
