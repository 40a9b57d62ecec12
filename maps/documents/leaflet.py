"""A page with a map, written by folium: the only place that knows it.

Three habits of folium are undone here:
- it links Leaflet, jQuery and more from other hosts: the page carries its own Leaflet and no link;
- it treats its own output, data included, as a Jinja template once more, so that a report saying
  `{{ … }}` would run as code on the server: here what is written is written as it stands;
- it puts values into pop-ups as HTML: whoever makes features escapes their texts (see `Feature`).
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from folium.template import Template
from folium.utilities import JsCode

from maps.assets import static_file
from maps.documents.page import MAP_HERE, Json, Overlay, Page

HERE = Path(__file__).parent
FONT = "vendor/plus-jakarta-sans/files/plus-jakarta-sans-latin-wght-normal.woff2"


def written(page: Page) -> str:
    """The page as HTML."""
    figure = _Figure(page)
    page_map = _Map(page)
    figure.add_child(page_map)
    drawn = [(overlay, _geojson(overlay)) for overlay in page.overlays if overlay.features]
    for _overlay, layer in drawn:
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
<html lang="{{ this.language }}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{ this.title }}</title>
<style>{{ this.css }}</style>
</head>
<body class="{{ this.look }}">
{{ this.before }}
{{ this.html.render() }}
{{ this.after }}
<script nonce="{{ this.nonce }}">{{ this.js }}</script>
<script nonce="{{ this.nonce }}">{{ this.script.render() }}</script>
</body>
</html>
"""
    )

    def __init__(self, page: Page) -> None:
        super().__init__(title=escape(page.title))
        self.nonce, self.language = page.nonce, get_language() or "id"
        self.look = "whole" if page.whole else "report"
        self.before, _cut, self.after = page.panel.partition(MAP_HERE)
        self.policy = POLICY.format(nonce=page.nonce)
        own = [(HERE / name).read_text() for name in ("page.css", f"{self.look}.css")]
        self.css = "\n".join([_font(), _leaflet_css(), _tokens(), *own])
        self.js = f"{_leaflet_js()}\n{(HERE / 'page.js').read_text()}"


class _Map(folium.Map, _WrittenOnce):
    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <{{ this.tag }} class="map" id="{{ this.get_name() }}" aria-label="{{ this.told }}"
        {%- if this.tag == "div" %} role="application"{% endif %}></{{ this.tag }}>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map(
            {{ this.get_name()|tojson }}, {{ this.options|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(self, page: Page) -> None:
        west, south, east, north = page.bounds
        super().__init__(
            tiles=None,
            zoom_control=False,
            attribution_control=False,
            max_zoom=page.closest,
            zoom_snap=0.25,
            # In a report a wheel or a finger scrolls the page; two fingers move the map.
            scroll_wheel_zoom=page.whole,
        )
        self.tag, self.told = "main" if page.whole else "div", escape(page.map_title)
        if not page.whole:
            self.options["dragging"] = JsCode("!L.Browser.mobile")  # type: ignore[assignment]
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
        ], {{ this.words|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, drawn: list[tuple[Overlay, _GeoJson]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Wiring"
        self.drawn = drawn
        self.words = {"in": _("Perbesar"), "out": _("Perkecil"), "close": _("Tutup")}


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
