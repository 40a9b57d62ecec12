"""What is wrong with an outline is said with its place, and mended only as an offer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon

from layers.outline import fitness
from layers.outline.fitness import Flaw, judge, mended
from layers.outline.parcel import MOST_PARTS, MOST_VERTICES

LON, LAT = 123.6, -10.17
STEP = 0.001  # degrees, about 110 m


def part(*corners: tuple[float, float], hole: Any = None) -> Polygon:
    def placed(points: Any) -> list[tuple[float, float]]:
        return [(LON + x * STEP, LAT + y * STEP) for x, y in points]

    return Polygon(placed(corners), [placed(hole)] if hole else [])


def shape(*parts: Polygon) -> MultiPolygon:
    return MultiPolygon(list(parts))


def only(flaws: list[Flaw]) -> Flaw:
    (flaw,) = flaws
    return flaw


def at(x: float, y: float) -> tuple[Any, Any]:
    return pytest.approx(LON + x * STEP, abs=1e-8), pytest.approx(LAT + y * STEP, abs=1e-8)


SQUARE = part((0, 0), (1, 0), (1, 1), (0, 1))
BOW_TIE = part((0, 0), (1, 1), (1, 0), (0, 1))


def test_a_sound_parcel_has_no_flaw_and_nothing_to_mend() -> None:
    sound = part((0, 0), (4, 0), (4, 4), (0, 4), hole=[(1, 1), (2, 1), (2, 2)])
    assert judge(shape(sound)) == []
    assert judge(shape(sound, translate(SQUARE, 0.1))) == []
    assert mended(shape(sound)) is None


def test_a_border_that_crosses_itself_is_told_with_the_place() -> None:
    flaw = only(judge(shape(BOW_TIE)))
    assert (flaw.code, flaw.blocking) == ("crossing", True)
    assert (flaw.lon, flaw.lat) == at(0.5, 0.5)
    assert "bujur 123,600500, lintang -10,169500" in flaw.sentence


def test_every_crossing_is_told() -> None:
    zigzag = part((0, 0), (1, 1), (2, 0), (3, 1), (3, 0), (2, 1), (1, 0), (0, 1))
    flaws = judge(shape(zigzag))
    assert {flaw.code for flaw in flaws} == {"crossing"}
    assert sorted(round((flaw.lon - LON) / STEP, 6) for flaw in flaws) == [0.5, 1.5, 2.5]


def test_a_crossing_is_mended_only_as_an_offer() -> None:
    given_shape = shape(BOW_TIE)
    offer = mended(given_shape)
    assert offer is not None
    assert len(offer.geoms) == 2
    assert judge(offer) == []
    assert not given_shape.is_valid


def test_a_border_that_touches_itself_in_a_corner_is_told() -> None:
    pinched = part((0, 0), (2, 0), (2, 2), (1, 1), (0, 2), (0, 1), (1, 1), (0, 0.5))
    flaws = judge(shape(pinched))
    assert {flaw.code for flaw in flaws} == {"crossing"}
    assert (flaws[0].lon, flaws[0].lat) == at(1, 1)


def test_a_spike_without_width_blocks_and_is_cut_off() -> None:
    spiked = part((0, 0), (1, 0), (1, 1), (1, 3), (1, 1), (0, 1))
    flaw = next(flaw for flaw in judge(shape(spiked)) if flaw.code == "spike")
    assert flaw.blocking
    assert (flaw.lon, flaw.lat) == at(1, 3)
    offer = mended(shape(spiked))
    assert offer is not None
    assert offer.equals(shape(SQUARE))


def test_a_narrow_spike_is_only_a_warning() -> None:
    narrow = part((0, 0), (1, 0), (1, 0.5), (3, 0.505), (1, 0.51), (1, 1), (0, 1))
    flaw = only(judge(shape(narrow)))
    assert (flaw.code, flaw.blocking) == ("spike", False)
    assert (flaw.lon, flaw.lat) == at(3, 0.505)


def test_parts_that_are_the_same_overlap_or_adjoin() -> None:
    assert only(judge(shape(SQUARE, SQUARE))).code == "duplicate"
    over = only(judge(shape(SQUARE, translate(SQUARE, 0.5 * STEP))))
    assert over.code == "overlap"
    assert LON + 0.5 * STEP < over.lon < LON + STEP
    assert "m² di bujur" in over.sentence
    beside = only(judge(shape(SQUARE, translate(SQUARE, STEP))))
    assert (beside.code, beside.blocking) == ("adjoining", True)
    for other in (SQUARE, translate(SQUARE, 0.5 * STEP), translate(SQUARE, STEP)):
        offer = mended(shape(SQUARE, other))
        assert offer is not None
        assert len(offer.geoms) == 1


def test_parts_that_meet_in_a_corner_are_sound() -> None:
    assert judge(shape(SQUARE, part((1, 1), (2, 1), (2, 2)))) == []


def test_a_hole_outside_its_part_is_told_where_it_is_outside() -> None:
    away = part((0, 0), (1, 0), (1, 1), (0, 1), hole=[(3, 3), (4, 3), (4, 4)])
    flaw = only(judge(shape(away)))
    assert flaw.code == "hole-outside"
    assert flaw.lon > LON + 3 * STEP


def test_an_inside_cut_in_two_by_its_holes_is_told() -> None:
    shell = [(0, 0), (4, 0), (4, 4), (0, 4)]
    hole = [(0, 2), (2, 1), (4, 2), (2, 3)]
    flaw = only(judge(shape(part(*shell, hole=hole))))
    assert (flaw.code, flaw.blocking) == ("invalid", True)


def test_a_parcel_without_area_is_told() -> None:
    flat = part((0, 0), (1, 1), (2, 2))
    assert all(flaw.blocking for flaw in judge(shape(flat)))
    assert mended(shape(flat)) is None
    hair = part((0, 0), (1e-4, 0), (1e-4, 1e-4))
    assert [flaw.code for flaw in judge(shape(hair))] == ["no-area"]


def test_a_ring_of_two_corners_is_told() -> None:
    short = part((0, 0), (1, 1), (1, 1), (0, 0))
    assert only(judge(shape(short))).code == "short"


def test_less_than_ten_square_metres_is_a_warning() -> None:
    small = part((0, 0), (0.02, 0), (0.02, 0.02), (0, 0.02))
    flaw = only(judge(shape(small)))
    assert (flaw.code, flaw.blocking) == ("small", False)
    assert "4,8" in flaw.sentence


def test_another_country_is_told() -> None:
    flaw = only(judge(translate(shape(SQUARE), yoff=60)))
    assert (flaw.code, flaw.blocking) == ("outside", True)
    assert only(judge(translate(shape(SQUARE), xoff=float("inf")))).code == "empty"
    assert only(judge(MultiPolygon())).code == "empty"


def test_more_corners_and_parts_than_are_taken() -> None:
    turns = np.linspace(0, 2 * np.pi, MOST_VERTICES + 1, endpoint=False)
    round_ = Polygon(np.column_stack([LON + np.cos(turns) / 100, LAT + np.sin(turns) / 100]))
    assert only(judge(shape(round_))).code == "vertices"
    kept = Polygon(shapely.get_coordinates(round_)[:-2])
    assert judge(shape(kept)) == []
    many = shape(*(translate(SQUARE, 0.002 * n) for n in range(MOST_PARTS + 1)))
    assert only(judge(many)).code == "parts"


def test_a_tangle_is_told_in_twenty_places_and_not_mended() -> None:
    random = np.random.default_rng(7)
    tangle = Polygon([LON, LAT] + random.random((20_000, 2)) / 100)
    flaws = [flaw for flaw in judge(shape(tangle)) if flaw.code == "crossing"]
    assert len(flaws) == fitness.MOST_PLACES
    assert mended(shape(tangle)) is None


RINGS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9)


@given(st.lists(st.tuples(RINGS, st.one_of(st.none(), RINGS)), min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_what_is_not_blocked_is_valid_and_what_is_mended_is_sound(parts: Any) -> None:
    outline = shape(*(part(*shell, hole=hole) for shell, hole in parts))
    blocked = any(flaw.blocking for flaw in judge(outline))
    assert outline.is_valid or blocked
    offer = mended(outline)
    if offer is not None:
        assert blocked
        assert offer.is_valid
        assert not any(flaw.blocking for flaw in judge(offer))
