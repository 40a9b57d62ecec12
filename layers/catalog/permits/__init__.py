"""Spatial-use approval (Si Pejuang): applications with their parcels, and their way to a letter."""

from layers.catalog.permits import (  # noqa: F401
    acts,
    applicants,
    applications,
    consultations,
    documents,
    markups,
    numbering,
    parcels,
    register,
    requests,
    site_visits,
)
from layers.catalog.permits.check.checks import Check  # noqa: F401
from layers.catalog.permits.clock import limits  # noqa: F401
from layers.catalog.permits.letters import legal_basis  # noqa: F401
from layers.catalog.permits.letters.letters import Letter  # noqa: F401
from layers.catalog.permits.workflow import decisions, steps  # noqa: F401
