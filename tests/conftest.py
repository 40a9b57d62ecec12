"""The cast: one person for each role, and an outsider for each scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import caches
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import translation
from rest_framework.test import APIClient

from field_api.models import Device
from layers.permissions import Duty, Role
from layers.registry import LAYERS
from tests import factories
from tests.snapshot import Beginning, Snapshot, is_allowed

LONGEST = ("drill", "geo_portal", "browser")  # folders of tests
CAST = (
    "citizen",
    "idle_official",
    "officer",
    "west_officer",
    "planner",
    "approver",
    "health_officer",
    "other_health_officer",
    "walidata",
    "administrator",
)


def person(name: str, *roles: Role, **duty: Any) -> User:
    user = User.objects.create(username=name)
    for role in roles:
        Duty.objects.create(user=user, role=role, **duty)
    return user


@pytest.fixture
def cast(db: None, cast_once_made: Snapshot) -> SimpleNamespace:
    """Everybody by name, and the town they live in as `cast.town`."""
    return cast_once_made.put_back() if cast_once_made.fits() else make_cast()


@pytest.fixture(scope="session")
def cast_once_made(django_db_setup: None, django_db_blocker: Any) -> Snapshot:
    with django_db_blocker.unblock():
        return Snapshot(make_cast)


def make_cast() -> SimpleNamespace:
    officer = person("officer", Role.OFFICER)
    town = factories.town(by=officer)
    for layer in LAYERS.values():
        factories.ensure_rows(layer)
    return SimpleNamespace(
        town=town,
        citizen=AnonymousUser(),
        idle_official=person("idle_official"),
        officer=officer,
        west_officer=person("west_officer", Role.OFFICER, themes=["trash"], area_code="53.71.01"),
        planner=person("planner", Role.PLANNER),
        approver=person("approver", Role.APPROVER),
        health_officer=person("health_officer", Role.HEALTH, puskesmas=town.puskesmas),
        other_health_officer=person(
            "other_health_officer", Role.HEALTH, puskesmas=town.other_puskesmas
        ),
        walidata=person("walidata", Role.WALIDATA),
        administrator=person("administrator", Role.ADMINISTRATOR),
    )


def pytest_configure() -> None:
    """Each client of a test loads the middleware anew: static files are looked up when asked for,
    and not listed half a second long each time."""
    settings.WHITENOISE_AUTOREFRESH = True
    # What makes a password slow to guess makes a demo city slow to fill.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones begin: at the end no core waits for another, which has one of them yet."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(rank)))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What a test committed is taken away quickly. What it left of a server or a thread may hold a
    connection yet: a database that is being used cannot be dropped."""
    with django_db_blocker.unblock():
        beginning = Beginning() if is_allowed() else None
    with pytest.MonkeyPatch.context() as patch:
        if beginning:
            again = beginning.come_again
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: again())
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def nothing_left_over() -> None:
    """Neither a cached document, nor a count of requests, nor the language of another test."""
    for cache in caches.all():
        cache.clear()
    translation.deactivate()


@pytest.fixture
def browser_of() -> Callable[[Any], Client]:
    """A web client, logged in as this person (not at all for the citizen)."""

    def open_as(user: Any) -> Client:
        client = Client()
        if user.is_authenticated:
            client.force_login(user)
        return client

    return open_as


@pytest.fixture
def phone_of() -> Callable[[User], APIClient]:
    """An API client that carries the token of a newly enrolled device of this officer."""

    def enrol(user: User) -> APIClient:
        _, token = Device.enrol(user, "Ponsel uji")
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        return client

    return enrol
