"""The short form of `make fuzz`."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from field_api.models import Device
from tests.factories import CENTRE
from tests.fuzz import mutate


@pytest.mark.django_db
def test_bent_requests_get_a_problem_document_and_never_a_fault(
    cast: Any, live_server: Any
) -> None:
    _, token = Device.enrol(cast.officer, "Ponsel")
    address = (live_server.thread.host, live_server.thread.port)
    told, faults = mutate(address, token, {"centre": CENTRE.coords}, 150, Random(7))
    assert faults == []
    assert told[200] + told[201] > 0
