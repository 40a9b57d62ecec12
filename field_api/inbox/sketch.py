"""What the scripts of the inbox draw on the map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from field_api.inbox.reading import Reading, point_of

Json = dict[str, Any]


def point(reading: Reading) -> Json | None:
    """A submission as a point: where it was judged to be, else where it says that it is."""
    submission = reading.submission
    judged = submission.geom.coords[:2] if submission.geom else None
    place = judged or point_of(reading.item)
    if place is None:
        return None
    return {
        "id": str(submission.pk),
        "state": submission.state,
        "lon": place[0],
        "lat": place[1],
        "accuracy": submission.accuracy,
    }


def sketch(reading: Reading, others: Iterable[Reading]) -> Json:
    """One submission and what lies beside it."""
    return {"one": point(reading), "others": [mark for other in others if (mark := point(other))]}
