"""Stunting (Simpus): children and measurements for health officers, released aggregates for all."""

from layers.catalog.stunting import children, prevalence  # noqa: F401
