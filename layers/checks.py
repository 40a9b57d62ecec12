"""System checks that stop start-up where a layer is declared wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib.postgres.indexes import GistIndex
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models import (
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKey,
    OneToOneField,
    TextField,
)

from layers.base import Layer
from layers.forms import FormField
from layers.mercator import SUFFIX
from layers.permissions import POLICIES, Scope
from layers.registry import LAYERS

TAG = "layers"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = frozenset({"geometry", "meta"})  # what an XForm calls its own
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@register(TAG)
def check_layers(**_: Any) -> list[CheckMessage]:
    return [
        Error(message, obj=f"layer {layer.id!r}", id=f"layers.{rule.__name__}")
        for layer in LAYERS.values()
        for rule in RULES
        for message in rule(layer)
    ]


def resolve(layer: Layer, path: str) -> Field | None:
    """The model field at the end of an ORM path, or None."""
    try:
        found: Field = layer.field_at(path)
    except FieldDoesNotExist:
        return None
    return found


def identifier(layer: Layer) -> Iterator[str]:
    if not _ID.fullmatch(layer.id):
        yield "id must be kebab-case."
    for prop in layer.properties:
        if not _NAME.fullmatch(prop.name):
            yield f"property {prop.name!r} must be an identifier in lower case."
    names = [prop.name for prop in layer.properties]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"property {name!r} is declared twice."


def every_field_has_an_audience(layer: Layer) -> Iterator[str]:
    """public + staff + private must cover the model: no new column leaks by being forgotten."""
    named = {prop.path.split("__")[0] for prop in layer.properties} | set(layer.private)
    named.add(layer.geometry.split("__")[0])
    for field in layer.model._meta.concrete_fields:
        if field.name.removesuffix(SUFFIX) not in named:
            yield f"field {field.name!r} is in none of public, staff and private."


def private_stays_private(layer: Layer) -> Iterator[str]:
    own = {prop.path for prop in layer.properties}
    for name in layer.private:
        if resolve(layer, name) is None:
            yield f"private field {name!r} does not exist."
        if name in own:
            yield f"field {name!r} is private and a property at once."


def nothing_leaks_through_a_relation(layer: Layer) -> Iterator[str]:
    """What another layer keeps back on its own model stays back when reached by a foreign key."""
    policy = POLICIES.get(layer.policy)
    public = {prop.path for prop in layer.public}
    shared = {layer.geometry} if policy and policy.public else set()
    for path in sorted({prop.path for prop in layer.properties} | shared):
        steps = path.split("__")
        for number in range(1, len(steps)):
            owner = resolve(layer, "__".join(steps[:number]))
            others = [one for one in LAYERS.values() if owner and one.model is owner.related_model]
            if others and _kept_back(others, steps[number], path in public | shared):
                yield f"path {path!r} shows what {others[0].id!r} keeps back."


def _kept_back(others: list[Layer], name: str, for_the_public: bool) -> bool:
    """Whether none of the layers of a model gives this field to such readers."""
    if for_the_public:
        policies = [(other, POLICIES.get(other.policy)) for other in others]
        others = [other for other, policy in policies if policy and policy.public]
        given = [prop for other in others for prop in other.public]
    else:
        given = [prop for other in others for prop in other.properties]
    named = {prop.path.split("__")[0] for prop in given} | {"pk"}
    return name not in named | {other.geometry.split("__")[0] for other in others}


def paths_exist(layer: Layer) -> Iterator[str]:
    paths = [prop.path for prop in layer.properties] + list(layer.fixed)
    paths += [path for path in (layer.time, layer.updated, layer.area, layer.unit) if path]
    for path in paths:
        if resolve(layer, path) is None:
            yield f"path {path!r} leads nowhere."
    for what, path in (("area", layer.area), ("unit", layer.unit)):
        if path and not isinstance(resolve(layer, path), ForeignKey | OneToOneField):
            yield f"{what} {path!r} must end at a foreign key."
    told_by = layer.updated or layer.time
    if told_by and not isinstance(resolve(layer, told_by), DateTimeField):
        yield f"freshness {told_by!r} must be a date and time."


def geometry_is_4326_and_indexed(layer: Layer) -> Iterator[str]:
    field = resolve(layer, layer.geometry)
    if field is None or getattr(field, "srid", None) != 4326:
        yield f"geometry {layer.geometry!r} must be a geometry field in EPSG:4326."
    elif not getattr(field, "spatial_index", False):
        yield f"geometry {layer.geometry!r} needs a spatial index."
    twin = resolve(layer, layer.mercator)
    if twin is None or getattr(twin, "srid", None) != 3857:
        yield f"geometry {layer.geometry!r} needs its twin in EPSG:3857: `mercator()` beside it."
    if not _is_indexed(layer):
        yield f"geometry {layer.geometry!r} needs a GistIndex."


def _is_indexed(layer: Layer) -> bool:
    """Django indexes a geometry field by itself, but not a generated one."""
    *way, name = layer.geometry.split("__")
    owner = resolve(layer, "__".join(way)) if way else None
    model: Any = owner.related_model if owner else layer.model
    generated = any(field.generated and field.name == name for field in model._meta.fields)
    return not generated or any(
        isinstance(index, GistIndex) and list(index.fields) == [name]
        for index in model._meta.indexes
    )


def policy_is_known(layer: Layer) -> Iterator[str]:
    policy = POLICIES.get(layer.policy)
    if policy is None:
        yield f"policy {layer.policy!r} is not in permissions.POLICIES."
        return
    if layer.public and not policy.public:
        yield f"policy {layer.policy!r} is not public, but the layer has public properties."
    if policy.public and layer.time and layer.time not in {prop.path for prop in layer.public}:
        yield f"time {layer.time!r} must be a public property, since everybody may ask by it."
    if Scope.AREA in policy.staff.values() and not layer.area:
        yield f"policy {layer.policy!r} limits by area: declare `area`."
    if Scope.UNIT in policy.staff.values() and not layer.unit:
        yield f"policy {layer.policy!r} limits by Puskesmas: declare `unit`."
    if layer.accepts and not policy.submit:
        yield f"policy {layer.policy!r} lets nobody submit, but the layer accepts a form."


def drawing(layer: Layer) -> Iterator[str]:
    by_name = {prop.name: prop for prop in layer.properties}
    for what, name in (
        ("style.by", layer.style.by),
        ("style.label", layer.style.label),
    ):
        if name and not (name in by_name and by_name[name].tile):
            yield f"{what} {name!r} must be a property with tile=True."
    facet = by_name.get(layer.facet)
    if layer.facet and not (facet and facet.filter):
        yield f"facet {layer.facet!r} must be a property with filter=True."
    if facet and layer.public and facet not in layer.public:
        yield f"facet {layer.facet!r} must be a public property, since its values are listed."
    for colour in (layer.style.colour, *(line.colour for line in layer.style.classes)):
        if not _COLOUR.fullmatch(colour):
            yield f"colour {colour!r} must be #rrggbb in lower case."
    steps = [line.value for line in layer.style.classes if line.value is not None]
    if layer.style.scale == "step" and steps != sorted(steps):
        yield "the steps of the style must rise."
    if not 0 <= layer.minzoom <= layer.maxzoom <= 22:
        yield "zooms must satisfy 0 <= minzoom <= maxzoom <= 22."


def overview_is_possible(layer: Layer) -> Iterator[str]:
    field, facet = resolve(layer, layer.geometry), resolve(layer, _path(layer, layer.facet))
    kind = getattr(field, "geom_type", "")
    if layer.overview == "grid" and kind != "POINT":
        yield "overview 'grid' needs points."
    if layer.overview == "coverage" and kind not in ("POLYGON", "MULTIPOLYGON"):
        yield "overview 'coverage' needs polygons."
    if layer.overview == "areas" and not layer.area:
        yield "overview 'areas' counts by area: declare `area`."
    if layer.overview and layer.facet and not isinstance(facet, CharField | TextField | DateField):
        yield f"facet {layer.facet!r} must be a text or a date where there is an overview."
    if layer.overview and "n" in {prop.name for prop in layer.properties}:
        yield "property 'n' is the number of rows in an overview."


def _path(layer: Layer, name: str) -> str:
    return next((prop.path for prop in layer.properties if prop.name == name), "")


def ingest_names_fields(layer: Layer) -> Iterator[str]:
    if layer.ingest:
        for name in (*layer.ingest.key, *layer.ingest.group):
            if resolve(layer, name) is None:
                yield f"ingest names {name!r}, which the model does not have."


def form_is_whole(layer: Layer) -> Iterator[str]:
    """What phones, ODK Collect and the inbox take for granted of a form."""
    form = layer.accepts
    if form is None:
        return
    policy = POLICIES.get(layer.policy)
    if policy and not policy.review:
        yield f"policy {layer.policy!r} lets nobody review what is handed in."
    if form.place and getattr(resolve(layer, form.place), "srid", None) != 4326:
        yield f"place {form.place!r} must lead to a geometry in EPSG:4326."
    if len(form.versions) <= len(form.earlier):
        yield "two versions of the form have one number."
    lists = {codes.id for codes in form.lists}
    for name in sorted(lists):
        others = [one for other in LAYERS.values() if other.accepts for one in other.accepts.lists]
        if len({id(one.rows) for one in others if one.id == name}) > 1:
            yield f"code list {name!r} means two things."
    for version in form.versions.values():
        yield from _questions(version.fields, lists)
    missing = [q.name for q in form.fields if q.required and q.name not in form.example]
    if missing:
        yield f"the example does not answer {', '.join(missing)}."


def _questions(fields: Sequence[FormField], lists: set[str]) -> Iterator[str]:
    names = [question.name for question in fields]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"question {name!r} is asked twice."
    for question in fields:
        if not _NAME.fullmatch(question.name) or question.name in RESERVED:
            yield f"question {question.name!r} needs another name."
        if question.codes and question.codes not in lists:
            yield f"question {question.name!r} draws on {question.codes!r}, which is no list."
        if question.kind == "choice" and not question.choices:
            yield f"question {question.name!r} offers no choice."


def sheet_names_questions(layer: Layer) -> Iterator[str]:
    """A sheet is drawn from what it names: two questions with code lists, and a whole number."""
    form = layer.accepts
    if form is None or form.sheet is None:
        return
    sheet, asked = form.sheet, {question.name: question for question in form.fields}
    for name in (sheet.by, sheet.line):
        if name not in asked or not asked[name].codes:
            yield f"sheet names {name!r}, which is no question with a code list."
    if sheet.answer not in asked or asked[sheet.answer].kind != "integer":
        yield f"sheet names {sheet.answer!r}, which is no question for a whole number."
    if sheet.last not in {codes.id for codes in form.lists}:
        yield f"sheet names {sheet.last!r}, which is no list."


def bilingual(layer: Layer) -> Iterator[str]:
    texts = [layer.title, layer.description, *(prop.title for prop in layer.properties)]
    texts += [line.title for line in layer.style.classes]
    if layer.accepts:
        asked = [q for version in layer.accepts.versions.values() for q in version.fields]
        texts += [layer.accepts.title, *(codes.title for codes in layer.accepts.lists)]
        texts += [
            text for question in asked for text in (question.title, *question.choices.values())
        ]
    if not all(text.id and text.en for text in texts):
        yield "every title needs both languages."
    if not layer.owner:
        yield "owner is empty: who keeps this layer?"


def search_names_properties(layer: Layer) -> Iterator[str]:
    for name in set(layer.search) - {prop.name for prop in layer.properties}:
        yield f"search names {name!r}, which is no property."


RULES: tuple[Callable[[Layer], Iterator[str]], ...] = (
    identifier,
    every_field_has_an_audience,
    private_stays_private,
    paths_exist,
    geometry_is_4326_and_indexed,
    policy_is_known,
    nothing_leaks_through_a_relation,
    drawing,
    overview_is_possible,
    ingest_names_fields,
    form_is_whole,
    sheet_names_questions,
    search_names_properties,
    bilingual,
)
