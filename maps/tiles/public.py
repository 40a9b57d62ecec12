"""The tile of a public layer as everybody sees it: from the store, or made once and kept there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AnonymousUser

from layers import tile_changes, tiles
from layers.base import Layer, User
from layers.features import facet_values
from layers.permissions import NOTHING, POLICIES, staff_rows
from layers.registry import LAYERS
from layers.tile_matrix import bounds_of
from layers.tiles import Drawn
from maps.tiles import store
from maps.tiles.store import ALL, Address, Kept

PUBLIC = AnonymousUser()
_known: dict[tuple[str, str], Any] = {}  # the values of facets by layer and slug


class Outdated(Exception):
    """The address names another version than the one that stands."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


def public_layer(layer_id: str) -> Layer | None:
    """The layer, if its tiles may be stored."""
    layer = LAYERS.get(layer_id)
    return layer if layer and tile_changes.is_public(layer) else None


def sees_the_public_view(layer: Layer, user: User) -> bool:
    """Whether this person's tiles of the layer are those of everybody."""
    if not POLICIES[layer.policy].public:
        return False
    if staff_rows(layer, user) is NOTHING:
        return True
    return not layer.published and not any(prop.tile for prop in layer.staff)


def zooms(layer: Layer) -> tuple[int, int]:
    """The zooms of the stored tiles; deeper ones are drawn from the deepest."""
    deepest = min(layer.maxzoom, store.MAX_ZOOM)
    return min(layer.minzoom, deepest), deepest


def value_of(layer: Layer, facet: str) -> Any:
    """The facet's value that a slug stands for. Raises LookupError where there is none."""
    if facet == ALL:
        return None
    if (layer.id, facet) not in _known:
        if not layer.facet:
            raise LookupError(facet)
        for value in facet_values(layer, PUBLIC):
            _known[layer.id, store.slug(value)] = value
    return _known[layer.id, facet]


def kept(layer: Layer, address: Address) -> Kept:
    """The tile under this address, made now where it is not stored. Raises `Outdated` for another
    version, LookupError for a value that the facet does not have."""
    return store.read(address) or made(layer, address)


def made(layer: Layer, address: Address) -> Kept:
    """The same for one that was just not there."""
    with store.alone(address) as mine:
        # Whoever waited finds it made; until here nobody holds a connection.
        if mine and (found := store.read(address)):
            return found
        return make(layer, address, keep=mine)


def shared(layer: Layer, user: User, asked: Address, equals: Mapping[str, str]) -> Kept | None:
    """The stored tile that answers this question as well; None where it needs one of its own."""
    shallowest, deepest = zooms(layer)
    if not (shallowest <= asked.z <= deepest and equals.keys() <= {layer.facet}):
        return None
    if store.root() is None or not sees_the_public_view(layer, user):
        return None
    facet = store.slug(equals[layer.facet]) if equals else ALL
    try:
        return kept(layer, replace(asked, facet=facet))
    except (LookupError, Outdated):
        return None


def make(layer: Layer, address: Address, *, keep: bool) -> Kept:
    """Draw the tile, and keep it unless something changed meanwhile that it does not show."""
    made = drawn(layer, address)
    version = tile_changes.address(layer, made.number)
    if address.version != version:
        raise Outdated(version)
    kept = Kept.of(made.content)
    if keep and store.write(address, kept.content) and address.live:
        bounds = bounds_of(address.z, address.x, address.y, tile_changes.MARGIN)
        if tile_changes.changed_since(made.seen, layer, bounds):
            store.forget(address)  # the sweep of that change may have been here before us
    return kept


def drawn(layer: Layer, address: Address) -> Drawn:
    """The tile out of the database, as the layer stands at this moment."""
    value = value_of(layer, address.facet)
    equals = {} if value is None else {layer.facet: str(value)}
    return tiles.everybodys(layer, address.z, address.x, address.y, equals)
