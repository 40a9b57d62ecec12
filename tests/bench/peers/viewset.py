"""The rival of the items: a plain djangorestframework-gis viewset over the same table, as its
documentation shows it. `gunicorn tests.bench.peers.viewset:application`."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geo_portal.settings")

# ruff: noqa: E402 - models need a started Django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.urls import include, path
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.routers import DefaultRouter
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import ReadOnlyModelViewSet
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from tests.bench.ground import BenchParcel


class ParcelSerializer(GeoFeatureModelSerializer):
    class Meta:
        model = BenchParcel
        geo_field = "geom"
        fields = ("id", "number", "use", "area_m2")


class Parcels(ReadOnlyModelViewSet):
    queryset = BenchParcel._default_manager.order_by("pk")[:10_000]
    serializer_class = ParcelSerializer
    pagination_class: type[LimitOffsetPagination] | None = None
    renderer_classes = [JSONRenderer]
    permission_classes: list[type[BasePermission]] = []
    throttle_classes: list[type[BaseThrottle]] = []


router = DefaultRouter()
router.register("parcels", Parcels)
urlpatterns = [path("", include(router.urls))]
settings.ROOT_URLCONF = __name__
