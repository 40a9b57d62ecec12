"""The story to its end: what a phone sent is on the map that everybody opens."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MapPage
from tests.factories import CENTRE
from tests.test_data_flow import submission

# Chromium's own teardown leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_a_report_from_a_phone_is_on_the_public_map(
    cast: Any, phone_of: Any, map_page: MapPage
) -> None:
    sent = submission("trash-reports", {"category": "burning", "description": "asap di belakang"})
    assert (
        phone_of(cast.officer).post("/api/v1/submissions", sent, format="json").status_code == 201
    )

    card = map_page.open(CENTRE, on="trash-reports", zoom=17).click_centre()

    expect(card).to_contain_text("Pembakaran sampah")
    expect(card).to_contain_text("Diterima")
    expect(card).to_contain_text("20 Nov 2026 12.05 WITA")
    expect(card).not_to_contain_text("asap")
