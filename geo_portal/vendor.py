"""The browser libraries, served out of node_modules without a bundler."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# (address under /static/, folder under node_modules, files). Only what a page asks for
# leaves node_modules: the packages also hold development builds and megabytes of source maps.
SHIPPED = [
    (
        "vendor/maplibre-gl",
        "maplibre-gl/dist",
        ["maplibre-gl.css", "maplibre-gl.mjs", "maplibre-gl-shared.mjs", "maplibre-gl-worker.mjs"],
    ),
    ("vendor/idb", "idb/build", ["index.js"]),
    ("vendor/terra-draw", "terra-draw/dist", ["terra-draw.module.js"]),
    (
        "vendor/terra-draw-maplibre-gl-adapter",
        "terra-draw-maplibre-gl-adapter/dist",
        ["terra-draw-maplibre-gl-adapter.module.js"],
    ),
    ("vendor/ol", "ol/dist", ["ol.js"]),
    ("vendor/ol", "ol", ["ol.css"]),
    ("vendor/leaflet", "leaflet/dist", ["leaflet.js", "leaflet.css", "images/*.png"]),
    (
        "vendor/plus-jakarta-sans",
        "@fontsource-variable/plus-jakarta-sans",
        ["*.css", "files/*.woff2"],
    ),
    ("vendor/pmtiles", "pmtiles/dist", ["pmtiles.js"]),
    ("vendor/lucide", "lucide-static/icons", ["*.svg"]),
]


class NodeModulesFinder(BaseFinder):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        root: Path = settings.BASE_DIR / "node_modules"
        self.shipped = []
        for prefix, folder, patterns in SHIPPED:
            storage = FileSystemStorage(location=root / folder)
            storage.prefix = prefix  # type: ignore[attr-defined]  # where collectstatic puts it
            self.shipped.append((prefix, storage, patterns))

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def list(
        self, ignore_patterns: Iterable[str] | None
    ) -> Iterator[tuple[str, FileSystemStorage]]:
        for _, storage, patterns in self.shipped:
            for pattern in patterns:
                for path in sorted(Path(storage.location).glob(pattern)):
                    yield str(path.relative_to(storage.location)), storage

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = []
        for prefix, storage, patterns in self.shipped:
            name = path.removeprefix(prefix + "/")
            if name == path or not any(fnmatch(name, pattern) for pattern in patterns):
                continue
            if storage.exists(name):
                found.append(storage.path(name))
        return found if find_all else next(iter(found), [])
