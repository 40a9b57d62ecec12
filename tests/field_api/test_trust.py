"""A position is rated with reasons, and never refused for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from field_api.models import Submission
from field_api.trust import Fix, judge_fix, metres
from layers.catalog.markets.places import Market
from tests.factories import CENTRE, EAST, NORTH
from tests.field_api.test_batch import price, send
from tests.field_api.test_submit import at, report

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
GOOD: dict[str, Any] = {"before": None, "away": None, "in_city": True, "clock_skew": None}


def fix(east: float = 0.0, minutes: float = 0.0, **more: Any) -> Fix:
    """A fix so many metres east of the centre."""
    lon = CENTRE.x + east / 109_500
    return Fix(lon, CENTRE.y, NOON + timedelta(minutes=minutes), **({"accuracy": 5.0} | more))


def codes(one: Fix, **known: Any) -> set[str]:
    score, reasons = judge_fix(one, **(GOOD | known))
    assert score == max(0, 100 - sum(reason["points"] for reason in reasons))
    assert all(reason["text"].endswith(".") for reason in reasons)
    return {reason["code"] for reason in reasons}


def test_a_good_fix_has_nothing_against_it() -> None:
    assert judge_fix(fix(), **GOOD) == (100, [])


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (fix(accuracy=None), "unknown-accuracy"),
        (fix(accuracy=0.0), "by-hand"),
        (fix(accuracy=45.0), "coarse"),
        (fix(accuracy=3000.0), "vague"),
        (fix(mock=True), "mock"),
        (fix(mock=True, accuracy=0.0), "mock"),
    ],
)
def test_what_the_phone_says_of_its_fix_counts(one: Fix, code: str) -> None:
    assert codes(one) == {code}


def test_nobody_flies_between_two_fixes() -> None:
    assert codes(fix(10_000, minutes=1), before=fix()) == {"speed"}
    assert codes(fix(500, minutes=1), before=fix()) == set(), "30 km/h"
    assert codes(fix(150, minutes=0), before=fix()) == set(), "the noise of two fixes"
    assert codes(fix(10_000, minutes=-1), before=fix()) == {"speed"}, "a clock set back"


def test_far_from_what_it_is_about_counts_beyond_the_accuracy() -> None:
    assert codes(fix(), away=100.0) == set()
    assert codes(fix(), away=600.0) == {"distance"}
    assert codes(fix(accuracy=25.0), away=210.0) == set()


def test_outside_and_a_wrong_clock_are_told() -> None:
    assert codes(fix(), in_city=False) == {"outside"}
    assert codes(fix(), clock_skew=-259_200.0) == {"clock"}
    assert codes(fix(), clock_skew=5.0) == set()


@given(
    st.tuples(st.floats(123.4, 123.8), st.floats(-10.4, -10.0)),
    st.tuples(st.floats(123.4, 123.8), st.floats(-10.4, -10.0)),
)
def test_distances_agree_with_the_ellipsoid_within_a_hundredth(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    _, _, true = Geod(ellps="WGS84").inv(*one, *other)
    assert metres(one, other) == pytest.approx(true, rel=0.01, abs=0.01)


# -- in the ledger


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def against(result: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in result["trust_reasons"]}


@pytest.mark.django_db
def test_the_devices_last_fix_is_the_one_before_by_its_own_count(phone: Any) -> None:
    """Sent together and out of order: item 2 is near item 1, item 3 is a city away in a minute."""
    first = report(sequence=1, geometry=at(CENTRE.x, CENTRE.y))
    second = report(sequence=2, geometry=at(CENTRE.x + 0.0005, CENTRE.y))
    (third,) = send(phone, report(sequence=3, geometry=at(CENTRE.x + 0.05, CENTRE.y)))
    assert against(third) == set(), "nothing known before it"
    results = send(phone, second, first)
    assert [against(result) for result in results] == [set(), set()]
    (fourth,) = send(phone, report(sequence=4, geometry=at(CENTRE.x, CENTRE.y)))
    assert against(fourth) == {"speed"}


@pytest.mark.django_db
def test_a_price_noted_far_from_its_market_is_taken_and_marked(cast: Any, phone: Any) -> None:
    near, far = send(
        phone,
        price(geometry=at(CENTRE.x, CENTRE.y)),
        price(geometry=at(CENTRE.x + 0.03, CENTRE.y)),
    )
    assert Market.objects.get().geom == CENTRE
    assert (near["outcome"], far["outcome"]) == ("accepted", "accepted")
    assert "distance" in against(far)
    assert far["trust"] < near["trust"] == 100


@pytest.mark.django_db
def test_a_quay_outside_every_kelurahan_is_taken_and_marked(phone: Any) -> None:
    (result,) = send(phone, report(geometry=at(EAST + 0.005, NORTH)))
    assert result["outcome"] == "accepted"
    assert against(result) == {"outside"}


@pytest.mark.django_db
def test_without_a_position_there_is_nothing_to_trust(phone: Any) -> None:
    (result,) = send(phone, price(geometry=None))
    assert (result["trust"], result["trust_reasons"]) == (None, [])


@pytest.mark.django_db
def test_a_mock_location_is_kept_for_the_reviewer(phone: Any) -> None:
    sent = report(mock=True, accuracy=0)
    (result,) = send(phone, sent)
    kept = Submission.objects.get(pk=sent["instance_id"])
    assert result["outcome"] == "accepted"
    assert kept.trust == result["trust"] == 40
    assert kept.trust_reasons[0]["text"] == "Ponsel melaporkan lokasi tiruan."
