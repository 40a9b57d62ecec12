"""KML 2.3 for Google Earth: a placemark a feature, coloured by the layer's legend, every text
escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from layers.base import StyleClass, coded
from layers.exports.arrow import plain
from layers.exports.facts import facts
from layers.exports.table import Row, Table

# What XML 1.0 has no place for, escaped or not.
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(table: Table) -> Iterator[str]:
    about = facts(table)
    lines = [line for name, line in about.as_text().items() if name != "title"]
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<Document><name>{_clean(about.title)}</name>"
        f"<atom:author><atom:name>{_clean(about.owner)}</atom:name></atom:author>"
        f"<description>{_clean(chr(10).join(lines))}</description>"
        f"{''.join(_styles(table))}<Folder><name>{_clean(about.title)}</name>\n"
    )
    for rows in table.chunks(kml=True):
        yield "".join(_placemark(table, row) for row in rows)
    yield "</Folder></Document></kml>\n"


def _styles(table: Table) -> Iterator[str]:
    """One for what has no class, and one for each line of the legend."""
    style = table.layer.style
    for number, one in enumerate(
        (StyleClass(None, style.colour, table.layer.title), *_classes(table))
    ):
        solid, soft = _abgr(one.colour, 1), _abgr(one.colour, style.opacity)
        yield (
            f'<Style id="s{number}"><IconStyle><color>{solid}</color><scale>0.8</scale></IconStyle>'
            f"<LineStyle><color>{solid}</color><width>1.5</width></LineStyle>"
            f"<PolyStyle><color>{soft}</color></PolyStyle></Style>"
        )


def _classes(table: Table) -> tuple[StyleClass, ...]:
    style = table.layer.style
    return style.classes if style.by in table.names else ()


def _placemark(table: Table, row: Row) -> str:
    fid, drawn, *values = row
    named = dict(zip(table.names, values, strict=True))
    found = table.layer.style.class_of(named.get(table.layer.style.by)) if _classes(table) else None
    number = _classes(table).index(found) + 1 if found else 0
    data = "".join(
        f"<Data name={quoteattr(prop.name)}><displayName>{_clean(str(prop.title))}</displayName>"
        f"<value>{_clean(_plain(value))}</value></Data>"
        for prop, value in zip(table.properties, values, strict=True)
        if value is not None
    )
    return (
        f'<Placemark id="{_clean(table.layer.id)}.{fid}"><name>{_clean(_name(table, fid, named))}'
        f"</name><styleUrl>#s{number}</styleUrl><ExtendedData>{data}</ExtendedData>"
        f"{drawn or ''}</Placemark>\n"
    )


def _name(table: Table, fid: int, named: dict[str, Any]) -> str:
    """What the map writes on the feature; else its first text; else its number."""
    label = named.get(table.layer.style.label) or named.get("name")
    return _plain(label) if label else f"{table.layer.title} {fid}"


def _plain(value: Any) -> str:
    value = plain(value)
    return value.isoformat() if hasattr(value, "isoformat") else coded(value)


def _clean(value: str) -> str:
    return escape(NO_XML.sub("\ufffd", value))


def _abgr(colour: str, opacity: float) -> str:
    """#rrggbb as KML writes colours: opacity, blue, green, red."""
    red, green, blue = colour[1:3], colour[3:5], colour[5:7]
    return f"{round(opacity * 255):02x}{blue}{green}{red}"
