"""Small charts as SVG, drawn of numbers only. The table beside each tells the same in figures."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from django.utils.safestring import SafeString, mark_safe

INK, SECOND, GRID = "#0b5563", "#b45309", "#d5dcdd"


def line(values: Sequence[float | None], *, told: str, width: int = 120, height: int = 32) -> str:
    """A line through the values, broken where there is none; its last point is marked."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    room = (high - low) or 1

    def at(number: int, value: float) -> tuple[float, float]:
        x = 3 + number * (width - 6) / max(len(values) - 1, 1)
        return round(x, 1), round(height - 4 - (value - low) / room * (height - 8), 1)

    root = _svg(width, height, told)
    step = ""
    path = []
    for number, value in enumerate(values):
        if value is None:
            step = ""
            continue
        x, y = at(number, value)
        path.append(f"{'L' if step else 'M'}{x} {y}")
        step = "L"
    SubElement(
        root,
        "path",
        {"d": "".join(path), "fill": "none", "stroke": INK, "stroke-width": "1.6"},
    )
    last = max(number for number, value in enumerate(values) if value is not None)
    x, y = at(last, values[last] or 0)
    SubElement(root, "circle", {"cx": f"{x}", "cy": f"{y}", "r": "2.4", "fill": INK})
    return _safe(root)


def columns(
    groups: Sequence[tuple[str, Sequence[float]]],
    *,
    told: str,
    width: int = 640,
    height: int = 180,
) -> str:
    """Groups of columns side by side, with a name under each group and a figure on each column."""
    most = max((value for _name, values in groups for value in values), default=0)
    if not most:
        return ""
    root = _svg(width, height, told)
    floor, top, each = height - 22, 16, width / len(groups)
    SubElement(root, "path", {"d": f"M0 {floor + 0.5}H{width}", "stroke": GRID})
    for number, (name, values) in enumerate(groups):
        thick = min(each * 0.7 / len(values), 34)
        left = number * each + (each - thick * len(values)) / 2
        for place, value in enumerate(values):
            tall = value / most * (floor - top)
            x = left + place * thick
            box = {"x": f"{x:.1f}", "y": f"{floor - tall:.1f}", "width": f"{thick - 2:.1f}"}
            fill = (INK, SECOND)[place % 2]
            SubElement(root, "rect", box | {"height": f"{tall:.1f}", "rx": "2", "fill": fill})
            _text(root, x + thick / 2 - 1, floor - tall - 4, f"{value:g}", "10")
        _text(root, (number + 0.5) * each, height - 6, name, "11")
    return _safe(root)


def _text(root: Element, x: float, y: float, text: str, size: str) -> None:
    look = {"font-size": size, "text-anchor": "middle", "fill": "#54625f"}
    SubElement(root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", **look}).text = text


def _svg(width: int, height: int, told: str) -> Element:
    return Element(
        "svg",
        {"viewBox": f"0 0 {width} {height}", "class": "chart", "role": "img", "aria-label": told},
    )


def _safe(root: Element) -> SafeString:
    return mark_safe(tostring(root, encoding="unicode"))  # ElementTree has escaped its text
