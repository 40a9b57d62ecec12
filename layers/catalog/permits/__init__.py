"""Spatial-use approval (Si Pejuang): applications with their parcels, and site visits."""

from layers.catalog.permits import applications, site_visits  # noqa: F401
