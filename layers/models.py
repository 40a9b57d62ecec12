"""Django looks for models here; they live beside the layers and rules they belong to."""

from layers import catalog, permissions, photos, provenance  # noqa: F401
