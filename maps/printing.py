"""The map on paper: a sheet with title, legend, scale, north, sources and date, for the browser to
print or to keep as PDF."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from maps.catalogue import catalogue
from maps.formats import number
from maps.words import WORDS

SIZES = {"a4": (210, 297), "a3": (297, 420)}  # millimetres
SCALES = (500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)


class Sheet(forms.Form):
    """What is asked of a sheet. `bbox` is the part of the map that was seen."""

    title = forms.CharField(label=_("Judul"), max_length=120, required=False)
    paper = forms.ChoiceField(label=_("Kertas"), choices=[("a4", "A4"), ("a3", "A3")])
    turned = forms.ChoiceField(
        label=_("Arah"), choices=[("landscape", _("Mendatar")), ("portrait", _("Tegak"))]
    )
    scale = forms.TypedChoiceField(label=_("Skala"), coerce=int, empty_value=None, required=False)
    legend = forms.ChoiceField(label=_("Legenda"), choices=[("yes", _("Ya")), ("no", _("Tidak"))])
    bbox = forms.RegexField(
        r"^-?\d{1,3}(\.\d{1,9})?(,-?\d{1,3}(\.\d{1,9})?){3}$",
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(self, asked: dict[str, Any]) -> None:
        super().__init__(asked, label_suffix="")
        written = [(one, f"1 : {number(one)}") for one in SCALES]
        self.fields["scale"].choices = [("", _("Seluas layar")), *written]  # type: ignore[attr-defined]


USUAL = {"title": "", "paper": "a4", "turned": "landscape", "scale": "", "legend": "yes"}


@require_safe
@cache_control(private=True, no_store=True)
def sheet(request: HttpRequest) -> HttpResponse:
    form = Sheet(USUAL | request.GET.dict())
    valid = form.is_valid()
    asked = USUAL | (form.cleaned_data if valid else {})
    short, long = SIZES[asked["paper"]]
    wide = asked["turned"] == "landscape"
    told = catalogue(request.user)
    context = {
        "form": form,
        "asked": asked,
        "width": long if wide else short,
        "height": short if wide else long,
        "catalogue": told,
        "words": WORDS,
        "setting": {"scale": asked["scale"] or None, "bbox": asked.get("bbox") or None},
        "now": timezone.now(),
        "site": settings.SITE_URL or request.build_absolute_uri("/"),
    }
    return render(request, "maps/print.html", context, status=200 if valid else 400)
