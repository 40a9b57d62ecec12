"""What an official asks the inbox for."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from field_api.models import Submission
from field_api.records import is_overtaken, is_waiting
from layers.registry import LAYERS

LOW_TRUST = 60  # below it, a position deserves a second look
MOST = 10_000  # counted no further: «10.000+» says enough, and costs little

State = Submission.State
Channel = Submission.Channel


class Filters(forms.Form):
    """Every filter may be left out; one that cannot be understood shows nothing, not everything."""

    form = forms.ChoiceField(label=_("Formulir"), required=False)
    state = forms.ChoiceField(label=_("Keadaan"), required=False, choices=State.choices)
    channel = forms.ChoiceField(
        label=_("Saluran"),
        required=False,
        choices=[("", _("Semua saluran"))] + [(value, _(name)) for value, name in Channel.choices],
    )
    sender = forms.CharField(label=_("Pengirim"), required=False, max_length=150)
    device = forms.CharField(label=_("Gawai"), required=False, max_length=100)
    since = forms.DateField(label=_("Sejak"), required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(label=_("Sampai"), required=False, input_formats=["%Y-%m-%d"])
    conflicts = forms.BooleanField(label=_("Ada pertentangan"), required=False)
    doubtful = forms.BooleanField(label=_("Posisi meragukan"), required=False)
    waiting = forms.BooleanField(label=_("Menunggu kiriman yang diperbaikinya"), required=False)
    search = forms.RegexField(
        r"^[0-9a-fA-F-]{1,36}$",
        label=_("UUID"),
        required=False,
        max_length=36,
        error_messages={"invalid": _("UUID hanya berisi angka, huruf a–f, dan tanda hubung.")},
    )

    def __init__(self, data: Any, *, offered: list[str]) -> None:
        super().__init__(data)
        titles = {key: LAYERS[key].title if key in LAYERS else _NO_FORM for key in offered}
        field = self.fields["form"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Semua formulir")), *titles.items()]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        since, until = asked.get("since"), asked.get("until")
        for name in ("since", "until"):
            if asked.get(name) and not 2000 <= asked[name].year <= 2100:
                self.add_error(name, _("Tahun di antara 2000 dan 2100."))
        if since and until and since > until:
            self.add_error("until", _("Tanggal ini sebelum tanggal mulai."))
        return asked

    def narrow(self, rows: QuerySet[Submission], *, state: str = "") -> QuerySet[Submission]:
        """The rows that were asked for, of one state where it is named."""
        if not self.is_valid():
            return rows.none()
        asked, wanted = self.cleaned_data, Q()
        for name, condition in _CONDITIONS.items():
            if asked.get(name):
                wanted &= condition(asked[name])
        if state:
            wanted &= Q(state=state)
        return rows.filter(wanted)


_NO_FORM = _("Tanpa formulir")


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _sender(text: str) -> Q:
    return (
        Q(user__username__icontains=text)
        | Q(user__first_name__icontains=text)
        | Q(user__last_name__icontains=text)
    )


def _starts_with(text: str) -> Q:
    """UUIDs from the first to the last that begin so: a walk along the primary key."""
    digits = re.sub("-", "", text)[:32]
    return Q(
        instance_id__gte=UUID(digits.ljust(32, "0")), instance_id__lte=UUID(digits.ljust(32, "f"))
    )


_CONDITIONS: dict[str, Any] = {
    "channel": lambda value: Q(channel=value),
    "sender": _sender,
    "device": lambda text: Q(device__name__icontains=text),
    "since": lambda day: Q(received_at__gte=_midnight(day)),
    "until": lambda day: Q(received_at__lt=_midnight(day + timedelta(days=1))),
    "conflicts": lambda _: ~Q(conflicts={}) & ~Q(is_overtaken()),
    "doubtful": lambda _: Q(trust__lt=LOW_TRUST),
    "waiting": lambda _: is_waiting(),
    "search": _starts_with,
}


def counts(rows: QuerySet[Submission], filters: Filters) -> dict[str, int]:
    """How many of each state, up to one more than `MOST`."""
    return {
        state: filters.narrow(rows, state=state).order_by()[: MOST + 1].count()
        for state in State.values
    }


def of_form(parts: dict[str, Q], filters: Filters) -> list[Q]:
    """The parts of the ledger that the filter on forms leaves; none where nobody knows what is
    asked."""
    if not filters.is_valid():
        return []
    asked = filters.cleaned_data["form"]
    return [part for key, part in parts.items() if asked in ("", key)]
