"""A layer's form as JSON Schema (draft 2020-12), for whoever writes a client."""

from __future__ import annotations

from typing import Any

from layers.base import FormField, Layer, User
from layers.permissions import can_submit
from layers.registry import LAYERS

Json = dict[str, Any]


def forms_for(user: User) -> list[Json]:
    """The forms that this person may submit, with the schema of their `values`."""
    return [
        {
            "form": layer.id,
            "form_version": layer.accepts.version,
            "title": str(layer.accepts.title),
            "geometry": layer.accepts.point,
            "values": values_schema(layer),
        }
        for layer in LAYERS.values()
        if layer.accepts and can_submit(layer, user)
    ]


def values_schema(layer: Layer) -> Json:
    """The JSON Schema of the form's answers. The layer must accept a form."""
    assert layer.accepts is not None
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": [question.name for question in layer.accepts.fields if question.required],
        "examples": [dict(layer.accepts.example)],
        "properties": {question.name: _property(question) for question in layer.accepts.fields},
    }


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
        case _:
            schema.update(type="string", maxLength=question.max_length)
    return schema
