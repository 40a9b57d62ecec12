"""Reads one vector file in a process of its own: `vector_file.read` starts this script.

GDAL follows links that a file holds (the `crs` of a GeoJSON makes it fetch any address) and may
crash on a crafted one, so it meets files here only: without the drivers that lead elsewhere,
without a network, without leave to write, and with an end to its memory and time. Imports nothing
of the project. The first line of the output describes the file, each further one is a row; or what
follows is, where that was ordered, a stream of Arrow record batches.
"""

import json
import math
import resource
import sys
from typing import Any

BATCH = 5_000  # rows of a record batch: nobody waits long for the first


def confine(memory: int, seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def plain(value: Any) -> Any:
    """A cell as JSON has it; what JSON cannot say (NaN, bytes) is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool)) else None


def say(line: dict[str, Any] | list[Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def spare(*packages: str) -> None:
    """What pyogrio would import, and nobody needs: half a second."""
    for unused in packages:
        sys.modules[unused] = None  # type: ignore[assignment]


def the_layer(path: str, wanted: str) -> str | None:
    """The one that is meant; None, having said so, where that is not clear."""
    import pyogrio

    spatial = [str(name) for name, kind in pyogrio.list_layers(path) if kind]
    if wanted:
        spatial = [name for name in spatial if name == wanted] or spatial
    if len(spatial) != 1:
        say({"layers": spatial})
        return None
    return spatial[0]


def read_table(path: str, wanted: str) -> None:
    spare("geopandas", "pandas", "pyproj", "shapely")
    import pyarrow as pa
    import pyogrio

    layer = the_layer(path, wanted)
    if layer is None:
        return
    with pyogrio.open_arrow(path, layer=layer, batch_size=BATCH, use_pyarrow=True) as (about, rows):
        say(
            {
                "driver": pyogrio.read_info(path, layer=layer)["driver"],
                "layer": layer,
                "crs": about["crs"],
                "columns": [str(name) for name in about["fields"]],
                "geometry": about["geometry_name"] or "wkb_geometry",
            }
        )
        sys.stdout.flush()
        with pa.ipc.new_stream(sys.stdout.buffer, rows.schema) as out:
            for batch in rows:
                out.write_batch(batch)


def read(path: str, wanted: str, *, most: int, with_cells: bool) -> None:
    spare("geopandas", "pandas", "pyproj", "shapely", "pyarrow")
    import pyogrio
    from pyogrio import raw

    layer = the_layer(path, wanted)
    if layer is None:
        return
    about, _, shapes, cells = raw.read(
        path,
        layer=layer,
        force_2d=True,
        datetime_as_string=True,
        columns=None if with_cells else [],
    )
    size = sum(len(shape) for shape in shapes if shape)
    if most and size > most:
        say({"shape_bytes": size})
        return
    driver = pyogrio.read_info(path, layer=layer)["driver"]
    say(
        {
            "driver": driver,
            "layer": layer,
            "crs": about["crs"],
            "columns": [str(name) for name in about["fields"]],
            "rows": len(shapes),
        }
    )
    columns = [column.tolist() for column in cells]
    for number, shape in enumerate(shapes):
        say([shape.hex() if shape else None, *(plain(column[number]) for column in columns)])


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    confine(order["memory"], order["seconds"])
    try:
        if order["table"]:
            read_table(order["path"], order["layer"])
        else:
            read(
                order["path"],
                order["layer"],
                most=order["shape_bytes"],
                with_cells=order["cells"],
            )
    except Exception as error:
        say({"error": " ".join(str(error).split()) or type(error).__name__})
