"""A wrong declaration stops start-up, and says what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from layers.base import Ingest, Property, Style, StyleClass, Text
from layers.checks import TAG, check_layers
from layers.forms import CodeList, Earlier, Sheet
from layers.registry import LAYERS, register, registered

TRASH = LAYERS["trash-reports"]
NAME = Text("Nama", "Name")


def complaints(**change: Any) -> list[str]:
    with registered(replace(TRASH, **({"id": "scratch"} | change))):
        return [str(error.msg) for error in check_layers()]


def test_the_catalog_is_declared_rightly() -> None:
    assert check_layers() == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "Trash_Reports"}, "kebab-case"),
        ({"private": ("id", "geom", "instance_id")}, "'tracking_code' is in none"),
        ({"private": (*TRASH.private, "nothing")}, "'nothing' does not exist"),
        ({"private": (*TRASH.private, "status")}, "private and a property at once"),
        ({"public": (*TRASH.public, Property("x", NAME, source="owner__name"))}, "leads nowhere"),
        ({"public": (*TRASH.public, TRASH.public[0])}, "declared twice"),
        ({"public": (*TRASH.public, Property("a b", NAME, source="status"))}, "identifier"),
        ({"geometry": "status"}, "EPSG:4326"),
        ({"time": "someday"}, "leads nowhere"),
        ({"time": "id"}, "time 'id' must be a public property"),
        ({"updated": "category"}, "must be a date and time"),
        ({"area": "geom"}, "must end at a foreign key"),
        ({"policy": "whatever"}, "not in permissions.POLICIES"),
        ({"policy": "health"}, "not public"),
        ({"policy": "open"}, "lets nobody submit"),
        ({"area": ""}, "limits by area"),
        ({"style": Style(kind="circle", by="description")}, "tile=True"),
        ({"style": Style(kind="circle", colour="red")}, "#rrggbb"),
        ({"facet": "received_at"}, "filter=True"),
        ({"facet": "note", "staff": (Property("note", NAME, source="description", filter=True),)},
         "must be a public property"),
        ({"minzoom": 15, "maxzoom": 3}, "zooms"),
        ({"title": Text("Sampah", "")}, "both languages"),
        ({"owner": ""}, "who keeps this layer"),
        ({"ingest": Ingest(key=("number",), fields={})}, "ingest names 'number'"),
        (
            {"style": Style(kind="circle", by="status", scale="step", classes=(
                StyleClass(2.0, "#000000", NAME), StyleClass(1.0, "#000000", NAME)))},
            "must rise",
        ),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_named(change: dict[str, Any], complaint: str) -> None:
    assert any(complaint in message for message in complaints(**change))


FORM: Any = TRASH.accepts
QUESTION = FORM.fields[0]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"place": "kelurahan__name"}, "must lead to a geometry"),
        ({"place": "nowhere__geom"}, "must lead to a geometry"),
        ({"fields": (QUESTION, QUESTION)}, "asked twice"),
        ({"fields": (replace(QUESTION, name="geometry"),)}, "needs another name"),
        ({"fields": (replace(QUESTION, name="Jenis"),)}, "needs another name"),
        ({"fields": (replace(QUESTION, codes="nowhere"),)}, "is no list"),
        ({"fields": (replace(QUESTION, choices={}),)}, "offers no choice"),
        ({"fields": (replace(QUESTION, choices={"a": Text("A", "")}),)}, "both languages"),
        ({"example": {}}, "does not answer category"),
        ({"earlier": (Earlier("1", ()),)}, "one number"),
        ({"earlier": (Earlier("0", (QUESTION, QUESTION)),)}, "asked twice"),
        ({"lists": (CodeList("markets", NAME, lambda user: ()),)}, "means two things"),
        ({"sheet": Sheet("category", "nothing", "x", "y")}, "no question with a code list"),
        ({"sheet": Sheet("category", "nothing", "x", "y")}, "no question for a whole number"),
        ({"sheet": Sheet("category", "nothing", "x", "y")}, "'y', which is no list"),
    ],
)
def test_a_wrong_form_is_named(change: dict[str, Any], complaint: str) -> None:
    told = complaints(accepts=replace(FORM, **change))
    assert any(complaint in message for message in told), told


LEAKS = {
    "guardian": Property("guardian", NAME, source="child__guardian"),
    "name": Property("child_name", NAME, source="child__name"),
}


@pytest.mark.parametrize("leak", sorted(LEAKS))
def test_what_a_layer_keeps_back_cannot_be_reached_through_another(leak: str) -> None:
    measurements = LAYERS["measurements"]
    opened: dict[str, Any] = {"policy": "open", "public": (LEAKS[leak],), "accepts": None}
    with registered(replace(measurements, id="scratch", **opened)):
        told = [str(error.msg) for error in check_layers()]
    assert any(f"{LEAKS[leak].path!r} shows what 'children' keeps back" in text for text in told)
    assert any("'child__geom' shows what" in text for text in told)


def test_start_up_stops(db: None) -> None:
    with registered(replace(TRASH, id="scratch", owner="")), pytest.raises(SystemCheckError):
        call_command("check", tags=[TAG])


def test_an_id_is_taken_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        register(replace(TRASH))


def test_a_layer_of_a_test_is_gone_afterwards() -> None:
    with registered(replace(TRASH, id="scratch")):
        assert "scratch" in LAYERS
    assert "scratch" not in LAYERS
