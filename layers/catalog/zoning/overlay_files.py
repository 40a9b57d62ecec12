"""Files of special provisions: a file of its own for a kind, such as a hazard map."""

from __future__ import annotations

from functools import cache
from typing import Any

from layers.base import Build, Refused
from layers.catalog.zoning.cells import content_mark, text_told
from layers.catalog.zoning.provisions import MET_IN_FILES, MappedKind, OverlayKind, kind_named
from layers.catalog.zoning.versions import Plan, draft_named

OF_A_FILE = "Berkas ketentuan khusus tersendiri"
# A file of one kind has its class where RDTR files have it, or in a column that says so.
_OF_KINDS = tuple(column for _, columns, _ in MET_IN_FILES for column in columns.split())
FIELDS = {
    "plan": ("plan",),
    "kind": ("kind", "jenis"),
    "value": ("value", "kelas", "nilai", *_OF_KINDS),
    "name": ("name", "nama", "namobj"),
    "mark": ("mark", "objectid", "fid", "id"),
    "source": ("source", "sumber", "sbdata"),
}


def overlays_from_rows() -> Build:
    """Model values of a provision's area. The plan is the draft that `plan` names, or the only
    draft; the kind is marked as mapped for it, and what its zones said of the kind gives way."""
    plan_of, kind_of, map_kind = cache(draft_named), cache(kind_named), cache(_mapped)

    def area(row: dict[str, Any]) -> dict[str, Any]:
        plan, kind = plan_of(text_told(row, "plan")), kind_of(text_told(row, "kind"))
        value = text_told(row, "value")
        if "value" in row and not value:
            told = "Kelasnya kosong atau «Tidak Ada»; bila kolom itu bukan kelas: --field value="
            raise Refused({"value": f"{told}."})
        if len(value) > 100:
            raise Refused({"value": "Kelas lebih panjang dari 100 huruf: singkatkan."})
        map_kind(plan, kind, text_told(row, "source")[:200])
        number = row.get("mark")
        mark = content_mark(kind.code + value, row["shape"]) if number is None else str(number)
        name = text_told(row, "name")[:200]
        return {"plan": plan, "kind": kind, "value": value, "name": name, "mark": mark}

    return area


def _mapped(plan: Plan, kind: OverlayKind, source: str) -> None:
    mapping, new = MappedKind.objects.get_or_create(
        plan=plan, kind=kind, defaults={"source": source or OF_A_FILE}
    )
    if not new and mapping.of_zones:
        plan.overlay_areas.filter(kind=kind).delete()
        mapping.source, mapping.of_zones = source or OF_A_FILE, False
        mapping.save(update_fields=["source", "of_zones"])
