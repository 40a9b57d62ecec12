"""The OpenAPI 3.0 definition of the OGC addresses, made from the layers a person may see."""

from __future__ import annotations

from typing import Any

from layers.base import Layer, User
from layers.crs import CRS84, SYSTEMS
from layers.queryables import Kind, queryables
from maps.answers import FORMATS, GEOJSON, HTML, ITEMS, JSON, MVT, PAGES
from maps.parameters import (
    DEFAULT_LIMIT,
    LANGUAGES,
    MAX_LIMIT,
    RESULTS,
    filterable,
    narrowing,
)

Json = dict[str, Any]
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
TYPES: dict[Kind, Json] = {
    Kind.TEXT: {"type": "string"},
    Kind.UUID: {"type": "string", "format": "uuid"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string", "format": "date-time"},
}


def describe(layers: list[Layer], user: User, server: str) -> Json:
    """An OpenAPI 3.0.3 document; `server` is the absolute address of `/ogc`."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Geo Portal Kota Kupang",
            "description": "OGC API - Features dan Tiles",
            "version": "1.0.0",
        },
        "servers": [{"url": server}],
        "paths": {
            "/": _get("Halaman muka", "getLandingPage", ["f"]),
            "/api": _get("Petunjuk ini", "getDefinition", ["f"], OPENAPI),
            "/conformance": _get("Kelas kesesuaian", "getConformance", ["f"]),
            "/collections": _get("Daftar lapisan", "getCollections", ["f"]),
            **{path: spec for layer in layers for path, spec in _layer_paths(layer, user).items()},
        },
        "components": {
            "parameters": _PARAMETERS,
            "schemas": _SCHEMAS,
            "responses": {
                "Problem": {
                    "description": "Apa yang salah dan cara memperbaikinya (RFC 9457)",
                    "content": {"application/problem+json": {"schema": _schema("Problem")}},
                }
            },
        },
    }


def _layer_paths(layer: Layer, user: User) -> Json:
    base, name, title = f"/collections/{layer.id}", layer.id, str(layer.title)
    known = queryables(layer, user)
    narrow = [_narrow(one, TYPES[known[one].kind]) for one in narrowing(layer, user)]
    tile: list[str | Json] = [
        *map(_part, ("z", "y", "x")),
        *(_narrow(one, {}) for one in filterable(layer, user)),
    ]
    tiles = f"{base}/tiles/WebMercatorQuad"
    return {
        base: _get(title, f"describe.{name}", ["f"]),
        f"{base}/queryables": _get(title, f"queryables.{name}", ["f"], SCHEMA),
        f"{base}/items": _get(
            title, f"items.{name}", [*_FOR_ITEMS, *narrow], GEOJSON, "FeatureCollection"
        ),
        f"{base}/items/{{featureId}}": _get(
            title, f"item.{name}", [_part("featureId"), "items-f", "crs"], GEOJSON, "Feature"
        ),
        f"{base}/tiles": _get(title, f"tilesets.{name}", ["f"]),
        tiles: _get(title, f"tileset.{name}", ["f"]),
        f"{tiles}/{{z}}/{{y}}/{{x}}": _get(title, f"tile.{name}", tile, MVT),
    }


TILE_ANSWERS = {
    "204": {"description": "Petak kosong"},
    "304": {"description": "Petak tidak berubah"},
}


def _get(
    summary: str,
    operation: str,
    parameters: list[str | Json],
    media: str = JSON,
    schema: str = "",
) -> Json:
    """A GET: parameters by their name in the components, or spelled out."""
    content: Json = {media: {"schema": _schema(schema) if schema else {"type": "object"}}}
    text: Json = {"schema": {"type": "string"}}
    if media == MVT:
        content = {media: {"schema": {"type": "string", "format": "binary"}}}
    elif schema:
        content |= {FORMATS[name].media: text for name in ITEMS if FORMATS[name].media != JSON}
        content[media] = {"schema": _schema(schema)}
    else:
        content[HTML] = text
    problem = {"$ref": "#/components/responses/Problem"}
    return {
        "get": {
            "summary": summary,
            "operationId": operation,
            "parameters": [
                {"$ref": f"#/components/parameters/{one}"} if isinstance(one, str) else one
                for one in parameters
            ],
            "responses": {
                "200": {"description": summary, "content": content},
                **(TILE_ANSWERS if media == MVT else {}),
                **dict.fromkeys(("400", "404", "406", "503"), problem),
            },
        }
    }


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _narrow(name: str, schema: Json) -> Json:
    return _query(name, schema or {"type": "string"}, f"Hanya {name} dengan nilai ini")


def _part(name: str) -> Json:
    """A part of the path: whole numbers, all of them."""
    schema = {"type": "integer", "minimum": 0}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: Json, description: str, **more: Any) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
        **more,
    }


def _choice(name: str, choices: tuple[str, ...], description: str) -> Json:
    return _query(
        name, {"type": "string", "enum": list(choices), "default": choices[0]}, description
    )


_SYSTEMS = (CRS84.uri, *(uri for uri in SYSTEMS if uri != CRS84.uri))
_FOR_ITEMS: list[str | Json] = [
    *("limit", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs"),
    *("resultType", "after", "items-f"),
]
_PARAMETERS: Json = {
    "f": _choice("f", PAGES, "Bentuk jawaban; tanpa ini header Accept yang menentukan"),
    "items-f": _choice("f", ITEMS, "Bentuk jawaban; tanpa ini header Accept yang menentukan"),
    "limit": _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        f"Paling banyak sekian fitur; di atas {MAX_LIMIT} dipotong",
    ),
    "bbox": _query(
        "bbox",
        {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "barat,selatan,timur,utara dalam bbox-crs; barat > timur melintasi bujur 180",
    ),
    "bbox-crs": _choice("bbox-crs", _SYSTEMS, "Sistem koordinat bbox"),
    "datetime": _query(
        "datetime", {"type": "string"}, "Waktu atau rentang: 2026-01-01T00:00:00Z/.."
    ),
    "crs": _choice("crs", _SYSTEMS, "Sistem koordinat geometri dalam jawaban"),
    "filter": _query("filter", {"type": "string"}, "Syarat dalam CQL2 (teks)"),
    "filter-lang": _choice("filter-lang", LANGUAGES, "Bahasa filter"),
    "filter-crs": _choice("filter-crs", _SYSTEMS, "Sistem koordinat bentuk dalam filter"),
    "resultType": _choice("resultType", RESULTS, "hits: jumlahnya saja (numberMatched)"),
    "after": _query(
        "after",
        {"type": "integer", "minimum": 0},
        "Nomor terakhir dari halaman sebelumnya; ikuti saja tautan next",
    ),
}
_LINKS: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {
            **{name: {"type": "string"} for name in ("href", "rel", "type", "title")},
            "templated": {"type": "boolean"},
        },
    },
}
_FEATURE: Json = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "integer"},
        "geometry": {"type": "object", "nullable": True},
        "properties": {"type": "object", "nullable": True},
        "links": _LINKS,
    },
}
_SCHEMAS: Json = {
    "Feature": _FEATURE,
    "FeatureCollection": {
        "type": "object",
        "required": ["type", "features", "links", "timeStamp", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
            "links": _LINKS,
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    },
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            **{name: {"type": "string"} for name in ("type", "title", "detail", "parameter")},
            "status": {"type": "integer"},
        },
    },
}
