"""The OpenAPI 3.0 definition of the OGC addresses, made from the layers a person may see."""

from __future__ import annotations

from typing import Any

from layers.base import Layer, User
from maps.parameters import DEFAULT_LIMIT, MAX_BBOX_SIDE, MAX_LIMIT, filterable

Json = dict[str, Any]
GEOJSON = "application/geo+json"


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
            "/": _get("Halaman muka", "getLandingPage"),
            "/conformance": _get("Kelas kesesuaian", "getConformance"),
            "/collections": _get("Daftar lapisan", "getCollections"),
            **{path: spec for layer in layers for path, spec in _layer_paths(layer, user).items()},
        },
        "components": {"parameters": _PARAMETERS},
    }


def _layer_paths(layer: Layer, user: User) -> Json:
    base, name = f"/collections/{layer.id}", layer.id
    filters = [
        _query(prop, {"type": "string"}, f"Hanya {prop} dengan nilai ini")
        for prop in filterable(layer, user)
    ]
    shared = [{"$ref": f"#/components/parameters/{key}"} for key in _PARAMETERS]
    fid = {"name": "fid", "in": "path", "required": True, "schema": {"type": "integer"}}
    tile = [
        {
            "name": part,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0},
        }
        for part in ("z", "y", "x")
    ]
    return {
        base: _get(layer.title.id, f"describe.{name}"),
        f"{base}/items": _get(layer.title.id, f"items.{name}", [*shared, *filters], GEOJSON),
        f"{base}/items/{{fid}}": _get(layer.title.id, f"item.{name}", [fid], GEOJSON),
        f"{base}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}": _get(
            layer.title.id,
            f"tile.{name}",
            [*tile, *filters],
            "application/vnd.mapbox-vector-tile",
        ),
    }


def _get(
    summary: str,
    operation: str,
    parameters: list[Json] | None = None,
    media: str = "application/json",
) -> Json:
    problem = {"description": "Apa yang salah dan cara memperbaikinya (RFC 9457)"}
    return {
        "get": {
            "summary": summary,
            "operationId": operation,
            "parameters": parameters or [],
            "responses": {
                "200": {"description": summary, "content": {media: {}}},
                "400": problem,
                "404": problem,
            },
        }
    }


def _query(name: str, schema: Json, description: str, **more: Any) -> Json:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": schema,
        **more,
    }


_PARAMETERS: Json = {
    "limit": _query(
        "limit",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_LIMIT,
            "default": DEFAULT_LIMIT,
        },
        "Paling banyak sekian fitur",
    ),
    "bbox": _query(
        "bbox",
        {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
        f"barat,selatan,timur,utara (CRS84); paling besar {MAX_BBOX_SIDE:g} derajat per sisi",
        explode=False,
        style="form",
    ),
    "datetime": _query(
        "datetime", {"type": "string"}, "Waktu atau rentang: 2026-01-01T00:00:00Z/.."
    ),
    "after": _query(
        "after",
        {"type": "integer", "minimum": 0},
        "Nomor terakhir dari halaman sebelumnya",
    ),
}
