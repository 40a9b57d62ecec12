"""Kinds of form fields that only files have."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from layers import geojson


class Drawn(forms.CharField):
    """A shape from the map, as the text of a GeoJSON geometry. `kinds` are what it may be; where
    that is MULTIPOLYGON, a single polygon is taken for one of many."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "drawn mono"})

    def __init__(self, *kinds: str, **more: Any) -> None:
        unset = _("Gambar dahulu di peta.")
        super().__init__(error_messages={"required": unset}, max_length=None, **more)
        self.kinds = kinds

    def clean(self, value: Any) -> GEOSGeometry | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return geojson.read(text, self._kind(text))
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def _kind(self, text: str) -> str:
        if len(self.kinds) == 1:
            return self.kinds[0]
        try:
            named = str(json.loads(text[: geojson.MAX_CHARACTERS])["type"]).upper()
        except (ValueError, TypeError, KeyError, RecursionError):
            named = ""
        return named if named in self.kinds else self.kinds[0]


class Day(forms.DateField):
    """A day, chosen from a calendar."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **more)

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if found and not 2000 <= found.year <= 2100:
            raise ValidationError(_("Tahun di antara 2000 dan 2100."))
        return found


def long_text(label: Any, *, rows: int = 3, most: int = 4000, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **more
    )


def number_of() -> forms.IntegerField:
    """The key of the row that a form is about; it comes with the page."""
    return forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
