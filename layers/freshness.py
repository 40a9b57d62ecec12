"""Whether each layer is as new as its office promised, on which days it changed, and the reminder
to an office that is late."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import send_mail
from django.db import models, transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from layers.base import Layer, User
from layers.offices import Office, offices
from layers.permissions import POLICIES
from layers.provenance import last_updated, newest_of, standing_loads
from layers.registry import LAYERS, find

log = logging.getLogger(__name__)

MONTHS = 12
RECENT = timedelta(days=31)  # how late a phone may bring what it saw, for the history to know of it
WEEK = 7


class FreshnessDay(models.Model):
    """A day on which what the public sees of a layer changed. Appended."""

    layer_id = models.CharField(max_length=60)
    day = models.DateField()

    class Meta:
        verbose_name = "hari pembaruan"
        verbose_name_plural = "hari pembaruan"
        constraints = [
            models.UniqueConstraint(fields=("layer_id", "day"), name="layers_freshnessday_once")
        ]

    def __str__(self) -> str:
        return f"{self.layer_id} · {self.day}"


class Reminder(models.Model):
    """A letter to the office of a layer that was due on `due`: one when it became late (`week` 0),
    and one for each full week after. Appended."""

    layer_id = models.CharField(max_length=60)
    office = models.CharField(max_length=120)
    email = models.EmailField()
    due = models.DateField()
    week = models.PositiveIntegerField()
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "pengingat"
        verbose_name_plural = "pengingat"
        ordering = ("-sent_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=("layer_id", "due", "week"), name="layers_reminder_once_a_week"
            )
        ]

    def __str__(self) -> str:
        return f"{self.layer_id} · {self.due} · {self.email}"


@dataclass(frozen=True)
class State:
    """How fresh a layer is. `updated` and `due` are None where it never held anything."""

    layer: Layer
    updated: datetime | None
    due: date | None
    days_late: int

    @property
    def late(self) -> bool:
        return self.days_late > 0


def state_of(layer: Layer, user: User, now: datetime | None = None) -> State:
    """As this person sees the layer."""
    return _state(layer, last_updated(layer, user), now or timezone.now())


def _state(layer: Layer, updated: datetime | None, now: datetime) -> State:
    if updated is None:
        return State(layer, None, None, 0)
    due = timezone.localdate(updated + layer.update_every)
    return State(layer, updated, due, max((timezone.localdate(now) - due).days, 0))


# -- on which days a layer changed


def history(state: State, user: User, now: datetime | None = None) -> list[tuple[date, int]]:
    """The last twelve months, each with the number of days on which what this person sees of the
    layer changed. Of what is not for everybody that is asked of the person's own rows."""
    now, layer = now or timezone.now(), state.layer
    first = _months_before(timezone.localdate(now).replace(day=1), MONTHS - 1)
    if POLICIES[layer.policy].public:
        noted = FreshnessDay.objects.filter(layer_id=layer.id, day__gte=first)
        days = set(noted.values_list("day", flat=True))
        if state.updated:
            days.add(timezone.localdate(state.updated))
    else:
        days = set(_days(layer, layer.visible_to(user), first, now))
    counted = Counter(day.replace(day=1) for day in days if day >= first)
    return [(month, counted[month]) for month in _twelve_from(first)]


def _twelve_from(first: date) -> Iterable[date]:
    return (_months_before(first, -number) for number in range(MONTHS))


def _months_before(month: date, count: int) -> date:
    year, number = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(year, number + 1, 1)


def note_days(now: datetime | None = None) -> None:
    """Append the days on which public layers changed: of a year where none is known yet, else of
    the last weeks, for phones bring late what they saw."""
    now = now or timezone.now()
    for layer in LAYERS.values():
        if not POLICIES[layer.policy].public:
            continue
        known = FreshnessDay.objects.filter(layer_id=layer.id).exists()
        since = timezone.localdate(now - (RECENT if known else timedelta(days=366)))
        days = _days(layer, layer.visible_to(AnonymousUser()), since, now)
        FreshnessDay.objects.bulk_create(
            [FreshnessDay(layer_id=layer.id, day=day) for day in days], ignore_conflicts=True
        )


