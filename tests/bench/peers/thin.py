"""The bare SQL of a tile through psycopg in the thinnest of servers: what no Django can beat.
`gunicorn tests.bench.peers.thin:application`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from psycopg_pool import ConnectionPool

TILE = """
SELECT ST_AsMVT(t, 'bench-parcels', 4096, 'geom', 'id') FROM (
    SELECT id, number, use, area_m2,
           ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom
    FROM bench_parcel
    WHERE geom && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096), 4326)
    OFFSET 0  -- else the shape is worked out once more for the WHERE below
) AS t WHERE geom IS NOT NULL"""

_pool = ConnectionPool(os.environ["PEER_DATABASE"], min_size=2, max_size=4, open=False)


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    _pool.open()
    z, x, y = map(int, re.findall(r"\d+", environ["PATH_INFO"])[-3:])
    with _pool.connection() as connection:
        (tile,) = connection.execute(TILE, {"z": z, "x": x, "y": y}, prepare=True).fetchone() or ()
    start("200 OK", [("Content-Type", "application/vnd.mapbox-vector-tile")])
    return [bytes(tile)]
