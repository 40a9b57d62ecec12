"""Cleanliness: trash reports with their photos and what became of them."""

from layers.catalog.trash import reports  # noqa: F401
