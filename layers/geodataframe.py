"""A notebook's door: a layer as a GeoDataFrame, with the rows and properties of its items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.base import Layer, User
from layers.selection import EVERY_ROW, Query

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


def to_geodataframe(layer: Layer, user: User, query: Query = EVERY_ROW) -> GeoDataFrame:
    """What this person may see, all in memory: index `fid`, EPSG:4326, times aware, whole numbers
    and truths that may be missing (`Int64`, `boolean`)."""
    import geopandas  # heavy, and most processes never read a layer so
    import pandas as pd
    import pyarrow as pa

    from layers.exports import arrow
    from layers.exports.table import Table

    table = arrow.reader(Table(layer, user, query)).read_all()
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame = table.to_pandas(types_mapper=nullable.get, date_as_object=False)
    shapes = geopandas.GeoSeries.from_wkb(frame[arrow.GEOMETRY], crs="EPSG:4326")
    made = geopandas.GeoDataFrame(frame.drop(columns=arrow.GEOMETRY), geometry=shapes)
    return made.astype({"fid": "int64"}).set_index("fid")
