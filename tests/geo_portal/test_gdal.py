"""One GDAL a process: the one inside the wheel, and it is said which."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point
from django.core import checks


@pytest.mark.django_db
def test_the_choice_is_told_when_asked_for_and_not_by_every_command() -> None:
    told = [message.msg for message in checks.run_checks(databases=["default"])]
    assert any(text.startswith("GDAL 3.") and "pyogrio.libs" in text for text in told)
    assert any(text.startswith("GEOS 3.") and "shapely.libs" in text for text in told)
    assert not [m for m in checks.run_checks() if m.id in ("geo_portal.I001", "geo_portal.I002")]


def test_coordinates_are_transformed_without_a_system_proj() -> None:
    point = Point(106.8, -6.2, srid=4326)
    point.transform(32748)
    assert point.coords == pytest.approx((699163.3905646855, 9314348.96157999), abs=1e-6)
