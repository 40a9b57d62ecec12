from django.apps import AppConfig


class GeoPortalConfig(AppConfig):
    name = "geo_portal"
    verbose_name = "Geo Portal"

    def ready(self) -> None:
        from . import gdal  # noqa: F401  (registers the check that names the libraries)
