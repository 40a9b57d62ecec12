"""The document "kota": the city on one page, every layer that the public may see on a map."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from layers.catalog.boundaries import CITIES
from layers.registry import LAYERS
from maps.catalogue import catalogue
from maps.documents import Told
from maps.documents.drawing import PUBLIC, Drawing, draw
from maps.documents.page import Json


def gather(period: str) -> Told:
    """Layers that hold nothing public are left out."""
    told = catalogue(PUBLIC)
    drawings = {one["id"]: _drawing(one) for one in told["layers"]}
    name = CITIES.visible_to(PUBLIC).values_list("name", flat=True).first() or "Kota"
    drawn = [one for one in told["layers"] if drawings[one["id"]].drawn]
    title = _("Peta %(city)s") % {"city": name}
    values = {
        "title": title,
        "demo": told["demo"],
        "all_demo": told["allDemo"],
        "layers": [_legend(one, drawings[one["id"]]) for one in drawn],
        "owners": sorted({one["owner"] for one in drawn}),
    }
    return Told(
        title=title,
        values=values,
        bounds=told["bounds"],
        overlays=[one.overlay for one in sorted(drawings.values(), key=lambda one: one.depth)],
        template="maps/documents/panel.html",
        whole_page=True,
        map_title=title,
    )


def _drawing(told: Json) -> Drawing:
    return draw(LAYERS[told["id"]], facet=_chosen(told)["value"], ground=told["ground"])


def _chosen(told: Json) -> Json:
    """The one value shown of a layer with many: the newest time, else the first."""
    values = told["facet"]["values"] if told["facet"] else []
    return values[0] if values else {"value": None, "label": ""}


def _legend(told: Json, drawing: Drawing) -> dict[str, Any]:
    """A layer as the panel tells it, with the number of features behind each line."""
    lines = [line | {"count": _behind(line, drawing)} for line in told["legend"]]
    if told["style"]["scale"] == "category":
        lines = [line for line in lines if line["count"]]
    kept = ("id", "themeTitle", "title", "style", "demo", "shown", "updated")
    return {name: told[name] for name in kept} | {
        "lines": lines,
        "drawn": drawing.drawn,
        "total": drawing.total,
        "timed": bool(drawing.layer.time),
        "shown_value": _chosen(told)["label"],
    }


def _behind(line: Json, drawing: Drawing) -> int:
    return sum(drawing.counts[value] for value in line["values"] or [line["value"]])
