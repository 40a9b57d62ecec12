"""Cleanliness: trash reports and the proof that a place is clean again."""

from layers.catalog.trash import cleanings, reports  # noqa: F401
