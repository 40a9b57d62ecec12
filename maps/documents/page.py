"""One self-contained HTML page with a map: the only place that knows folium.

Three habits of folium are undone here:
- it links Leaflet, jQuery and more from other hosts: the page carries its own Leaflet and no link;
- it treats its own output, data included, as a Jinja template once more, so that a report saying
  `{{ … }}` would run as code on the server: here what is written is written as it stands;
- it puts values into pop-ups as HTML: whoever makes features escapes their texts (see `Feature`).
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from django.utils.html import escape
from folium.template import Template
from folium.utilities import JsCode

from layers.selection import BBox
from maps.assets import static_file

HERE = Path(__file__).parent
FONT = "vendor/plus-jakarta-sans/files/plus-jakarta-sans-latin-wght-normal.woff2"
MAX_ZOOM = 18  # coordinates are rounded to about a metre: closer would show it
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
    """`panel` is the HTML beside the map; an `<input data-layer="id">` in it switches an overlay.
    Overlays are drawn in their order, the last one on top."""

    title: str
    panel: str
    bounds: BBox
    overlays: Sequence[Overlay]
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def html(self) -> str:
        figure = _Figure(self)
        page_map = _Map(self.bounds)
        figure.add_child(page_map)
        drawn = [(overlay, _geojson(overlay)) for overlay in self.overlays if overlay.features]
        for _, layer in drawn:
            page_map.add_child(layer)
        page_map.add_child(_Wiring(drawn))
        return figure.render()


class _Verbatim(Element):
    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class _WrittenOnce(MacroElement):
    """In place of branca's `render`, which reads what a macro wrote as a template once more.
    No element here writes into the page's head."""

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]  # as branca's own
        figure = self.get_root()
        for part in ("html", "script"):
            write = getattr(self._template.module, part, None)
            if write:
                written = _Verbatim(write(self, kwargs))
                getattr(figure, part).add_child(written, name=self.get_name())
        for child in list(self._children.values()):
            child.render(**kwargs)


# Holds where no server sends one: the page asks nobody for anything, and of its scripts only those
# made here run.
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'"
)


class _Figure(Figure):
    _template = Template(
        """<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{ this.title }}</title>
<style>{{ this.css }}</style>
</head>
<body>
{{ this.panel }}
{{ this.html.render() }}
<script nonce="{{ this.nonce }}">{{ this.js }}</script>
<script nonce="{{ this.nonce }}">{{ this.script.render() }}</script>
</body>
</html>
"""
    )

    def __init__(self, page: Page) -> None:
        super().__init__(title=escape(page.title))
        self.nonce, self.panel = page.nonce, page.panel
        self.policy = POLICY.format(nonce=page.nonce)
        self.css = "\n".join([_font(), _leaflet_css(), _tokens(), (HERE / "page.css").read_text()])
        self.js = f"{_leaflet_js()}\n{(HERE / 'page.js').read_text()}"


class _Map(folium.Map, _WrittenOnce):
    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <main class="map" id="{{ this.get_name() }}" aria-label="Peta"></main>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map(
            {{ this.get_name()|tojson }}, {{ this.options|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(self, bounds: BBox) -> None:
        west, south, east, north = bounds
        super().__init__(
            tiles=None,
            zoom_control=False,
            attribution_control=False,
            max_zoom=MAX_ZOOM,
            zoom_snap=0.25,
        )
        # One canvas for thousands of features. A finger is wider than a point on the map.
        renderer = "L.canvas({tolerance: L.Browser.mobile ? 10 : 3, padding: 0.3})"
        self.options["renderer"] = JsCode(renderer)  # type: ignore[assignment]  # not JSON
        self._id = "city"
        self.fit_bounds([[south, west], [north, east]], padding=(16, 16))


class _GeoJson(folium.GeoJson, _WrittenOnce):
    """Named after its layer, where folium would name it at random."""

    def __init__(self, overlay: Overlay, data: Json, **options: Any) -> None:
        super().__init__(data, name=overlay.id, show=overlay.shown, **options)
        self._id = overlay.id.replace("-", "_")


def _geojson(overlay: Overlay) -> _GeoJson:
    styles = {feature.id: feature.style for feature in overlay.features}
    data = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": feature.id,
                "geometry": feature.geometry,
                "properties": {"name": feature.name, "rows": list(feature.rows)},
            }
            for feature in overlay.features
        ],
    }
    return _GeoJson(
        overlay,
        data,
        style_function=lambda feature: dict(styles[feature["id"]]),
        marker=folium.CircleMarker(),
        smooth_factor=0.5,
    )


class _Wiring(_WrittenOnce):
    """Pop-ups, names and switches: page.js does the work, this tells it of what."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        documentMap({{ this._parent.get_name() }}, [
            {%- for overlay, layer in this.drawn %}
            {
                id: {{ overlay.id|tojson }}, layer: {{ layer.get_name() }},
                title: {{ overlay.title|tojson }}, titles: {{ overlay.titles|list|tojson }},
                names: {{ overlay.names|tojson }}, ground: {{ overlay.ground|tojson }},
            },
            {%- endfor %}
        ]);
        {% endmacro %}
        """
    )

    def __init__(self, drawn: list[tuple[Overlay, _GeoJson]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Wiring"
        self.drawn = drawn


def _leaflet_js() -> str:
    return re.sub(
        r"//# sourceMappingURL=\S+", "", static_file("vendor/leaflet/leaflet.js").read_text()
    )


def _leaflet_css() -> str:
    """Without its images, which belong to controls and markers that no document uses."""
    css = re.sub(
        r"/\*.*?\*/", "", static_file("vendor/leaflet/leaflet.css").read_text(), flags=re.S
    )
    return re.sub(r"url\([^)]*\)", "none", css)


def _tokens() -> str:
    """The portal's design tokens by day: a document is paper."""
    found = re.search(r":root\s*{[^}]*}", static_file("maps/tokens.css").read_text())
    return found[0] if found else ""


def _font() -> str:
    data = base64.b64encode(static_file(FONT).read_bytes()).decode()
    return (
        '@font-face{font-family:"Plus Jakarta Sans";font-weight:200 800;'
        f'src:url(data:font/woff2;base64,{data}) format("woff2")}}'
    )
