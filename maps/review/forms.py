"""The forms of a file, one for each deed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from layers.catalog.permits import reference
from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.consultations import Consultation
from layers.catalog.permits.documents import Document
from layers.catalog.permits.requests import Request
from layers.catalog.permits.workflow.decisions import ConditionTemplate, Outcome
from layers.catalog.permits.workflow.effects import MOST_CONDITIONS
from maps.review.fields import Day, Drawn, long_text, number_of

REASON = _("Alasan")
MOST_OWN = 10  # conditions written freely


class DeedForm(forms.Form):
    """`seen` is the newest act that the page knew of."""

    required_css_class = "required"
    seen = forms.IntegerField(min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def own(self) -> list[forms.BoundField]:
        """The fields that a person fills in."""
        return [field for field in self.visible_fields() if field.name != "conditions"]


def translated(choices: Iterable[tuple[Any, Any]], empty: Any = None) -> list[tuple[str, str]]:
    named = [(str(value), _now(str(name))) for value, name in choices]
    return named if empty is None else [("", str(empty)), *named]


class Step(DeedForm):
    """A step of the workflow that needs nothing but itself."""

    reason = long_text(REASON, required=False)


class StepWithReason(DeedForm):
    reason = long_text(REASON)


class WithReason(DeedForm):
    reason = long_text(REASON, rows=2)


class Empty(DeedForm):
    pass


class Recommend(DeedForm):
    """`conditions` are codes that were ticked; the text of each comes as `text-<code>`, so that it
    can be written otherwise for one file. Own ones come as `own`, any number of times."""

    outcome = forms.ChoiceField(label=_("Usulan"), widget=forms.RadioSelect)
    reason = long_text(_("Pertimbangan"), rows=4)
    refused_part = Drawn("MULTIPOLYGON", label=_("Bagian yang ditolak"), required=False)
    conditions = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, offered: Iterable[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.offered = dict(offered)
        self._choices("outcome", translated(Outcome.choices))
        self._choices("conditions", list(self.offered.items()))

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def ticked(self) -> list[dict[str, Any]]:
        """Every condition that may be set, as the form shows it."""
        chosen = self._sent("conditions")
        return [
            {
                "code": code,
                "ticked": code in chosen,
                "text": self.data.get(f"text-{code}", text) if self.is_bound else text,
            }
            for code, text in self.offered.items()
        ]

    @property
    def written(self) -> list[str]:
        """The conditions that were written freely, and room for one more."""
        return [*[text for text in self._sent("own") if text.strip()][:MOST_OWN], ""]

    def _sent(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        texts = [
            {"code": code, "text": self.data.get(f"text-{code}", "").strip() or self.offered[code]}
            for code in asked.get("conditions", ())
        ]
        own = [text.strip() for text in self._sent("own") if text.strip()]
        texts += [{"code": "", "text": text} for text in own]
        if len(own) > MOST_OWN or len(texts) > MOST_CONDITIONS:
            self.add_error("conditions", _("Ketentuan terlalu banyak."))
        if any(len(one["text"]) > 4000 for one in texts):
            self.add_error("conditions", _("Satu ketentuan paling panjang 4.000 huruf."))
        return asked | {"conditions": texts}


class Ask(DeedForm):
    kind = forms.ChoiceField(label=_("Jenis"))
    text = long_text(_("Apa yang diminta"))
    due_on = Day(label=_("Paling lambat"))
    proposed = Drawn("MULTIPOLYGON", label=_("Batas bidang yang diusulkan"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = translated(Request.Kind.choices)  # type: ignore[attr-defined]


class Answer(DeedForm):
    """What the applicant said at the counter or by letter."""

    request = number_of()
    answer = long_text(_("Jawaban pemohon"), rows=2)
    agreed = forms.TypedChoiceField(
        label=_("Batas yang diusulkan"),
        required=False,
        coerce=lambda value: value == "yes",
        empty_value=None,
        choices=[("", _("tidak ditanyakan")), ("yes", _("Disetujui")), ("no", _("Ditolak"))],
    )


class Cancel(WithReason):
    request = number_of()


class Consult(DeedForm):
    consultee: Any = forms.ModelChoiceField(
        label=_("Instansi"), queryset=None, empty_label=_("Pilih")
    )
    question = long_text(_("Yang ditanyakan"))
    due_on = Day(label=_("Jawaban paling lambat"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["consultee"].queryset = reference.consultees()  # type: ignore[attr-defined]


class Reply(DeedForm):
    consultation = number_of()
    answer = forms.ChoiceField(label=_("Pendapat"))
    reference = forms.CharField(label=_("Nomor surat"), max_length=100, required=False)
    note = long_text(_("Catatan"), rows=2, required=False)
    answered_on = Day(label=_("Tanggal jawaban"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = translated(Consultation.Answer.choices, _("Pilih"))
        self.fields["answer"].choices = choices  # type: ignore[attr-defined]


class Paper(DeedForm):
    kind = forms.ChoiceField(label=_("Jenis"))
    title = forms.CharField(label=_("Judul"), max_length=200)
    file = forms.FileField(label=_("Berkas (PDF, JPEG, PNG)"), allow_empty_file=True)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = translated(Document.Kind.choices)  # type: ignore[attr-defined]


class Mark(DeedForm):
    geom = Drawn("POINT", "LINESTRING", "POLYGON", "MULTIPOLYGON", label=_("Tempat"))
    text = long_text(_("Catatan"), rows=2, most=500)


class Erase(DeedForm):
    markup = number_of()


class Assign(DeedForm):
    officer: Any = forms.ModelChoiceField(label=_("Petugas"), queryset=None, empty_label=_("Pilih"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["officer"].queryset = reference.officers()  # type: ignore[attr-defined]
        named = lambda one: one.get_full_name() or one.get_username()  # noqa: E731
        self.fields["officer"].label_from_instance = named  # type: ignore[attr-defined]


class LetterReason(DeedForm):
    """A first letter needs no reason, a second one does: the theme says so."""

    reason = long_text(_("Alasan penerbitan ulang"), rows=2, required=False)


class Identity(DeedForm):
    kind = forms.ChoiceField(label=_("Pemohon"))
    nik = forms.CharField(label=_("NIK"), max_length=16, required=False)
    nib = forms.CharField(label=_("NIB"), max_length=13, required=False)
    phone = forms.CharField(label=_("Telepon"), max_length=20, required=False)
    email = forms.EmailField(label=_("Surel"), required=False)
    address = forms.CharField(label=_("Alamat"), max_length=300, required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = translated(Applicant.Kind.choices)  # type: ignore[attr-defined]
        for name in ("nik", "nib"):
            self.fields[name].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}


class Redraw(WithReason):
    geom = Drawn("MULTIPOLYGON", label=_("Batas bidang yang baru"))


def condition_texts(
    templates: Iterable[ConditionTemplate], evidence: Mapping[str, Any] | None
) -> list[tuple[str, str]]:
    """What may be set as a condition: first what the use matrix asks for on this parcel, then what
    the office writes again and again."""
    asked = {
        one["number"]: one["text"]
        for part in (evidence or {}).get("parts", ())
        for one in part["conditions"]
    }
    return [*asked.items(), *((one.code, one.text) for one in templates if one.code not in asked)]
