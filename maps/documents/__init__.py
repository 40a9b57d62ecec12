"""Map documents: each one HTML file that opens without a network and may be passed on.

A document holds only what the public may see, whoever asks for it: nobody can say where a file ends
up. It is always in Bahasa Indonesia.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.core.cache import cache
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FRESH = 60  # seconds in which a document that was asked for is not made again
_making = Lock()


@dataclass(frozen=True)
class Document:
    """`write` gives the page as HTML, for the time it is given."""

    name: str
    title: str | Promise
    description: str | Promise
    write: Callable[[datetime], str]


@dataclass(frozen=True)
class Made:
    html: bytes
    at: datetime


def _city(made_at: datetime) -> str:
    from maps.documents.city import city  # folium takes 0.6 s to load: not when the portal starts

    return city(made_at)


DOCUMENTS: Mapping[str, Document] = {
    document.name: document
    for document in (
        Document(
            name="kota",
            title=_("Peta kota"),
            description=_(
                "Semua lapisan yang terbuka bagi umum, dengan legenda dan keterangannya."
            ),
            write=_city,
        ),
    )
}


def make(document: Document) -> Made:
    """The document as of now."""
    at = timezone.now()
    with translation.override("id"):
        return Made(document.write(at).encode(), at)


def recent(document: Document) -> Made:
    """The document, at most `FRESH` seconds old. A crowd that asks for it waits for the first."""
    key = f"document:{document.name}"
    made = cache.get(key)
    if made is None:
        with _making:
            made = cache.get(key)
            if made is None:
                made = make(document)
                cache.set(key, made, FRESH)
    return made
