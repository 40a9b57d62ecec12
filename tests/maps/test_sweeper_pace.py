"""How often the sweeper looks for changes: after each sweep many tiles are drawn anew."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from layers import tile_changes
from layers.registry import LAYERS
from maps.tiles import store, sweeper


class Patience(threading.Event):
    """Told to stop after so many pauses, and knows how long each was to be."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self.pauses: list[float | None] = []
        self.most = pauses

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        if len(self.pauses) == self.most:
            self.set()
        return self.is_set()


@pytest.mark.django_db(transaction=True)
def test_a_stream_of_changes_is_swept_less_often_than_a_single_one_is_found(
    tmp_path: Path, settings: Any
) -> None:
    settings.TILE_STORE = str(tmp_path / "tiles")
    tile_changes.changed_everywhere([LAYERS["trash-reports"]])
    stop = Patience(3)  # its first chores may change tiles by themselves: the third finds nothing
    sweeper.run(stop)
    assert stop.pauses[0] == sweeper.BUSY
    assert stop.pauses[-1] == sweeper.EVERY
    assert sweeper.EVERY < sweeper.BUSY < store.TRUSTED / 2
