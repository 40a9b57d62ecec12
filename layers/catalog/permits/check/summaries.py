"""Evidence as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from layers.catalog.permits.check.verdicts import TOLD, extent, square_metres
from layers.figures import grouped


def summary(evidence: dict[str, Any]) -> Iterator[str]:
    parcel, activity = evidence["parcel"], evidence["activity"]
    named = f"{activity['code']} {activity['name']}" if activity["code"] else "tidak dikenal"
    yield f"{evidence['application'] or 'Bidang'}: {TOLD[evidence['verdict']].upper()}"
    yield f"Luas      {square_metres(parcel['area_m2'])}, {parcel['vertices']} titik"
    yield f"Kegiatan  KBLI {activity['kbli']}: {named}"
    yield f"Rencana   {evidence['plan']['title']}"
    yield f"Aturan    {evidence['rules']['title']}"
    yield ""
    for part in evidence["parts"]:
        yield f"  {part['id']:<10} {_extent(part)}  {TOLD[part['verdict']]}"
    for sliver in evidence["slivers"]:
        yield f"  {sliver['id']:<10} {_extent(sliver)}  di bawah toleransi"
    for name, told in (("unzoned", "di luar rencana"), ("contested", "zona bertampalan")):
        if evidence[name]["m2"]:
            yield f"  {'–':<10} {_extent(evidence[name])}  {told}"
    yield ""
    yield from evidence["reasons"]
    unchecked = [one["kind"] for one in evidence["overlays"] if one["state"] == "not-checked"]
    if unchecked:
        yield f"Belum dipetakan untuk rencana ini: {', '.join(unchecked)}."
    for one in evidence["neighbours"]:
        yield f"Bersebelahan dengan {one['number']}, {grouped(one['metres'], 2)} m."


def _extent(one: dict[str, Any]) -> str:
    return f"{extent(one['m2'], one['percent']):>28}"
