"""The rival of the batch of checks: `geopandas.overlay` as its documentation shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas
import shapely

from layers.catalog.boundaries import Area
from layers.catalog.zoning.measures.many import Binary
from layers.catalog.zoning.overlays import OverlayArea
from layers.catalog.zoning.plans import Zone

EQUAL_AREA = "+proj=cea +datum=WGS84"


class Rival:
    """`geopandas.overlay` in memory, and the square metres of what it gives."""

    def __init__(self, plan: int, parcels: Sequence[Any]) -> None:
        def frame(rows: Any, *columns: str) -> Any:
            found = list(rows.values_list(Binary("geom"), *columns))
            data = {name: [row[n] for row in found] for n, name in enumerate(columns, start=1)}
            shapes = shapely.from_wkb([bytes(row[0]) for row in found])
            return geopandas.GeoDataFrame(data, geometry=shapes, crs=4326)

        self.parcels = geopandas.GeoDataFrame(
            {"parcel": range(len(parcels))}, geometry=list(parcels), crs=4326
        )
        self.zones = frame(Zone.objects.filter(plan=plan), "sub_zone")
        self.overlays = frame(OverlayArea.objects.filter(plan=plan), "kind", "value")
        self.kelurahan = frame(Area.objects.filter(level="kelurahan"), "code")

    def overlay(self) -> tuple[Any, ...]:
        return (
            self._m2(self.zones, "sub_zone"),
            self._m2(self.overlays, "kind", "value"),
            self._m2(self.kelurahan, "code"),
        )

    def _m2(self, areas: Any, *columns: str) -> Any:
        found = geopandas.overlay(self.parcels, areas, how="intersection", keep_geom_type=True)
        m2 = found.geometry.to_crs(EQUAL_AREA).area
        return m2.groupby([found[name] for name in ("parcel", *columns)]).sum()

    def agrees_with(self, measured: Sequence[Any]) -> None:
        theirs = self.overlay()[0].to_dict()
        ours = {(n, key): m2 for n, one in enumerate(measured) for key, m2 in one.sub_zones.items()}
        for at in {*ours, *theirs}:
            apart = abs(ours.get(at, 0) - theirs.get(at, 0))
            assert apart <= 1e-6 * measured[at[0]].area_m2, (at, apart)
