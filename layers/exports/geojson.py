"""A whole layer as one GeoJSON FeatureCollection (RFC 7946), with what it says of itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from layers.exports.facts import facts
from layers.exports.table import Table
from layers.features import features

ROWS = 500  # a piece of text


def text(table: Table, following: str = "") -> Iterator[str]:
    """`following` is the address of the rows after a limit: GDAL takes any GeoJSON for a page."""
    head = {"type": "FeatureCollection", "name": table.layer.id, "about": facts(table).as_text()}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ',"features":[\n'
    limit = sys.maxsize if table.limit is None else table.limit
    piece: list[str] = []
    before = ""
    for _, feature in features(table.layer, table.user, table.query, limit=limit):
        piece.append(feature)
        if len(piece) == ROWS:
            yield before + ",\n".join(piece)
            piece, before = [], ",\n"
    yield (before if piece else "") + ",\n".join(piece) + "\n]"
    link = {"rel": "next", "type": "application/geo+json", "href": following}
    yield f',"links":{json.dumps([link])}}}\n' if following else "}\n"
