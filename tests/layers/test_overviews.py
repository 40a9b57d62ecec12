"""What stands for rows where a tile would hold too many: nothing is lost, nothing leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import uuid4

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import Point
from django.db.models import F

from geo_portal import jobs
from layers.base import Layer, Property, Text
from layers.catalog.boundaries import Area
from layers.catalog.permits.applications import Application
from layers.catalog.trash.reports import TrashReport
from layers.catalog.zoning.plans import Plan
from layers.checks import check_layers
from layers.functions import Stored
from layers.overviews import (
    Overview,
    OverviewCell,
    OverviewRow,
    lightened,
    raw_from,
    rebuild,
    shapes,
)
from layers.overviews.rows import NEVER
from layers.registry import LAYERS, registered
from layers.tiles import describe, tile
from maps.tiles import sweeper
from tests.bench import synthetic
from tests.factories import EAST, NOON, NORTH, SOUTH, WEST, around
from tests.test_privacy import tile_at

pytestmark = pytest.mark.django_db
REPORTS, REGISTER, ZONES = (LAYERS[name] for name in ("trash-reports", "permit-register", "zones"))
NAME = Text("Nama", "Name")
FEW = 20  # rows are already too many here
Told = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.overviews.weight.MOST_ROWS", FEW)
    monkeypatch.setattr("layers.tiles.MOST_ROWS", FEW)
    monkeypatch.setattr("layers.tiles._known", {})


@pytest.fixture
def crowd(cast: Any) -> Any:
    """Four hundred reports: most of them in a crowd, some rejected."""
    random = np.random.default_rng(7)
    middle = ((WEST + EAST) / 2, (SOUTH + NORTH) / 2)
    near = random.normal(middle, 0.012, (300, 2))
    far = random.uniform((WEST, SOUTH), (EAST, NORTH), (100, 2))
    statuses = random.choice(["received", "received", "verified", "rejected"], 400)
    TrashReport.objects.bulk_create(
        report(*place, status=status)
        for place, status in zip(np.vstack([near, far]).tolist(), statuses.tolist(), strict=True)
    )
    return cast


def report(lon: float, lat: float, **more: Any) -> TrashReport:
    told = {"instance_id": uuid4(), "category": "overflow", "observed_at": NOON} | more
    return TrashReport(geom=Point(lon, lat, srid=4326), **told)


def town_tiles(zoom: int, margin: float = 0) -> Iterator[tuple[int, int]]:
    west, north = tile_at(WEST - margin, NORTH + margin, zoom)
    east, south = tile_at(EAST + margin, SOUTH - margin, zoom)
    return product(range(west, east + 1), range(north, south + 1))


def features(layer: Layer, user: Any, zoom: int, **equals: str) -> Told:
    """What the tiles of the town hold within their edges, each thing once."""
    found = []
    for x, y in town_tiles(zoom):
        content = tile([layer], user, zoom, x, y, equals)
        decoded = mapbox_vector_tile.decode(content).get(layer.id, {}).get("features", [])
        found += [one for one in decoded if inside(one["geometry"]["coordinates"])]
    return found


def in_tile(user: Any, zoom: int, x: int, y: int) -> Told:
    decoded = mapbox_vector_tile.decode(tile([REPORTS], user, zoom, x, y))
    return list(decoded[REPORTS.id]["features"])


def inside(coordinates: Any) -> bool:
    x, y = coordinates
    return 0 <= x < 4096 and 0 < y <= 4096


def stands_for(found: Told) -> int:
    return sum(one["properties"].get("n", 1) for one in found)


def kept(layer: Layer) -> set[tuple[Any, ...]]:
    """All the overview of a layer, for comparison."""
    level = Overview.objects.get(layer_id=layer.id).level(0)
    rows = OverviewCell.objects.filter(level__range=(level, level + NEVER))
    return {
        (level, facet, key, n, fid, tuple(sorted((kinds or {}).items())), str(told), place)
        for level, facet, key, n, fid, kinds, told, place in rows.values_list(
            "level", "facet", "key", "n", "fid", "kinds", "properties", Stored(F("geom"))
        )
    }


# -- points


def test_a_layer_of_few_rows_draws_them_at_every_zoom(cast: Any) -> None:
    rebuild(REPORTS)
    assert raw_from(REPORTS) == 0
    assert describe(REPORTS) == {"overview": "grid", "rawFrom": 0}
    assert all("n" not in one["properties"] for one in features(REPORTS, cast.citizen, 5))


def test_a_layer_never_looked_at_draws_its_own_rows(crowd: Any) -> None:
    found = features(REPORTS, crowd.citizen, 5)
    assert len(found) == REPORTS.visible_to(crowd.citizen).count()


def test_from_its_zoom_on_no_tile_of_a_layer_is_crowded(crowd: Any) -> None:
    rebuild(REPORTS)
    lowest = raw_from(REPORTS)
    assert 10 < lowest < 17

    def most(zoom: int) -> int:
        rows = REPORTS.visible_to(crowd.citizen).values_list("geom", flat=True)
        return max(Counter(tile_at(place.x, place.y, zoom) for place in rows).values())

    assert most(lowest) <= FEW < most(lowest - 1)


@pytest.mark.parametrize("zoom", range(17))
def test_the_numbers_of_a_tile_add_up_to_the_public_rows(crowd: Any, zoom: int) -> None:
    rebuild(REPORTS)
    found = features(REPORTS, crowd.citizen, zoom)
    assert stands_for(found) == REPORTS.visible_to(crowd.citizen).count()
    assert all(("n" in one["properties"]) == (zoom < raw_from(REPORTS)) for one in found)


def test_a_cell_lies_in_the_middle_of_its_members_and_tells_the_commonest(cast: Any) -> None:
    lon = 20.0
    for shift, status in ((0, "received"), (0.3, "verified"), (0.3, "verified")):
        for _ in range(FEW):
            report(lon + shift, 0.01, status=status).save()
    rebuild(REPORTS)
    (found,) = in_tile(cast.citizen, 3, 4, 3)
    assert found["properties"] == {"n": 3 * FEW, "status": "verified"}
    x, _ = found["geometry"]["coordinates"]
    assert x / 4096 * 45 == pytest.approx(lon + 0.2, abs=45 / 4096)
    assert "id" not in found or not found["id"]


def test_of_two_kinds_as_common_a_cell_tells_the_first_by_name(cast: Any) -> None:
    lon = 20.0
    for shift, status in ((0, "verified"), (0.3, "received")):
        for _ in range(FEW):
            report(lon + shift, 0.01, status=status).save()
    rebuild(REPORTS)
    (found,) = in_tile(cast.citizen, 3, 4, 3)
    assert found["properties"] == {"n": 2 * FEW, "status": "received"}


def test_a_cell_of_one_row_leads_to_it(crowd: Any) -> None:
    rebuild(REPORTS)
    lonely = [one for one in features(REPORTS, crowd.citizen, 9) if one["properties"]["n"] == 1]
    assert lonely
    assert {one["id"] for one in lonely} <= set(
        REPORTS.visible_to(crowd.citizen).values_list("pk", flat=True)
    )


@pytest.mark.parametrize("seed", range(6))
def test_made_anew_where_rows_changed_it_is_as_made_anew_wholly(crowd: Any, seed: int) -> None:
    rebuild(REPORTS)
    before = raw_from(REPORTS)
    random = np.random.default_rng(seed)
    reports = list(TrashReport.objects.order_by("pk"))
    picked = [reports[n] for n in random.choice(len(reports), 6, replace=False)]
    places = [one.geom for one in picked]
    gone, closed, *moved = picked
    gone.delete()
    TrashReport.objects.filter(pk=closed.pk).update(status="rejected")
    for one in moved:
        one.geom = Point(one.geom.x + random.normal(0, 0.01), one.geom.y, srid=4326)
        one.save()
        places.append(one.geom)
    for place in places:
        place.transform(3857)
        rebuild(REPORTS, place)
    partly = kept(REPORTS)
    rebuild(REPORTS)
    assert partly == kept(REPORTS)
    assert raw_from(REPORTS) == before


def test_where_a_change_makes_a_tile_too_full_the_whole_layer_is_looked_at_anew(
    cast: Any,
) -> None:
    rebuild(REPORTS)
    TrashReport.objects.bulk_create(report(WEST + 0.01, SOUTH + 0.01) for _ in range(FEW + 1))
    place = Point(WEST + 0.01, SOUTH + 0.01, srid=4326)
    place.transform(3857)
    assert rebuild(REPORTS, place) is None
    assert raw_from(REPORTS) == NEVER
    found = features(REPORTS, cast.citizen, 18)
    assert max(one["properties"]["n"] for one in found) >= FEW + 1


def test_a_layer_that_has_become_lighter_is_found_and_made_anew_by_night(crowd: Any) -> None:
    rebuild(REPORTS)
    heavy = raw_from(REPORTS)
    assert REPORTS not in lightened()
    kept_rows = TrashReport.objects.values_list("pk")[: FEW // 2]
    TrashReport.objects.exclude(pk__in=kept_rows).delete()
    assert REPORTS in lightened()
    jobs.lighten_tiles.func(0)
    sweeper.sweep()
    assert raw_from(REPORTS) < heavy
    assert REPORTS not in lightened()


def test_a_change_elsewhere_tells_where_tiles_are_other_than_before(crowd: Any) -> None:
    rebuild(REPORTS)
    area = Point(13_760_000, -1_130_000, srid=3857)
    assert rebuild(REPORTS, area) is area


def test_a_row_near_a_pole_is_no_hindrance(crowd: Any) -> None:
    """It lies beyond the square that tiles cover."""
    rebuild(REPORTS)
    area = Point(13_760_000, 30_000_000, srid=3857)
    assert rebuild(REPORTS, area) is area


def test_a_level_that_vanishes_while_a_tile_is_made_leaves_no_hole(crowd: Any) -> None:
    rebuild(REPORTS)
    features(REPORTS, crowd.citizen, 9)  # now it is known from where its rows are drawn
    Overview.objects.update(raw_from=0)
    OverviewCell.objects.all().delete()
    public = REPORTS.visible_to(crowd.citizen).count()
    assert stands_for(features(REPORTS, crowd.citizen, 9)) == public


def test_a_level_that_comes_while_a_tile_is_made_is_drawn(crowd: Any) -> None:
    before = features(REPORTS, crowd.citizen, 9)
    rebuild(REPORTS)
    after = features(REPORTS, crowd.citizen, 9)
    assert len(after) < len(before) == stands_for(after)


# -- who sees what


@pytest.mark.parametrize("layer_id", sorted(LAYERS))
def test_what_is_not_for_everybody_never_enters_the_shared_table(
    cast: Any, layer_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.overviews.weight.MOST_ROWS", 0)
    layer = LAYERS[layer_id]
    rebuild(layer)
    if not layer.overview or not layer.public:
        assert not OverviewCell.objects.exists()
        assert not OverviewRow.objects.exists()
        return
    level = Overview.objects.get(layer_id=layer.id).level(layer.minzoom)
    numbers = [
        n
        for kept in (OverviewCell, OverviewRow)
        for n in kept.objects.filter(level=level).values_list("n", flat=True)
    ]
    assert sum(numbers) == layer.visible_to(cast.citizen).count()


def test_an_official_sees_what_others_do_not_beside_the_overview(crowd: Any) -> None:
    rebuild(REPORTS)
    found = features(REPORTS, crowd.officer, 9)
    rejected = [one for one in found if one["properties"].get("status") == "rejected"]
    assert stands_for(found) == TrashReport.objects.count()
    assert {one["id"] for one in rejected if "n" not in one["properties"]} == set(
        TrashReport.objects.filter(status="rejected").values_list("pk", flat=True)
    )
    public = features(REPORTS, crowd.citizen, 9)
    assert all(one["properties"].get("status") != "rejected" for one in public)


def test_what_is_narrowed_is_counted_from_the_rows_asked_for(crowd: Any) -> None:
    rebuild(REPORTS)
    found = features(REPORTS, crowd.citizen, 9, status="verified")
    assert stands_for(found) == TrashReport.objects.filter(status="verified").count()
    assert len(found) < stands_for(found)
    assert {one["properties"]["status"] for one in found} == {"verified"}


def test_a_facet_is_counted_by_its_values(crowd: Any) -> None:
    layer = replace(REPORTS, id="scratch", facet="category")
    TrashReport.objects.filter(pk__in=TrashReport.objects.values("pk")[:150]).update(
        category="burning"
    )
    with registered(layer):
        rebuild(layer)
        shown = layer.visible_to(crowd.citizen)
        for value in ("burning", "overflow"):
            found = features(layer, crowd.citizen, 8, category=value)
            assert stands_for(found) == shown.filter(category=value).count()
            assert {one["properties"]["category"] for one in found} == {value}
            assert len(found) < stands_for(found)
        assert stands_for(features(layer, crowd.citizen, 8)) == shown.count()


# -- shapes


def drawn(layer: Layer, zoom: int) -> list[Any]:
    """The outlines of a level, with their numbers."""
    level = Overview.objects.get(layer_id=layer.id).level(zoom)
    rows = OverviewRow.objects.filter(level=level).values_list("n", Stored(F("geom")))
    return [(n, shapely.from_wkb(text)) for n, text in rows]


def test_parcels_are_counted_by_area_and_none_is_lost(cast: Any) -> None:
    random = np.random.default_rng(3)
    known = list(Area.objects.filter(level="kelurahan"))
    homes = [*known, None]
    for number in range(90):
        lon, lat = random.uniform((WEST, SOUTH), (EAST, NORTH)).tolist()
        Application.objects.create(
            number=f"P-{number}", kbli="47111", activity="Toko", submitted_at=NOON,
            status="assessment", kelurahan=homes[number % 5],
            geom=around(Point(lon, lat, srid=4326)),
        )  # fmt: skip
    rebuild(REGISTER)
    lowest = raw_from(REGISTER)
    assert REGISTER.minzoom < lowest
    public = REGISTER.visible_to(cast.citizen).count()
    for zoom in range(REGISTER.minzoom, lowest):
        shown = drawn(REGISTER, zoom)
        assert sum(n for n, _ in shown) == public
    inner = known[0].geom.point_on_surface
    level = Overview.objects.get(layer_id=REGISTER.id).level(REGISTER.minzoom)
    found = mapbox_vector_tile.decode(
        tile([REGISTER], cast.citizen, 10, *tile_at(inner.x, inner.y, 10))
    )["permit-register"]["features"]
    assert all({"n", "status"} <= set(one["properties"]) for one in found)
    assert OverviewRow.objects.filter(level=level, n__gte=18).exists()


def coverage_of(count: int) -> int:
    """A plan of so many zones in force."""
    random = np.random.default_rng(5)
    made, _ = synthetic.plan("rapat", count, 1, random)
    Plan.objects.filter(status="active").update(status="replaced")
    Plan.objects.filter(pk=made.pk).update(status="active")
    return count


def test_rough_shapes_still_meet_and_none_is_lost(cast: Any) -> None:
    count = coverage_of(150)
    rebuild(ZONES)
    lowest = raw_from(ZONES)
    assert ZONES.minzoom < lowest
    rows = ZONES.visible_to(cast.citizen)
    own = shapely.from_wkb(list(rows.values_list(Stored(F("geom_3857")), flat=True)))
    whole = shapely.union_all(own)
    for zoom in range(ZONES.minzoom, lowest):
        shown = drawn(ZONES, zoom)
        outlines = [outline for _, outline in shown]
        assert sum(n for n, _ in shown) == count
        assert sum(shapely.get_num_coordinates(outlines)) < sum(shapely.get_num_coordinates(own))
        # Neither gap nor overlap but for crumbs of half a pixel at the edges of what was joined.
        slack = shapes.pixel(zoom) * whole.length / 4
        assert abs(shapely.area(outlines).sum() - whole.area) < slack
        assert shapely.union_all(outlines).symmetric_difference(whole).area < slack * 2


def test_neighbouring_tiles_show_one_outline(cast: Any) -> None:
    """Decoded, what two tiles hold of the buffer around their common edge is the same."""
    coverage_of(60)
    x, y = tile_at(synthetic.WEST + 0.005, synthetic.SOUTH + 0.004, 14)
    decoded = [
        mapbox_vector_tile.decode(tile([ZONES], cast.citizen, 14, column, y))
        for column in (x, x + 1)
    ]
    strips = []
    for number, content in enumerate(decoded):
        shift = 4096 * number
        strip = shapely.box(4096 - 60, 60, 4096 + 60, 4036)
        strips.append({
            one["id"]: shapely.affinity.translate(
                shapely.make_valid(shapely.geometry.shape(one["geometry"])), shift
            ).intersection(strip)
            for one in content["zones"]["features"]
        })  # fmt: skip
    ours, theirs = ({k: v for k, v in strip.items() if v.area > 1} for strip in strips)
    assert ours.keys() == theirs.keys()
    assert len(ours) > 1
    for fid, outline in ours.items():
        assert outline.symmetric_difference(theirs[fid]).area < 1.5 * outline.length


# -- declared


@pytest.mark.parametrize(
    ("layer", "change", "complaint"),
    [
        (ZONES, {"overview": "grid"}, "needs points"),
        (REPORTS, {"overview": "coverage"}, "needs polygons"),
        (REPORTS, {"overview": "areas", "area": ""}, "declare `area`"),
        (LAYERS["latest-prices"], {"overview": "grid", "facet": "price"}, "a text or a date"),
        (REPORTS, {"public": (*REPORTS.public, Property("n", NAME, source="id"))}, "number of"),
    ],
)
def test_an_overview_that_cannot_be_made_stops_start_up(
    layer: Layer, change: dict[str, Any], complaint: str
) -> None:
    with registered(replace(layer, id="scratch", **change)):
        told = [str(error.msg) for error in check_layers()]
    assert any(complaint in one for one in told), told