def _days(layer: Layer, rows: QuerySet[Model], since: date, now: datetime) -> list[date]:
    if told_by := layer.updated or layer.time:
        between = Q(**{f"{told_by}__gte": _dawn(since), f"{told_by}__lte": now})
        found = rows.filter(between).annotate(on=TruncDate(told_by))
    else:
        loads = standing_loads().filter(layer_id=layer.id, loaded_at__gte=_dawn(since))
        found = loads.filter(loaded_at__lte=now).annotate(on=TruncDate("loaded_at"))
    return list(found.order_by("on").values_list("on", flat=True).distinct())


def _dawn(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


# -- the reminder


def reminders(user: User, most: int = 50) -> list[Reminder]:
    """The newest about layers that exist for this person."""
    rows = Reminder.objects.all()[: 4 * most]
    return [one for one in rows if find(one.layer_id, user)][:most]


def remind(now: datetime | None = None) -> list[Reminder]:
    """Write to the office of every layer that is late, once when it becomes so and then weekly;
    returns what was sent. Two that run at once send one letter. A letter that could not be sent
    leaves no trace but a line in the log, and is tried again the next time."""
    now = now or timezone.now()
    note_days(now)
    late: dict[str, list[State]] = {}
    for layer in LAYERS.values():
        state = _state(layer, newest_of(layer, _owned(layer)), now)
        if state.late:
            late.setdefault(layer.owner, []).append(state)
    known = offices()
    sent: list[Reminder] = []
    for name, states in late.items():
        office = known.get(name)
        if office is None or not office.email:
            log.warning("no address to remind: %s", name)
            continue
        try:
            sent += _write_to(office, states, now)
        except (OSError, SMTPException) as error:
            log.warning("reminder to %s was not sent: %s", name, type(error).__name__)
    return sent


def _owned(layer: Layer) -> QuerySet[Model]:
    """What an office answers for: where the public reads the layer, what the public can read."""
    if POLICIES[layer.policy].public:
        return layer.visible_to(AnonymousUser())
    return layer.rows()


@transaction.atomic
def _write_to(office: Office, states: list[State], now: datetime) -> list[Reminder]:
    """One letter about all that is new; the rows stand only where it was handed over."""
    new: list[tuple[Reminder, State]] = []
    for state in states:
        # Waits for another that writes the same row, and then finds it.
        row, made = Reminder.objects.get_or_create(
            layer_id=state.layer.id,
            due=state.due,  # type: ignore[misc]  # what is late was due
            week=state.days_late // WEEK,
            defaults={"office": office.name, "email": office.email, "sent_at": now},
        )
        if made:
            new.append((row, state))
    if new:
        send_mail(
            _subject([state for _, state in new]),
            _letter(office, [state for _, state in new]),
            None,
            [office.email],
        )
    return [row for row, _ in new]


def _subject(states: list[State]) -> str:
    if len(states) == 1:
        return f"Data {states[0].layer.title.id} perlu diperbarui"
    return f"{len(states)} lapisan data perlu diperbarui"


def _letter(office: Office, states: list[State]) -> str:
    lines = [
        f"- {state.layer.title.id}: terakhir {timezone.localdate(state.updated):%d-%m-%Y}, "
        f"seharusnya diperbarui paling lambat {state.due:%d-%m-%Y} "
        f"(terlambat {state.days_late} hari)"
        for state in states
    ]
    board = f"{settings.SITE_URL.rstrip('/')}/freshness/" if settings.SITE_URL else "/freshness/"
    return "\n".join(
        (
            f"Yth. {office.contact or office.name},",
            "",
            f"Data berikut di Geo Portal menjadi tanggung jawab {office.name} dan sudah lewat "
            "batas pembaruannya:",
            "",
            *lines,
            "",
            "Mohon data terbaru dikirim melalui menu Unggah data di Geo Portal, atau seperti "
            f"biasanya dari lapangan. Keadaan semua lapisan: {board}",
            "",
            "Surat ini dikirim otomatis, sekali seminggu selama data belum diperbarui.",
            "",
        )
    )
