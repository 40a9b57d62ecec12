"""What a map and a list show of the changes that a file makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import shapely
from django.contrib.gis.db.models import GeometryField
from django.db.models import Model

from layers.base import Layer
from layers.uploads.changes import Change, fields_of
from layers.uploads.wording import title_of

MOST = 3_000  # rows that are drawn
VERTICES = 300_000  # beyond that shapes are drawn coarser
COARSE = 0.00002  # degrees, about 2 m
DECIMALS = 6
KINDS = ("gone", "changed", "new")

Json = dict[str, Any]


def drawn(layer: Layer, changes: Sequence[Change]) -> bytes:
    """A GeoJSON collection: for each row its `kind`, `label` and `fields` (title, before, after); a
    shape that moved comes once more as it was, of kind "was". What refers to another table is
    named, for which the rows have to be there."""
    own = [one for one in changes if one.model is layer.model and _belongs(layer, one)]
    own.sort(key=lambda one: KINDS.index(_kind(one)))
    counts = {kind: sum(_kind(one) == kind for one in own) for kind in KINDS}
    shown = own[:MOST]
    names = _names(layer.model, shown)
    features = [feature for one in shown for feature in _features(layer, one, names)]
    _simplified(features)
    return orjson.dumps(
        {
            "type": "FeatureCollection",
            "counts": counts,
            "more": len(own) - len(shown),
            "features": [
                {**one, "geometry": orjson.Fragment(shapely.to_geojson(one["geometry"]))}
                for one in features
            ],
        }
    )


def _belongs(layer: Layer, change: Change) -> bool:
    return all(change.values.get(name) == value for name, value in layer.fixed.items())


def _kind(change: Change) -> str:
    if change.before is None:
        return "new"
    return "gone" if change.after is None else "changed"


def _features(layer: Layer, change: Change, names: dict[Any, dict[Any, str]]) -> list[Json]:
    before, after = change.before or {}, change.after or {}
    place = layer.geometry_field.attname
    moved = bool(before and after) and before[place] != after[place]
    about = {
        "kind": _kind(change),
        "label": label(layer, change),
        "moved": moved,
        "fields": _fields(layer, change, names),
    }
    features = [_feature((after or before)[place], about)]
    if moved:
        features.append(_feature(before[place], {"kind": "was", "label": about["label"]}))
    return features


def _feature(shape: str, properties: Json) -> Json:
    return {"type": "Feature", "properties": properties, "geometry": shapely.from_wkb(shape)}


def label(layer: Layer, change: Change) -> str:
    """Its key as people write it, and its name where it has one."""
    told = change.values
    keys = layer.ingest.key if layer.ingest else ()
    parts = [str(told[name]) for name in keys if name in told]  # not what refers to another table
    if (name := told.get("name")) and name not in parts:
        parts.append(str(name))
    return " · ".join(part for part in parts if part) or str(change.pk)


def _fields(layer: Layer, change: Change, names: dict[Any, dict[Any, str]]) -> list[list[str]]:
    """What of the row differs, without its shape; of a new or gone row nothing is left out."""
    before, after = change.before or {}, change.after or {}
    told = []
    for field in fields_of(change.model):
        if field.primary_key or isinstance(field, GeometryField) or field.name in layer.fixed:
            continue
        was, now = before.get(field.attname), after.get(field.attname)
        if was != now:
            if field in names:
                was, now = names[field].get(was, was), names[field].get(now, now)
            told.append([title_of(layer, field.name), _written(was), _written(now)])
    return told


def _written(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Ya" if value else "Tidak"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {said}" for name, said in value.items() if said)[:500]
    return str(value)[:500]


def _names(model: type[Model], changes: Sequence[Change]) -> dict[Any, dict[Any, str]]:
    """For each field that refers to another table, how the rows are called to which it refers."""
    named = {}
    for field in fields_of(model):
        if field.is_relation:
            sides = [side for one in changes for side in (one.before, one.after) if side]
            told = {side[field.attname] for side in sides}
            rows = field.related_model._default_manager.filter(pk__in=told - {None})
            named[field] = {row.pk: str(row) for row in rows}
    return named


def _simplified(features: list[Json]) -> None:
    shapes = np.array([one["geometry"] for one in features], dtype=object)
    if not len(shapes):
        return
    if shapely.get_num_coordinates(shapes).sum() > VERTICES:
        shapes = shapely.simplify(shapes, COARSE)
    shapes = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    for one, shape in zip(features, shapes, strict=True):
        one["geometry"] = shape
