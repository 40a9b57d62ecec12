"""Which GDAL and GEOS GeoDjango loads: those inside the wheels, else the system's.

One GDAL per process: pyogrio brings its own, so GeoDjango shares it instead of loading
a second, older one beside it.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, register


def bundled(package: str, pattern: str) -> str | None:
    """The library that a wheel carries; its name holds a hash that changes per release."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent.with_name(f"{package}.libs")
    return next((str(path) for path in sorted(folder.glob(pattern))), None)


def gdal_library() -> str | None:
    return bundled("pyogrio", "libgdal-*.so*")


def geos_library() -> str | None:
    return bundled("shapely", "libgeos_c-*.so*")


@register(Tags.database)
def report_choice(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Said by `manage.py check --database default` only: every other command would repeat it."""
    if not databases:
        return []
    # Importing these loads the libraries, which the settings must have named first.
    from django.contrib.gis.gdal import gdal_version
    from django.contrib.gis.geos import geos_version

    def origin(path: str | None) -> str:
        return path if path else "the system's own"

    return [
        Info(
            f"GDAL {gdal_version().decode()}: {origin(settings.GDAL_LIBRARY_PATH)}",
            id="geo_portal.I001",
        ),
        Info(
            f"GEOS {geos_version().decode()}: {origin(settings.GEOS_LIBRARY_PATH)}",
            id="geo_portal.I002",
        ),
    ]
