"""Who may see, submit and decide what: the whole policy of the portal on one page.

A layer names one of `POLICIES`; a person holds any number of `Duty` rows. Nothing else grants
anything: not `is_superuser`, not `is_staff`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from layers.base import Layer, Property, User

EVERYTHING = Q(pk__isnull=False)
NOTHING = Q(pk__in=[])


class Role(models.TextChoices):
    OFFICER = "officer", "Petugas lapangan"
    PLANNER = "planner", "Perencana tata ruang"
    APPROVER = "approver", "Pejabat pemutus"
    HEALTH = "health", "Petugas gizi Puskesmas"
    PRODUCER = "producer", "Produsen data"
    WALIDATA = "walidata", "Walidata"
    ADMINISTRATOR = "administrator", "Administrator"


class Duty(models.Model):
    """A role that a person holds, and within which limits.

    Empty `themes` means all themes. `area_code` is a Kemendagri code: the duty covers that area and
    all below it; empty means the whole city. `puskesmas` limits a health officer to a working area.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="duties"
    )
    role = models.CharField(max_length=20, choices=Role)
    themes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    area_code = models.CharField(max_length=13, blank=True)
    puskesmas = models.ForeignKey(
        "layers.Puskesmas",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="duties",
    )

    class Meta:
        verbose_name = "tugas"
        verbose_name_plural = "tugas"
        constraints = [
            models.CheckConstraint(
                condition=~Q(role=Role.HEALTH) | Q(puskesmas__isnull=False),
                name="layers_duty_health_has_puskesmas",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def covers(self, layer: Layer) -> bool:
        return not self.themes or layer.theme.id in self.themes


class Scope(Enum):
    """Which rows a role reaches with the staff properties."""

    ALL = "all"
    AREA = "area"  # the rows in the duty's area
    UNIT = "unit"  # the rows of the duty's Puskesmas


@dataclass(frozen=True)
class Policy:
    public: bool
    staff: Mapping[Role, Scope] = field(default_factory=dict)
    submit: frozenset[Role] = frozenset()
    edit: frozenset[Role] = frozenset()  # rows kept in the admin; what people observed never is
    review: frozenset[Role] = frozenset()  # what was handed in, refused or not; as far as `staff`
    upload: frozenset[Role] = frozenset()  # whole files, where the layer takes them
    publish: frozenset[Role] = frozenset()  # what somebody else uploaded


POLICIES: Mapping[str, Policy] = {
    # Open data: the same rows for all; officials also see the staff properties.
    "open": Policy(
        public=True,
        staff=dict.fromkeys(Role, Scope.ALL),
        edit=frozenset({Role.ADMINISTRATOR}),
        upload=frozenset({Role.PRODUCER, Role.WALIDATA}),
        publish=frozenset({Role.WALIDATA}),
    ),
    # Open observations that officers hand in.
    "observations": Policy(
        public=True,
        staff=dict.fromkeys((Role.OFFICER, Role.WALIDATA, Role.ADMINISTRATOR), Scope.ALL),
        submit=frozenset({Role.OFFICER}),
        review=frozenset({Role.WALIDATA, Role.ADMINISTRATOR}),
    ),
    # The files of permits: for those who work on them.
    "planning": Policy(
        public=False,
        staff=dict.fromkeys((Role.PLANNER, Role.APPROVER), Scope.ALL),
    ),
    # What everybody may know of the applications: the same for all, officials included.
    "register": Policy(public=True),
    # Inside the planning office only.
    "planning-internal": Policy(
        public=False,
        staff=dict.fromkeys((Role.PLANNER, Role.APPROVER), Scope.ALL),
        submit=frozenset({Role.OFFICER, Role.PLANNER}),
        review=frozenset({Role.PLANNER, Role.APPROVER}),
    ),
    # Citizens' reports: public without text or names; officers see theirs whole.
    "reports": Policy(
        public=True,
        staff={Role.OFFICER: Scope.AREA, Role.ADMINISTRATOR: Scope.ALL},
        submit=frozenset({Role.OFFICER}),
        review=frozenset({Role.ADMINISTRATOR}),
    ),
    # Children: the health officers of their Puskesmas and nobody else, the administrator included.
    "health": Policy(
        public=False,
        staff={Role.HEALTH: Scope.UNIT},
        submit=frozenset({Role.HEALTH}),
        review=frozenset({Role.HEALTH}),
    ),
    # Aggregates: public once released, before that only to the walidata who releases them.
    "release": Policy(public=True, staff={Role.WALIDATA: Scope.ALL}),
}


# The roles that are confined to a Puskesmas.
BOUND = frozenset(
    role
    for policy in POLICIES.values()
    for role, scope in policy.staff.items()
    if scope is Scope.UNIT
)


def duties(user: User) -> list[Duty]:
    """The duties of an active person, read once per user object."""
    if not (user.is_authenticated and user.is_active):
        return []
    held: list[Duty] | None = user.__dict__.get("held_duties")
    if held is None:
        held = user.__dict__["held_duties"] = list(Duty.objects.filter(user_id=user.pk))
    return held


def staff_rows(layer: Layer, user: User) -> Q:
    """The rows that this person sees with staff properties."""
    policy = POLICIES[layer.policy]
    rows = NOTHING
    for duty in duties(user):
        scope = policy.staff.get(Role(duty.role))
        if scope is None or not duty.covers(layer):
            continue
        reached = _reached(scope, layer, duty)
        if reached is EVERYTHING:
            return EVERYTHING
        rows |= reached
    return rows


def _reached(scope: Scope, layer: Layer, duty: Duty) -> Q:
    if scope is Scope.UNIT:
        return Q(**{layer.unit: duty.puskesmas_id}) if layer.unit else NOTHING
    if scope is Scope.ALL or not duty.area_code:
        return EVERYTHING
    if not layer.area:
        return NOTHING
    code = f"{layer.area}__code"
    return Q(**{code: duty.area_code}) | Q(**{f"{code}__startswith": f"{duty.area_code}."})


def visible_rows(layer: Layer, user: User) -> Q:
    """The rows that this person sees at all: published ones where the policy is public, and
    staff's.
    """
    staff = staff_rows(layer, user)
    if staff is EVERYTHING or not POLICIES[layer.policy].public:
        return staff
    return (layer.published or EVERYTHING) | staff


def exists_for(layer: Layer, user: User) -> bool:
    """Whether the layer is listed for this person. Invisible and unknown are answered alike."""
    return POLICIES[layer.policy].public or staff_rows(layer, user) is not NOTHING


def properties_for(layer: Layer, user: User) -> tuple[Property, ...]:
    """The properties that this person can get from at least some rows of the layer."""
    return layer.properties if staff_rows(layer, user) is not NOTHING else layer.public


def can_submit(layer: Layer, user: User) -> bool:
    """Whether this person may hand in a form of the layer."""
    return _holds(POLICIES[layer.policy].submit, layer, user)


def can_review(layer: Layer, user: User) -> bool:
    """Whether this person looks through what was handed in for the layer, and puts it right."""
    return _holds(POLICIES[layer.policy].review, layer, user)


def reviewed_units(layer: Layer, user: User) -> frozenset[int] | None:
    """The Puskesmas out of which this person may read what was handed in for the layer; None is
    from anywhere."""
    policy, units = POLICIES[layer.policy], set()
    for duty in duties(user):
        if Role(duty.role) not in policy.review or not duty.covers(layer):
            continue
        scope = policy.staff.get(Role(duty.role))
        if scope is Scope.ALL:
            return None
        if scope is Scope.UNIT and duty.puskesmas_id:
            units.add(duty.puskesmas_id)
    return frozenset(units)


def is_bound(layer: Layer) -> bool:
    """Whether anybody reaches the layer within their Puskesmas only."""
    return Scope.UNIT in POLICIES[layer.policy].staff.values()


def units_served(user: User) -> list[int]:
    """The Puskesmas to which duties of this person are confined: whatever he hands in may hold what
    only they may see."""
    held = [duty for duty in duties(user) if Role(duty.role) in BOUND]
    return sorted({duty.puskesmas_id for duty in held if duty.puskesmas_id})


def may_edit(layer: Layer, user: User) -> bool:
    """Whether this person keeps the rows of the layer in the admin."""
    return _holds(POLICIES[layer.policy].edit, layer, user)


def can_upload(layer: Layer, user: User) -> bool:
    """Whether this person hands in files for the layer."""
    return layer.ingest is not None and _holds(POLICIES[layer.policy].upload, layer, user)


def can_publish(layer: Layer, user: User) -> bool:
    """Whether this person publishes files for the layer, or sends them back."""
    return layer.ingest is not None and _holds(POLICIES[layer.policy].publish, layer, user)


def keeps_portal(user: User) -> bool:
    """Whether this person keeps accounts, duties and devices."""
    return any(duty.role == Role.ADMINISTRATOR for duty in duties(user))


def _holds(roles: frozenset[Role], layer: Layer, user: User) -> bool:
    return any(Role(duty.role) in roles and duty.covers(layer) for duty in duties(user))
