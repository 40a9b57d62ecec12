"""Height-for-age as WHO computes it: an independent implementation must agree, and the two errors
that hide stunted children must be impossible."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygrowup import Observation

from layers.catalog.stunting.growth import LAST_DAY, height_at, height_for_age

SEXES = {"female": Observation.FEMALE, "male": Observation.MALE}


@given(
    sex=st.sampled_from(sorted(SEXES)),
    # pygrowup takes a day 0 for no age, and day 730 for one of those that are measured standing.
    age=st.integers(1, LAST_DAY).filter(lambda day: day != 730),
    height=st.integers(450, 1200),
    position=st.sampled_from(["lying", "standing"]),
)
def test_it_agrees_with_pygrowup(sex: str, age: int, height: int, position: str) -> None:
    ours = height_for_age(sex=sex, age_days=age, height_cm=height / 10, position=position)  # type: ignore[arg-type]
    theirs = Observation(sex=SEXES[sex], age_in_days=Decimal(age)).lhfa(
        Decimal(height) / 10, recumbent=position == "lying"
    )
    assert ours == pytest.approx(float(theirs), abs=0.01)


def test_a_child_of_730_days_is_still_held_against_length() -> None:
    """WHO's tables: a boy of 730 days and 87.1 cm, lying, is at -0.23; the 0.7 cm are for who was
    measured standing."""
    lying = height_for_age(sex="male", age_days=730, height_cm=87.1, position="lying")
    standing = height_for_age(sex="male", age_days=730, height_cm=86.4, position="standing")
    assert lying == standing == pytest.approx(-0.23)


def test_the_published_seam_between_lying_and_standing() -> None:
    """A boy of 730 days is held against length (M 87.8018), of 731 against height (87.1303)."""
    assert height_at(sex="male", age_days=730, z=0) == pytest.approx(87.8018)
    assert height_at(sex="male", age_days=731, z=0) == pytest.approx(87.1303)
    standing_before = height_for_age(
        sex="male", age_days=730, height_cm=87.1018, position="standing"
    )
    lying_after = height_for_age(sex="male", age_days=731, height_cm=87.8303, position="lying")
    assert standing_before == lying_after == 0


def test_whole_months_instead_of_days_would_hide_a_stunted_girl() -> None:
    """At nearly four months a girl at exactly -2.00 looks like about -1 with her age cut to
    three.
    """
    days = int(3.99 * 30.4375)
    height = height_at(sex="female", age_days=days, z=-2.0)
    true = height_for_age(sex="female", age_days=days, height_cm=height, position="lying")
    cut = height_for_age(
        sex="female", age_days=int(3 * 30.4375), height_cm=height, position="lying"
    )
    assert true == -2.0
    assert cut > -1.2


def test_the_wrong_table_would_hide_a_stunted_boy() -> None:
    height = height_at(sex="male", age_days=365, z=-2.0)
    as_girl = height_for_age(sex="female", age_days=365, height_cm=height, position="lying")
    assert as_girl > -1.3


@pytest.mark.parametrize("age", [-1, LAST_DAY + 1])
def test_outside_the_standard_it_refuses_rather_than_guesses(age: int) -> None:
    with pytest.raises(ValueError, match="outside the standard"):
        height_for_age(sex="male", age_days=age, height_cm=90, position="lying")
