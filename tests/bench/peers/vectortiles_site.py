"""django-vectortiles over the same table, as its documentation shows it. Runs in the environment of
the peers: `gunicorn vectortiles_site:application`."""

from __future__ import annotations

import os

from django.conf import settings

settings.configure(
    SECRET_KEY="peer",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.gis", "vectortiles"],
    DATABASES={
        "default": {
            "ENGINE": "django.contrib.gis.db.backends.postgis",
            "NAME": os.environ["PGDATABASE"],
            "USER": os.environ["PGUSER"],
            "HOST": os.environ["PGHOST"],
            "PORT": os.environ["PGPORT"],
            "CONN_MAX_AGE": 600,
        }
    },
    GDAL_LIBRARY_PATH=os.environ["PEER_GDAL"],
    GEOS_LIBRARY_PATH=os.environ["PEER_GEOS"],
)

import django  # noqa: E402

django.setup()

from django.contrib.gis.db import models  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from vectortiles import VectorLayer  # noqa: E402
from vectortiles.views import MVTView  # noqa: E402


class Parcel(models.Model):
    number = models.TextField()
    use = models.TextField()
    area_m2 = models.FloatField()
    geom = models.PolygonField(srid=3857)

    class Meta:
        app_label = "vectortiles"
        db_table = "bench_peer"
        managed = False


class Parcels(VectorLayer):
    model = Parcel
    id = "bench-parcels"
    tile_fields = ("number", "use", "area_m2")


class Tiles(MVTView):
    layer_classes = [Parcels]


urlpatterns = [path("tiles/<int:z>/<int:x>/<int:y>", Tiles.as_view())]
application = get_wsgi_application()
