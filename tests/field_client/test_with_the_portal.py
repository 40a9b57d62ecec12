"""The reference client, the portal, and between them each thing that a bad network does."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from field_api.models import Attachment, Device, Submission
from layers.catalog.trash.reports import TrashReport
from layers.permissions import Role
from tests import factories
from tests.conftest import person
from tests.drill.proxy import CALM, STORM, Proxy
from tests.field_client.client import FieldClient
from tests.field_client.outbox import Outbox
from tests.test_data_flow import submission

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def network(live_server: Any) -> Iterator[Proxy]:
    address = urlsplit(live_server.url)
    with Proxy((address.hostname, address.port), longest_delay=0.2, hold=0.5).running() as proxy:
        proxy.weather = CALM
        yield proxy


@pytest.fixture
def client(network: Proxy, tmp_path: Path, settings: Any) -> Iterator[FieldClient]:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.SETTLE_IN_BACKGROUND = False
    officer = person("officer", Role.OFFICER)
    factories.boundaries()
    _, token = Device.enrol(officer, "Ponsel")
    client = FieldClient(network.url, token, Outbox(tmp_path / "phone.db"), timeout=5)
    yield client
    client.close()


def report(**values: str) -> Mapping[str, Any]:
    return submission("trash-reports", {"category": "overflow", **values})


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((600, 600), 90).convert("RGB").save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.mark.parametrize("fate", STORM)
@pytest.mark.parametrize("count", [1, 5])
def test_whatever_the_network_does_each_item_arrives_once(
    client: FieldClient, network: Proxy, fate: str, count: int
) -> None:
    keys = {client.outbox.add(report()) for _ in range(count)}
    network.weather = {fate: 100}
    client.round()
    network.weather = CALM
    client.round()
    assert network.counts[fate] == 1
    assert client.outbox.is_empty()
    assert client.outbox.results().keys() == keys
    assert Submission.objects.filter(state="accepted").count() == count
    assert TrashReport.objects.count() == count


def test_an_eaten_answer_is_given_again(client: FieldClient, network: Proxy) -> None:
    key = client.outbox.add(report())
    network.weather = {"answer eaten": 100}
    client.round()
    assert client.outbox.results() == {}
    network.weather = CALM
    client.round()
    told = client.outbox.results()[key]
    assert told.outcome == "duplicate"
    assert told.told["feature_id"] == TrashReport.objects.get().pk


@pytest.mark.parametrize("fate", [*STORM, "passed"])
def test_a_photo_goes_on_where_it_was_broken_off(
    client: FieldClient, network: Proxy, fate: str, tmp_path: Path
) -> None:
    photo = jpeg()
    assert len(photo) > 300_000
    client.outbox.add(report(photo="bak sampah.jpg"), photos={"bak sampah.jpg": photo})
    client.send()
    network.weather = {fate: 40}
    for _ in range(60):
        client.round()
        if client.outbox.is_empty():
            break
    assert client.outbox.is_empty()
    kept = Attachment.objects.get()
    assert kept.state == Attachment.State.SHOWN
    assert (tmp_path / "media" / "originals" / kept.original).read_bytes() == photo


def test_it_knows_forms_lists_and_its_own_items(client: FieldClient) -> None:
    key = client.outbox.add(report())
    client.sync()
    assert client.outbox.known("form", "trash-reports")["form_version"] == "1"
    assert client.outbox.known("list", "commodities") is not None
    assert client.outbox.known("item", key) is None
    before = client.outbox.known("cursor")
    client.round()
    client.sync()
    assert client.outbox.known("item", key)["state"] == "accepted"
    assert client.outbox.known("cursor") != before


def test_what_is_taken_back_stays_gone(client: FieldClient) -> None:
    key = client.outbox.add(report())
    (item,) = client.outbox.waiting(1, 0)
    client.round()
    assert client.withdraw(key)
    assert client.withdraw(key)
    assert client.send_one(item).outcome == "gone"
    client.sync()
    assert client.outbox.known("item", key)["withdrawn_at"]
