"""A client of the OGC API that knows only what the standard promises, and its abstract tests.

The tests of this folder bear in the first line of their docstring the id of the abstract test that
they carry out; `STANDARD` of their module says of which standard. `test_conformance.py` holds what
`/ogc/conformance` claims against them.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from layers.permissions import POLICIES
from layers.registry import LAYERS

GEOJSON = "application/geo+json"
PUBLIC = sorted(id for id, layer in LAYERS.items() if POLICIES[layer.policy].public)
Json = dict[str, Any]


class Reader:
    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client()

    @cached_property
    def filled(self) -> list[str]:
        """The public collections with something in them."""
        found = [layer_id for layer_id in PUBLIC if self.every(layer_id)]
        assert len(found) >= len(PUBLIC) - 1, "tests over all collections would prove too little"
        return found

    def answer(self, address: str, /, **query: Any) -> Any:
        joint = "&" if "?" in address else "?"
        return self.client.get(f"{address}{joint}{urlencode(query)}" if query else address)

    def get(self, address: str, /, **query: Any) -> Json:
        found = self.answer(address, **query)
        text = found.getvalue()
        assert found.status_code == 200, (address, query, text)
        assert "json" in found["Content-Type"]
        return json.loads(text)

    def refused(self, address: str, /, **query: Any) -> Json:
        found = self.answer(address, **query)
        assert found.status_code == 400, (address, query, found.getvalue()[:300])
        assert found["Content-Type"] == "application/problem+json"
        return json.loads(found.content)

    def items(self, layer_id: str, /, **query: Any) -> Json:
        return self.get(f"/ogc/collections/{layer_id}/items", **query)

    def ids(self, layer_id: str, /, **query: Any) -> list[int]:
        """Of all features, page by page."""
        page = self.items(layer_id, **query)
        found = [row["id"] for row in page["features"]]
        while following := links(page, "next"):
            page = self.get(following[0]["href"])
            found += [row["id"] for row in page["features"]]
        return found

    def every(self, layer_id: str) -> list[Json]:
        return self.items(layer_id, limit=10_000)["features"]


def links(content: Json, rel: str) -> list[Json]:
    return [link for link in content["links"] if link["rel"] == rel]


def points(geometry: Json) -> list[tuple[float, float]]:
    """All coordinates of a geometry, whatever it is."""
    found: list[Any] = [geometry["coordinates"]]
    while isinstance(found[0][0], list):
        found = [inner for outer in found for inner in outer]
    return [(float(x), float(y)) for x, y in found]
