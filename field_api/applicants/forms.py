"""The application as it is typed in, at the counter or by the applicant himself."""

from __future__ import annotations

import json
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from field_api.applicants import outlines
from field_api.applicants.judgement import Judgement, judge, sourced
from field_api.applicants.papers import PAPERS, fault_of
from layers.base import Refused
from layers.catalog.permits.applicants import Applicant, identity_from
from layers.catalog.permits.applications import Application
from layers.outline.parcel import Outline

Channel = Application.Channel
IDENTITY = ("kind", "nik", "nib", "phone", "email", "address")
TYPED = 5 * 1024**2  # characters: a table of as many corners as are taken
MISSING: dict[str, Any] = {
    "instance_id": gettext_lazy("Muat ulang halaman ini, lalu kirim lagi."),
    "kind": gettext_lazy("Pilih perorangan atau badan usaha."),
    "applicant": gettext_lazy("Isi nama pemohon seperti tertulis pada KTP atau NIB."),
    "phone": gettext_lazy("Isi nomor telepon yang dapat dihubungi."),
    "address": gettext_lazy("Isi alamat pemohon."),
    "kbli": gettext_lazy("Pilih kegiatan dari daftar, atau tulis kode KBLI 5 angka."),
    "activity": gettext_lazy("Tuliskan kegiatan yang direncanakan di bidang ini."),
    "consent": gettext_lazy("Beri tanda setuju agar permohonan dapat diproses."),
}


def _text(name: str, most: int, *, required: bool = True) -> forms.CharField:
    too_long = gettext_lazy("Terlalu panjang: paling banyak %(limit_value)d huruf.")
    messages = {"max_length": too_long}
    if name in MISSING:
        messages["required"] = MISSING[name]
    return forms.CharField(max_length=most, required=required, error_messages=messages)


class Entry(forms.Form):
    """An application. Sound, it holds the `judgement` of its parcel."""

    instance_id = forms.UUIDField(
        error_messages=dict.fromkeys(("required", "invalid"), MISSING["instance_id"])
    )
    kind = forms.ChoiceField(
        choices=Applicant.Kind.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), MISSING["kind"]),
    )
    applicant = _text("applicant", 150)
    nik = _text("nik", 30, required=False)
    nib = _text("nib", 30, required=False)
    phone = _text("phone", 30)
    email = _text("email", 254, required=False)
    address = _text("address", 300)
    kbli = _text("kbli", 20)
    activity = _text("activity", 200)
    geometry = _text("geometry", TYPED, required=False)
    receipt = _text("receipt", 2000, required=False)
    table = _text("table", TYPED, required=False)
    crs = _text("crs", 20, required=False)
    layer = _text("layer", 100, required=False)
    parcel_file = forms.FileField(required=False, allow_empty_file=True)
    consent = forms.BooleanField(error_messages={"required": MISSING["consent"]})

    judgement: Judgement | None = None

    def __init__(self, *args: Any, channel: str, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel, self.user = channel, user
        for paper in PAPERS:
            self.fields[paper.field] = forms.FileField(required=False, allow_empty_file=True)
        if channel == Channel.COUNTER:  # the office fills in later what is not at hand
            for name in ("phone", "address"):
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        data = cast(dict[str, Any], super().clean())
        data["kbli"] = data.get("kbli", "").replace(" ", "").replace(".", "")
        if data["kbli"] and not (data["kbli"].isascii() and data["kbli"].isdigit()
                                 and len(data["kbli"]) == 5):  # fmt: skip
            self.add_error("kbli", _("Kode KBLI terdiri dari 5 angka, misalnya 47111."))
        self._judge_identity(data)
        self._judge_papers(data)
        self._judge_parcel(data)
        return data

    def _judge_identity(self, data: dict[str, Any]) -> None:
        number = "nib" if data.get("kind") == Applicant.Kind.COMPANY else "nik"
        if self.channel == Channel.APPLICANT and not data.get(number):
            told = {
                "nik": _("Isi NIK: 16 angka, seperti tertulis pada KTP."),
                "nib": _("Isi NIB badan usaha: 13 angka."),
            }
            self.add_error(number, told[number])
        try:
            identity_from({name: data.get(name, "") for name in IDENTITY})
        except Refused as refused:
            self.add_refusal(refused)

    def _judge_papers(self, data: dict[str, Any]) -> None:
        for paper in PAPERS:
            needed = paper.required and self.channel == Channel.APPLICANT
            if fault := fault_of(data.get(paper.field), needed=needed):
                self.add_error(paper.field, fault)

    def _judge_parcel(self, data: dict[str, Any]) -> None:
        try:
            self.judgement = judge(self._outline(data), self.user)
        except Refused as refused:
            self.add_refusal(refused)
            return
        except outlines.Busy:
            self.add_refusal(Refused({"parcel": _("Layanan sedang penuh; kirim sebentar lagi.")}))
            return
        blocking = [flaw.sentence for flaw in self.judgement.flaws if flaw.blocking]
        if blocking:
            self.add_refusal(Refused({"parcel": " ".join(blocking[:3])}))

    def _outline(self, data: dict[str, Any]) -> Outline:
        """What was sent last: a file, else a table that was changed, else what is on the map.
        Raises Refused, Busy."""
        crs, table = data.get("crs", ""), data.get("table", "")
        if upload := data.get("parcel_file"):
            return outlines.from_file(upload, crs=crs, from_layer=data.get("layer", ""))
        drawn = self._drawn(data)
        if table.strip():
            pasted = outlines.from_text(table, crs=crs)
            if drawn is None or drawn.sha256 != pasted.sha256:
                return pasted
        if drawn is None:
            told = _("Gambar bidangnya di peta, tempel koordinatnya, atau unggah berkasnya.")
            raise Refused({"parcel": told})
        return drawn

    def _drawn(self, data: dict[str, Any]) -> Outline | None:
        if not data.get("geometry"):
            return None
        try:
            geometry = json.loads(data["geometry"])
        except (ValueError, RecursionError) as error:
            raise Refused({"parcel": _("Gambar bidang ini rusak; gambar lagi.")}) from error
        return sourced(outlines.from_geometry(geometry), data.get("receipt", ""))

    def add_refusal(self, refused: Refused) -> None:
        """The sentences of the core, each with its field where the form has one."""
        for name, sentence in refused.reasons.items():
            if name == "parcel":
                self.errors.setdefault("parcel", self.error_class()).append(sentence)
            elif name in self.fields:
                self.add_error(name, sentence)
            else:
                self.add_error(None, sentence)
