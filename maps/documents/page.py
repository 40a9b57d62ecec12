"""One self-contained HTML page with a map, and what is drawn on it: `leaflet` writes it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from layers.selection import BBox

MAP_HERE = "<!-- map -->"  # where in the panel the map goes; else it follows it
Json = dict[str, Any]


@dataclass(frozen=True)
class Feature:
    """A feature to draw. `name` and `rows` are HTML: text in them is escaped by now.
    `rows` follow the titles of their overlay; an empty one is not shown."""

    id: int
    geometry: Json
    style: Json
    name: str = ""
    rows: Sequence[str] = ()


@dataclass(frozen=True)
class Overlay:
    """A layer of the map. `titles` are HTML, as is `title`; `names` are written on the map;
    `ground` is filled with the colour of land beneath everything."""

    id: str
    title: str
    titles: Sequence[str]
    features: Sequence[Feature]
    shown: bool = True
    names: bool = False
    ground: bool = False


@dataclass(frozen=True)
class Page:
    """`panel` is the HTML around the map; an `<input data-layer="id">` in it switches an overlay.
    Overlays are drawn in their order, the last one on top. The map fills a `whole` page; else it is
    a figure of a report, told in words as `map_title`."""

    title: str
    panel: str
    bounds: BBox
    overlays: Sequence[Overlay]
    whole: bool = True
    map_title: str = "Peta"
    closest: int = 18
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
