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
    legal_basis,
    letters,
    markups,
    numbering,
    parcels,
    register,
    requests,
    site_visits,
    workflow,
)
