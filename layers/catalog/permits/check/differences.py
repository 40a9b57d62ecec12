"""What two checks say differently, in words: after a new plan, or with a moved red line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layers.catalog.permits.applications import STATUS_NAMES
from layers.catalog.permits.check.verdicts import TOLD, extent, square_metres
from layers.figures import grouped

NONE = "tidak ada"
STATES = {
    "applies": "berlaku",
    "does-not-apply": "tidak berlaku",
    "not-checked": "belum diperiksa",
}


@dataclass(frozen=True)
class Difference:
    """`path` is the place in the evidence; `title`, `before` and `after` are for people."""

    path: str
    title: str
    before: str
    after: str


Words = Callable[[Any], str]


def _extent(one: Mapping[str, Any]) -> str:
    return extent(one["m2"], one["percent"]) if one["m2"] else NONE


def _numbers(conditions: list[dict[str, str]]) -> str:
    return ", ".join(one["number"] for one in conditions) or NONE


def _intensity(one: Mapping[str, Any] | None) -> str:
    if not one:
        return NONE
    told = (("KDB", "kdb", " %"), ("KLB", "klb", ""), ("KDH", "kdh", " %"))
    return ", ".join(
        f"{label} {grouped(one[name], 1)}{unit}"
        for label, name, unit in told
        if one[name] is not None
    )


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What changed from one evidence to the other, the verdict first. When they were made and with
    which engine is no difference."""
    return [*_single(before, after), *_listed(before, after)]


_SINGLE: tuple[tuple[str, str, Words], ...] = (
    ("verdict", "Kesimpulan", lambda one: TOLD[one]),
    ("plan/code", "Rencana", str),
    ("plan/title", "Nama rencana", str),
    ("rules/code", "Aturan", str),
    ("rules/title", "Nama aturan", str),
    ("activity/kbli", "KBLI", str),
    ("activity/name", "Kegiatan", lambda one: one or "tidak ada dalam matriks"),
    ("parcel/revision", "Batas bidang ke", lambda one: str(one or "usulan")),
    ("parcel/area_m2", "Luas bidang", square_metres),
    ("parcel/sha256", "Bentuk bidang", lambda one: one[:12]),
    ("tolerance_m2", "Toleransi", square_metres),
    ("unzoned", "Di luar rencana", _extent),
    ("contested", "Zona saling bertampalan", _extent),
)


def _single(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for path, title, words in _SINGLE:
        old, new = _at(before, path), _at(after, path)
        if old != new:
            yield Difference(path, title, words(old), words(new))


def _at(evidence: Mapping[str, Any], path: str) -> Any:
    found: Any = evidence
    for name in path.split("/"):
        found = found[name]
    return found


_PART: tuple[tuple[str, str, Words], ...] = (
    ("verdict", "", lambda one: TOLD[one]),
    ("m2", ", luas", square_metres),
    ("name", ", nama", str),
    ("conditions", ", ketentuan", _numbers),
    ("via", ", dibaca sebagai", lambda one: one["code"] if one else NONE),
    ("intensity", ", intensitas", _intensity),
    ("blocks", ", blok", lambda one: ", ".join(one) or NONE),
)
_OVERLAY: tuple[tuple[str, str, Words], ...] = (
    ("state", "", lambda one: STATES[one]),
    ("m2", ", luas", square_metres),
    ("verdict", ", akibat", lambda one: TOLD[one] if one else NONE),
    ("text", ", ketentuan", lambda one: one or NONE),
)
_OVERLAP: tuple[tuple[str, str, Words], ...] = (
    ("m2", ", luas", square_metres),
    ("status", ", status", lambda one: STATUS_NAMES[one].id),
)
_LISTS: tuple[tuple[str, str, tuple[tuple[str, str, Words], ...], Words], ...] = (
    ("parts", "Subzona {id}", _PART, lambda one: f"{TOLD[one['verdict']]}, {_extent(one)}"),
    ("slivers", "Sisa di {id}", _PART[1:2], _extent),
    ("overlays", "{name} {value}", _OVERLAY, lambda one: STATES[one["state"]]),
    ("overlaps", "Bertampalan dengan {id}", _OVERLAP, _extent),
    ("neighbours", "Bersebelahan dengan {number}",
     (("metres", ", jarak", lambda one: f"{grouped(one, 2)} m"), _OVERLAP[1]),
     lambda one: f"{grouped(one['metres'], 2)} m"),
)  # fmt: skip


def _listed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name, title, facets, words in _LISTS:
        old = {_key(one): one for one in before[name]}
        new = {_key(one): one for one in after[name]}
        for key in dict.fromkeys([*old, *new]):
            called = title.format_map(old.get(key) or new[key]).strip()
            if key in old and key in new:
                yield from _facets(f"{name}/{key}", called, facets, old[key], new[key])
            else:
                was = words(old[key]) if key in old else NONE
                now = words(new[key]) if key in new else NONE
                yield Difference(f"{name}/{key}", called, was, now)
    yield from _kelurahan(before["parcel"]["kelurahan"], after["parcel"]["kelurahan"])


def _facets(
    path: str, called: str, facets: Any, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    for name, title, words in facets:
        if old[name] != new[name]:
            yield Difference(f"{path}/{name}", called + title, words(old[name]), words(new[name]))


def _key(one: Mapping[str, Any]) -> str:
    return str(one.get("id") or one["number"])


def _kelurahan(old: Any, new: Any) -> Iterator[Difference]:
    if old != new:
        told = ["; ".join(f"{one['name']} {_extent(one)}" for one in ones) for ones in (old, new)]
        yield Difference("parcel/kelurahan", "Kelurahan", told[0] or NONE, told[1] or NONE)
