"""What a tile shows where it would hold too many rows: counts in cells or areas, rougher shapes.

Made from what everybody may see and nothing else, and kept in a table with a level for each zoom.
"""

from layers.overviews.rebuild import lightened, rebuild
from layers.overviews.rows import Overview, OverviewCell, OverviewRow, raw_from

__all__ = ["Overview", "OverviewCell", "OverviewRow", "lightened", "raw_from", "rebuild"]
