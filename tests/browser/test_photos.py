"""Photos on the map: in the card of those who may see them, and of nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from tests.browser.conftest import MapPage
from tests.maps.test_photos import photo_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path) -> Any:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


def test_an_officer_sees_the_photos_of_a_report_and_opens_one(
    cast: Any, map_page: MapPage, log_in: Any
) -> None:
    photo_of("trash-reports", cast.town.other_report.pk)
    photo_of("trash-reports", cast.town.other_report.pk, "photo_2")
    log_in(cast.officer)

    card = map_page.open(cast.town.other_report.geom, on="trash-reports", zoom=17).click_centre()

    pictures = card.get_by_role("img", name="Foto")
    expect(pictures).to_have_count(2)
    drawn = "one => one.complete && one.naturalWidth > 0"
    for number in range(2):
        map_page.page.wait_for_function(drawn, arg=pictures.nth(number).element_handle())
    with map_page.page.expect_popup() as opened:
        card.get_by_role("link", name="Foto kedua").click()
    opened.value.wait_for_load_state()
    expect(opened.value.get_by_role("img")).to_be_visible()


def test_the_public_sees_none(cast: Any, map_page: MapPage) -> None:
    photo_of("trash-reports", cast.town.other_report.pk)

    card = map_page.open(cast.town.other_report.geom, on="trash-reports", zoom=17).click_centre()

    expect(card.get_by_role("heading")).to_be_visible()
    expect(card.get_by_role("img")).to_have_count(0)
