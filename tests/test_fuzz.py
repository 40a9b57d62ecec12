"""The short form of `make fuzz`."""

from __future__ import annotations

from random import Random
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import checks

from field_api.models import Device
from tests.factories import CENTRE
from tests.fuzz import CHECKS, mutate


@pytest.mark.django_db
def test_bent_requests_get_a_problem_document_and_never_a_fault(
    cast: Any, live_server: Any, settings: Any
) -> None:
    settings.DEVICE_BURST = 10_000
    _, token = Device.enrol(cast.officer, "Ponsel")
    address = (live_server.thread.host, live_server.thread.port)
    told, faults = mutate(address, token, {"centre": CENTRE.coords}, 150, Random(7))
    assert faults == []
    assert told[200] + told[201] > 0


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False])
def test_the_portal_answers_as_its_definition_says(
    cast: Any, live_server: Any, settings: Any, known: bool
) -> None:
    settings.DEVICE_BURST = 10_000
    settings.REQUESTS_PER_MINUTE = dict.fromkeys(settings.REQUESTS_PER_MINUTE, 10_000)
    _, token = Device.enrol(cast.officer, "Ponsel")
    headers = {"Authorization": f"Token {token}"} if known else {}
    held = checks.CHECKS.get_by_names(CHECKS.split(","))
    definition = schemathesis.openapi.from_url(f"{live_server.url}/api/schema/?format=json")

    for found in definition.exclude(method="PATCH").get_all_operations():

        @hypothesis.given(case=found.ok().as_strategy())
        @hypothesis.settings(
            max_examples=2, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        def answers(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=held)

        answers()
