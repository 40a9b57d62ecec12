"""All layers by id, in the order in which the catalog declares them."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import TypeVar

from django.db.models import Model

from layers.base import Layer, User
from layers.forms import Form
from layers.permissions import can_review, can_submit, exists_for, keeps_portal

_layers: dict[str, Layer] = {}

LAYERS = MappingProxyType(_layers)
REFERENCE: list[type[Model]] = []

Kept = TypeVar("Kept", bound=type[Model])


def reference(model: Kept) -> Kept:
    """A table of rows that a ministry or the city may change (dated, with a source): the
    administrator keeps it in the admin."""
    REFERENCE.append(model)
    return model


def register(layer: Layer) -> Layer:
    """Add a layer. Raises ValueError where its id is taken."""
    if layer.id in _layers:
        raise ValueError(f"Layer id {layer.id!r} is declared twice.")
    _layers[layer.id] = layer
    return layer


@contextmanager
def registered(layer: Layer) -> Iterator[Layer]:
    """A layer that exists only inside the block: for tests."""
    register(layer)
    try:
        yield layer
    finally:
        del _layers[layer.id]


def find(layer_id: str, user: User) -> Layer | None:
    """The layer, or None both where there is none and where it does not exist for this person."""
    layer = _layers.get(layer_id)
    return layer if layer and exists_for(layer, user) else None


def layers_for(user: User) -> list[Layer]:
    """The layers that exist for this person."""
    return [layer for layer in _layers.values() if exists_for(layer, user)]


def reviews(user: User) -> bool:
    """Whether there is anything at all that this person looks through."""
    return keeps_portal(user) or any(can_review(layer, user) for layer in _layers.values())


def forms_of(user: User) -> dict[str, tuple[Layer, Form]]:
    """The forms that this person may fill in, by layer id."""
    return {
        layer.id: (layer, layer.accepts)
        for layer in _layers.values()
        if layer.accepts and can_submit(layer, user)
    }
