"""Each answer is read strictly, and its fault told in a sentence."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_api.answers import reader
from field_api.forms import values_schema
from layers.base import Text
from layers.forms import Form, FormField
from layers.registry import LAYERS

T = Text("t", "t")
FORM = Form(
    version="1",
    title=T,
    fields=(
        FormField("text", T, required=False, max_length=5),
        FormField("integer", T, "integer", required=False, minimum=1, maximum=10),
        FormField("decimal", T, "decimal", required=False, minimum=Decimal("0.5"), maximum=40),
        FormField("choice", T, "choice", required=False, choices=MappingProxyType({"a": T})),
        FormField("date", T, "date", required=False),
        FormField("uuid", T, "uuid", required=False),
        FormField("photo", T, "photo", required=False),
    ),
    write=lambda **_: [],
    example={},
)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("text", "abc", "abc"),
        ("integer", 7, 7),
        ("integer", 7.0, 7),
        ("integer", "7", 7),
        ("decimal", 31.5, Decimal("31.5")),
        ("decimal", "12.25", Decimal("12.25")),
        ("decimal", 3, Decimal(3)),
        ("choice", "a", "a"),
        ("date", "2026-02-28", date(2026, 2, 28)),
        ("uuid", "3f0c2b1e-6a53-4d0e-9a51-0d7c5b7e2a10",
         UUID("3f0c2b1e-6a53-4d0e-9a51-0d7c5b7e2a10")),
        ("photo", "IMG 1.jpg", "IMG 1.jpg"),
    ],
)  # fmt: skip
def test_a_right_answer_becomes_its_value(name: str, given: Any, value: Any) -> None:
    assert reader(FORM)({name: given}) == ({name: value}, {})


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("text", 7), ("text", "abcdef"), ("text", "a\x00"), ("text", "\ud800"), ("text", ["a"]),
        ("integer", True), ("integer", 0), ("integer", 11), ("integer", 1.5), ("integer", "1e3"),
        ("integer", "٣"), ("integer", "9" * 400), ("integer", float("inf")), ("integer", {}),
        ("decimal", float("nan")), ("decimal", "1,5"), ("decimal", 1.005), ("decimal", 0.4),
        ("decimal", "1e400"), ("decimal", True), ("decimal", 1e300),
        ("choice", "b"), ("choice", ["a"]), ("choice", 1),
        ("date", "2026-02-30"), ("date", "20260228"), ("date", "2026-W08"), ("date", 20260228),
        ("uuid", "x"), ("uuid", 7), ("uuid", "{}"),
        ("photo", "../a.jpg"), ("photo", "C:\\a.jpg"), ("photo", ".."), ("photo", "x" * 256),
        ("photo", "a\nb.jpg"), ("photo", 7),
        ("other", 1),
    ],
)  # fmt: skip
def test_a_wrong_answer_has_its_sentence(name: str, given: Any) -> None:
    values, faults = reader(FORM)({name: given})
    assert values == {}
    assert set(faults) == {name}
    assert faults[name].endswith(".")


def test_an_empty_answer_is_no_answer() -> None:
    assert reader(FORM)({"text": "", "integer": None, "photo": ""}) == ({}, {})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([field.name for field in FORM.fields]), ANYTHING))
def test_nothing_that_json_can_say_breaks_the_reader(given: dict[str, Any]) -> None:
    values, faults = reader(FORM)(given)
    assert not set(values) & set(faults)


@pytest.mark.parametrize("layer_id", [layer.id for layer in LAYERS.values() if layer.accepts])
def test_every_form_reads_its_own_example_and_its_schema_agrees(layer_id: str) -> None:
    form = LAYERS[layer_id].accepts
    assert form is not None
    _, faults = reader(form)(form.example)
    assert faults == {}
    as_json = json.loads(json.dumps(dict(form.example)))
    jsonschema.Draft202012Validator(values_schema(form)).validate(as_json)
