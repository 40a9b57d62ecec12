"""What is typed about a file: where it goes, and how its columns are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from layers.base import Layer
from layers.uploads.records import Upload
from layers.uploads.wording import title_of

COLUMN, CONSTANT = "column-", "constant-"


class NewFile(forms.Form):
    layer = forms.ChoiceField(label=_("Lapisan"))
    file = forms.FileField(label=_("Berkas"), error_messages={"empty": _("Berkas ini kosong.")})
    note = forms.CharField(label=_("Catatan (sumber, tahun)"), required=False, max_length=500)

    def __init__(self, layers: list[Layer], *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        field = self.fields["layer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(layer.id, str(layer.title)) for layer in layers]
        if len(layers) > 1:
            field.choices = [("", _("Pilih lapisan")), *field.choices]


class Matching(forms.Form):
    """For each field of the layer the column of the file, or one value for all rows; and what the
    file does not say of itself."""

    crs = forms.CharField(label=_("Kode EPSG (bila berkas tidak menyebutnya)"), required=False,
                          max_length=20)  # fmt: skip
    from_layer = forms.CharField(label=_("Lapisan di dalam berkas (bila ada beberapa)"),
                                 required=False, max_length=100)  # fmt: skip
    complete = forms.BooleanField(
        label=_("Berkas ini lengkap: baris yang tidak ada di dalamnya dihapus dari lapisan"),
        required=False,
    )

    def __init__(self, upload: Upload, data: Any = None) -> None:
        super().__init__(data, initial=_initial(upload))
        ingest = upload.layer.ingest
        assert ingest is not None
        self.names = list(ingest.fields)
        self.fixed = dict.fromkeys((*ingest.group, *(ingest.required or ingest.key)))
        columns = [("", _("– tidak ada –")), *((one, one) for one in upload.columns)]
        for name in self.names:
            title = title_of(upload.layer, name)
            self.fields[COLUMN + name] = forms.ChoiceField(
                label=title, required=False, choices=columns
            )
            self.fields[CONSTANT + name] = forms.CharField(
                label=f"{title}: {_('satu isi untuk semua baris')}", required=False, max_length=200
            )
        self.needed = set(ingest.required or ingest.key)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The fields two by two."""
        for name in self.names:
            yield {
                "column": self[COLUMN + name],
                "constant": self[CONSTANT + name] if name in self.fixed else None,
                "needed": name in self.needed,
            }

    def options(self) -> dict[str, Any]:
        told = self.cleaned_data
        constants = {n: told[CONSTANT + n] for n in self.names if told.get(CONSTANT + n)}
        columns = {n: told[COLUMN + n] for n in self.names if n not in constants}
        kept = {name: told[name] for name in ("crs", "from_layer", "complete")}
        return {"columns": columns, "constants": constants, **kept}


def _initial(upload: Upload) -> dict[str, Any]:
    """What was typed before; else what the check found, or what the columns are usually called."""
    told: Mapping[str, Any] = upload.options
    found = (upload.report or {}).get("columns", {})
    initial = {name: told.get(name, "") for name in ("crs", "from_layer", "complete")}
    there = {column.lower(): column for column in upload.columns}
    ingest = upload.layer.ingest
    for name, usual in (ingest.fields if ingest else {}).items():
        guess = next((there[one.lower()] for one in usual if one.lower() in there), "")
        initial[COLUMN + name] = told.get("columns", {}).get(name, found.get(name, guess))
        initial[CONSTANT + name] = told.get("constants", {}).get(name, "")
    return initial


class WithReason(forms.Form):
    reason = forms.CharField(label=_("Alasan"), max_length=2000, widget=forms.Textarea({"rows": 3}))
