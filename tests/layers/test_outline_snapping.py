"""An outline is laid onto its neighbours: an offer of moves, each with its length."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon

from layers.outline.snapping import snapped

GEOD = Geod(ellps="WGS84")
LON, LAT = 123.6, -10.17
EAST_M, NORTH_M = 1 / 109_566.0, 1 / 110_609.0  # degrees, around Kupang


def metres(*corners: tuple[float, float]) -> Polygon:
    return Polygon([(LON + x * EAST_M, LAT + y * NORTH_M) for x, y in corners])


def outline(*corners: tuple[float, float]) -> MultiPolygon:
    return MultiPolygon([metres(*corners)])


NEIGHBOUR = metres((-50, 0), (0, 0), (0, 40), (-50, 40))


def test_corners_near_a_neighbours_corner_land_on_it_to_the_bit() -> None:
    shape = outline((0.3, 0.2), (30, 0), (30, 40), (-0.2, 39.8))
    snap = snapped(shape, [NEIGHBOUR])
    theirs = set(NEIGHBOUR.exterior.coords)
    assert {move.end for move in snap.moved} <= theirs
    assert len(snap.moved) == 2
    assert snap.shape.intersection(NEIGHBOUR).area == 0
    for move in snap.moved:
        assert move.metres == pytest.approx(GEOD.inv(*move.start, *move.end)[2], abs=1e-3)
    assert max(move.metres for move in snap.moved) == pytest.approx(0.36, abs=0.01)


def test_a_corner_near_a_border_lands_on_the_border() -> None:
    snap = snapped(outline((0.4, 10), (30, 10), (30, 30), (0.4, 30)), [NEIGHBOUR])
    assert len(snap.moved) == 2
    for move in snap.moved:
        assert move.end[0] == pytest.approx(LON, abs=1e-12)
        assert move.end[1] == pytest.approx(move.start[1], abs=1e-9)
        assert move.metres == pytest.approx(0.4, abs=0.01)


def test_a_corner_goes_before_a_border_that_is_nearer() -> None:
    snap = snapped(outline((0.1, 0.45), (30, 0), (30, 30)), [NEIGHBOUR])
    assert [move.end for move in snap.moved] == [(LON, LAT)]


def test_what_is_further_than_the_tolerance_stays() -> None:
    shape = outline((0.6, 0), (30, 0), (30, 40), (0.6, 40))
    assert snapped(shape, [NEIGHBOUR]).moved == []
    assert snapped(shape, [NEIGHBOUR]).shape.equals_exact(shape, 0)
    assert len(snapped(shape, [NEIGHBOUR], tolerance_m=1).moved) == 2


def test_without_neighbours_or_already_on_them_nothing_moves() -> None:
    shape = outline((0, 0), (30, 0), (30, 40), (0, 40))
    for neighbours in ([], [NEIGHBOUR], [translate(NEIGHBOUR, 1)], [Polygon()]):
        assert snapped(shape, neighbours).moved == []


def test_the_given_shape_is_never_changed() -> None:
    shape = outline((0.3, 0), (30, 0), (30, 40), (0.3, 40))
    before = shape.wkb
    assert snapped(shape, [NEIGHBOUR]).moved
    assert shape.wkb == before


def test_an_invalid_shape_is_left_alone() -> None:
    bow_tie = outline((0.3, 0), (30, 40), (30, 0), (0.3, 40))
    assert snapped(bow_tie, [NEIGHBOUR]).moved == []


def test_moves_that_would_spoil_the_shape_are_left_out_and_the_others_stay() -> None:
    """A strip of 0,3 m along the border would collapse: one end of it moves, the shape stays."""
    shape = outline((0.1, 10), (0.4, 10), (0.4, 20), (0.1, 20))
    snap = snapped(shape, [NEIGHBOUR])
    assert snap.shape.is_valid
    assert 0 < len(snap.moved) < 4
    assert snap.shape.area > 0


def test_a_hole_and_a_second_part_snap_as_well() -> None:
    inner = metres((10, 10), (20, 10), (20, 20), (10, 20))
    shell = metres((0.2, 0), (30, 0), (30, 40), (0.2, 40)).exterior.coords
    around = Polygon(shell, [metres((9.8, 9.9), (20.1, 10), (20.2, 20.1), (10, 20.3)).exterior])
    second = metres((-80, 0), (-50.3, 0.1), (-50.2, 39.9))
    snap = snapped(MultiPolygon([around, second]), [NEIGHBOUR, inner])
    assert snap.shape.is_valid
    assert Polygon(snap.shape.geoms[0].interiors[0]).equals(inner)
    assert snap.shape.geoms[1].intersection(NEIGHBOUR).area == 0


def test_fifty_thousand_corners_snap_onto_fifty_thousand() -> None:
    turns = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    disc = Polygon(np.column_stack([LON + np.cos(turns) / 10, LAT + np.sin(turns) / 10]))
    snap = snapped(MultiPolygon([disc]), [translate(disc, 1e-6, 1e-6)])
    assert len(snap.moved) == 50_000


CORNERS = st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=3, max_size=8)


@given(ours=CORNERS, theirs=CORNERS)
@settings(max_examples=300, deadline=None)
def test_the_result_is_valid_and_no_corner_goes_further_than_allowed(
    ours: list[tuple[float, float]], theirs: list[tuple[float, float]]
) -> None:
    shape = MultiPolygon([metres(*ours).convex_hull.buffer(1e-7)])
    snap = snapped(shape, [shapely.make_valid(metres(*theirs)).buffer(1e-7)])
    assert snap.shape.is_valid
    assert all(0 < move.metres <= 0.51 or move.metres == 0 for move in snap.moved)
    still = set(shapely.get_coordinates(shape).round(12).ravel().tolist())
    ends = {value for move in snap.moved for value in np.round(move.end, 12)}
    assert set(shapely.get_coordinates(snap.shape).round(12).ravel().tolist()) <= still | ends
