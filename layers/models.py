"""Django looks for models here; they live beside the layers and rules they belong to."""

from layers import catalog, permissions, provenance  # noqa: F401
