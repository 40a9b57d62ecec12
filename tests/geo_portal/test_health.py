"""The probes tell the truth."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_working_portal_is_alive_and_ready() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["postgis"].startswith("3.")


def test_without_a_database_it_is_alive_but_not_ready(monkeypatch: Any) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert Client().get("/healthz").status_code == 200
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, "database")
    assert answer["Retry-After"]


def test_a_database_that_is_not_migrated_is_not_ready(monkeypatch: Any) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder(connection).migration_qs.filter(app="field_api").delete()
    assert Client().get("/readyz").json()["missing"] == "migrations"
