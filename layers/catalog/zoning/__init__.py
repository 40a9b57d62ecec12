"""The spatial plan: its versions and zones, what it allows where, and what lies over it."""

from layers.catalog.zoning import overlays, plans, rules  # noqa: F401
