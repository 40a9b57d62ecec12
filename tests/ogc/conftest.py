"""A stranger at the open door of the test town."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ogc.reader import Reader


@pytest.fixture
def reader(cast: Any) -> Reader:
    return Reader()
