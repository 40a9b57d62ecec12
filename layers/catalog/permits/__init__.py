"""Spatial-use approval (Si Pejuang): applications with their parcels, and their way to a letter."""

from layers.catalog.permits import (  # noqa: F401
    acts,
    applicants,
    applications,
    checks,
    clock,
    consultations,
    decisions,
    documents,
    letters,
    markups,
    parcels,
    register,
    requests,
    site_visits,
    workflow,
)
