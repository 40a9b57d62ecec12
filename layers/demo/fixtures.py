"""The facts the demo city stands on: `fixtures/`, one file per layer, named by layer id."""

import csv
import json
from typing import Any

from django.conf import settings


def rows(name: str) -> list[dict[str, str]]:
    """The rows of `fixtures/<name>.csv`."""
    path = settings.BASE_DIR / "fixtures" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def features(name: str) -> list[dict[str, Any]]:
    """The features of `fixtures/<name>.geojson`."""
    path = settings.BASE_DIR / "fixtures" / f"{name}.geojson"
    return json.loads(path.read_text(encoding="utf-8"))["features"]
