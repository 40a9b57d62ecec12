"""Django looks for models here; they live beside the layers and rules they belong to."""

from layers import (  # noqa: F401
    catalog,
    freshness,
    offices,
    overviews,
    permissions,
    photos,
    provenance,
    tile_changes,
)
from layers.uploads import records  # noqa: F401
