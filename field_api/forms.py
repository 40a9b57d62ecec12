"""The forms of the layers as clients read them: questions, code lists and JSON Schema (draft
2020-12), in the present version and in those that old phones still send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from layers.base import Layer, User
from layers.forms import CodeList, Earlier, Form, FormField, Sheet
from layers.registry import forms_of

Json = dict[str, Any]


def forms_for(user: User) -> list[Json]:
    """The forms that this person may submit, in their present versions."""
    return [definition(layer, form) for layer, form in forms_of(user).values()]


def form_for(user: User, layer_id: str, version: str) -> Json | None:
    """One version of a form, or None where there is none for this person."""
    layer, form = forms_of(user).get(layer_id, (None, None))
    found = form.versions.get(version) if form else None
    return definition(layer, found) if layer and found else None


def lists_for(user: User) -> dict[str, CodeList]:
    """The code lists that this person's forms draw from, each once."""
    return {codes.id: codes for _, form in forms_of(user).values() for codes in form.lists}


def definition(layer: Layer, version: Form | Earlier) -> Json:
    """A version of the layer's form. The layer must accept a form."""
    form = layer.accepts
    assert form is not None
    return {
        "form": layer.id,
        "form_version": version.version,
        "title": str(form.title),
        "geometry": form.point,
        "lists": [codes.id for codes in form.lists],
        "fields": [_question(question) for question in version.fields],
        "sheet": _sheet(form.sheet) if version is form and form.sheet else None,
        "values": values_schema(version),
        "example": dict(form.example) if version is form else None,
    }


def _question(question: FormField) -> Json:
    bounds = {"minimum": question.minimum, "maximum": question.maximum}
    return {
        "name": question.name,
        "title": str(question.title),
        "kind": question.kind,
        "required": question.required,
        "choices": [{"code": code, "name": str(text)} for code, text in question.choices.items()],
        **{name: None if bound is None else float(bound) for name, bound in bounds.items()},
        "max_length": question.max_length if question.kind == "text" else None,
        "codes": question.codes,
        "format": question.format,
    }


def _sheet(sheet: Sheet) -> Json:
    return asdict(sheet) | {"jump": float(sheet.jump)}


def values_schema(version: Form | Earlier) -> Json:
    """The JSON Schema of a form's answers."""
    fields: Iterable[FormField] = version.fields
    schema: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": [question.name for question in fields if question.required],
        "properties": {question.name: _property(question) for question in fields},
    }
    if isinstance(version, Form):
        schema["examples"] = [dict(version.example)]
    return schema


def _property(question: FormField) -> Json:
    schema: Json = {"title": str(question.title)}
    match question.kind:
        case "choice":
            schema["oneOf"] = [
                {"const": code, "title": str(text)} for code, text in question.choices.items()
            ]
        case "integer" | "decimal":
            schema["type"] = "integer" if question.kind == "integer" else "number"
            bounds = {"minimum": question.minimum, "maximum": question.maximum}
            schema.update(
                {name: float(bound) for name, bound in bounds.items() if bound is not None}
            )
            if question.kind == "decimal":
                schema["multipleOf"] = 0.01
        case "date" | "uuid":
            schema.update(type="string", format=question.kind)
        case "photo":
            schema.update(type="string", maxLength=255, description="The name of an attachment.")
        case _:
            schema.update(type="string", maxLength=question.max_length)
    return schema
