"""Request ids: in every answer and log line; and no token of a phone in any of the lines."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client

from field_api.models import Device
from geo_portal.request_ids import Line

pytestmark = pytest.mark.django_db
WEB = Client()


@pytest.mark.parametrize(
    "path",
    ["/", "/api/v1/submissions", "/openrosa/formList", "/healthz", "/ada/di/mana", "/admin/"],
)
def test_every_answer_has_an_id_of_its_own(path: str) -> None:
    first, second = (WEB.get(path)["X-Request-ID"] for _ in range(2))
    assert len(first) == len(second) == 32
    assert first != second


def test_a_harmless_id_of_a_proxy_is_taken_over() -> None:
    given = "f3a1-22.K_9"
    assert WEB.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", "a b", "x" * 65, "a\tb", "<script>", "é", "a\\nb", "%0a", "١٢٣", "a;b"]
)
def test_any_other_id_is_replaced(given: str) -> None:
    told = WEB.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert told != given
    assert len(told) == 32


def test_the_line_of_an_error_bears_the_id_and_not_the_token(
    cast: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("unforeseen")

    _, token = Device.enrol(cast.officer, "Collect")
    monkeypatch.setattr("field_api.openrosa.views.forms_of", broken)
    headers = {"X-OpenRosa-Version": "1.0", "X-Request-ID": "cari-saya"}
    response = WEB.get(f"/openrosa/key/{token}/formList", headers=headers)

    assert response.status_code == 500
    assert response["X-Request-ID"] == "cari-saya"
    formatter = Line("{levelname} {request_id}: {message}", style="{")
    lines = [formatter.format(record) for record in caplog.records]
    assert {record.name for record in caplog.records} >= {"django.request"}
    assert any("unforeseen" in line for line in lines)
    for line in lines:
        assert line.startswith("ERROR cari-saya: ")
        assert token not in line


@pytest.mark.parametrize("address", ["/track/{}", "/track/{}/receipt", "/documents/letters/{}.pdf"])
def test_the_codes_of_applicants_and_letters_are_in_no_line(address: str) -> None:
    told = f"Internal Server Error: {address.format('rahasia-123')}"
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, told, None, None)
    assert "rahasia-123" not in Line("{message}", style="{").format(record)


def test_the_portal_logs_with_that_formatter(settings: Any) -> None:
    root = logging.getLogger()
    assert settings.LOGGING["formatters"]["line"]["()"] == "geo_portal.request_ids.Line"
    assert any(isinstance(handler.formatter, Line) for handler in root.handlers)
