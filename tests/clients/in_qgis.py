"""Run by the Python of QGIS, without a screen: features over OGC API, and vector tiles drawn.

Usage: in_qgis.py features|tiles ADDRESS LAYER. Prints one line of JSON.
"""

import json
import sys

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

SIDE = 512  # pixels
CITY = (13746900, -1155900, 13774700, -1128100)  # Kota Kupang in EPSG:3857


def features(address: str, layer: str) -> int:
    source = QgsVectorLayer(f"url='{address}/ogc' typename='{layer}'", layer, "OAPIF")
    if not source.isValid():
        raise SystemExit(f"QGIS does not open {layer}: {source.error().message()}")
    return sum(1 for _ in source.getFeatures())


def tiles(address: str, layer: str) -> int:
    """How many pixels of the picture are not its background."""
    template = f"{address}/ogc/collections/{layer}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    source = QgsVectorTileLayer(f"type=xyz&url={template}&zmin=0&zmax=14", layer)
    if not source.isValid():
        raise SystemExit(f"QGIS does not open the tiles of {layer}.")
    view = QgsMapSettings()
    view.setLayers([source])
    view.setBackgroundColor(QColor("white"))
    view.setOutputSize(QSize(SIDE, SIDE))
    view.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    view.setExtent(QgsRectangle(*CITY))
    job = QgsMapRendererParallelJob(view)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    white = QColor("white").rgb()
    return sum(picture.pixel(x, y) != white for x in range(SIDE) for y in range(SIDE))


def main(what: str, address: str, layer: str) -> None:
    app = QgsApplication([], False)
    app.initQgis()
    counted = {"features": features, "tiles": tiles}[what](address, layer)
    sys.stdout.write(json.dumps({"version": Qgis.version().split("-")[0], "count": counted}) + "\n")
    sys.stdout.flush()
    app.exitQgis()


main(*sys.argv[1:])
