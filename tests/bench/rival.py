"""The rival of the intake: a plain djangorestframework-gis viewset over the same table, as its
documentation shows it. `gunicorn tests.bench.rival:application`."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geo_portal.settings")

# ruff: noqa: E402 - models need a started Django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.urls import include, path
from rest_framework.routers import DefaultRouter
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import ModelViewSet
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from layers.catalog.trash.reports import TrashReport


class ReportSerializer(GeoFeatureModelSerializer):
    class Meta:
        model = TrashReport
        geo_field = "geom"
        fields = ("id", "instance_id", "category", "description", "observed_at", "accuracy")


class Reports(ModelViewSet):
    queryset = TrashReport.objects.all()
    serializer_class = ReportSerializer
    throttle_classes: list[type[BaseThrottle]] = []


router = DefaultRouter()
router.register("reports", Reports)
urlpatterns = [path("", include(router.urls))]
settings.ROOT_URLCONF = __name__
