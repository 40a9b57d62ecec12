"""How often one may ask: by device in the database, by address in memory, never by what is sent."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from field_api.models import Device, Submission
from field_api.throttles import FAILURES, TooOften, address, take
from tests.field_api.test_submit import URL, problem, report

pytestmark = pytest.mark.django_db
WRONG = {"Authorization": f"Token {'0' * 64}"}


@pytest.fixture
def device(cast: Any) -> Device:
    return Device.enrol(cast.officer, "Ponsel")[0]


def bucket(device: Device) -> Any:
    device.refresh_from_db()
    return device


def seen(device: Device, seconds_ago: float, allowance: float) -> None:
    Device.objects.filter(pk=device.pk).update(
        seen_at=timezone.now() - timedelta(seconds=seconds_ago), allowance=allowance
    )


def test_a_bucket_is_full_at_first_and_then_empty(device: Device, settings: Any) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 3, 0.01
    for _ in range(3):
        take(device)
    with pytest.raises(TooOften) as refused:
        take(device)
    assert vars(refused.value)["wait"] == 100
    assert 0 <= bucket(device).allowance < 1


def test_time_refills_it_up_to_the_brim_and_no_further(device: Device, settings: Any) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 10, 2
    seen(device, seconds_ago=3, allowance=0)
    take(device)
    assert bucket(device).allowance == pytest.approx(5, abs=0.5)
    seen(device, seconds_ago=86_400, allowance=4)
    take(device)
    assert bucket(device).allowance == 9


def test_a_clock_that_went_back_takes_nothing_away(device: Device) -> None:
    seen(device, seconds_ago=-3600, allowance=5)
    take(device)
    assert bucket(device).allowance == 4
    assert device.seen_at
    assert device.seen_at > timezone.now()


def test_who_is_refused_waits_no_longer_for_asking_again(device: Device, settings: Any) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 1, 1
    seen(device, seconds_ago=0.5, allowance=0)
    before = Device.objects.values("seen_at", "allowance").get()
    with pytest.raises(TooOften):
        take(device)
    assert Device.objects.values("seen_at", "allowance").get() == before


def test_it_costs_one_statement_taken_or_refused(device: Device, settings: Any) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 1, 0.01
    with CaptureQueriesContext(connection) as taken:
        take(device)
    with CaptureQueriesContext(connection) as refused, pytest.raises(TooOften):
        take(device)
    assert (len(taken), len(refused)) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_many_workers_share_one_bucket(cast: Any, device: Device, settings: Any) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 20, 0.001

    def ask(_: int) -> bool:
        try:
            take(device)
        except TooOften:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as workers:
        assert sum(workers.map(ask, range(60))) == 20


def test_a_hasty_phone_is_told_when_to_come_back_and_nothing_is_kept_or_lost(
    cast: Any, phone_of: Any, settings: Any
) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 1, 0.25
    phone, other, sent = phone_of(cast.officer), phone_of(cast.officer), report()
    assert phone.post(URL, report(), format="json").status_code == 201
    answer = phone.post(URL, sent, format="json")
    body = problem(answer, 429)
    assert answer["Retry-After"] == "4"
    assert "4 detik" in body["detail"]
    assert not Submission.objects.filter(pk=sent["instance_id"]).exists()
    assert other.post(URL, report(), format="json").status_code == 201  # each has its own
    Device.objects.update(allowance=1)
    assert phone.post(URL, sent, format="json").status_code == 201


def test_it_is_refused_before_the_body_is_read(cast: Any, phone_of: Any, settings: Any) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 1, 0.01
    phone = phone_of(cast.officer)
    phone.get(URL)
    answer = phone.post(URL, "x" * 300_000, content_type="application/json")
    problem(answer, 429)
    assert answer.wsgi_request._read_started is False


def test_requests_are_counted_and_not_what_they_carry(cast: Any, phone_of: Any) -> None:
    phone_of(cast.officer).post(URL, report(), format="json")
    device = bucket(Device.objects.get())
    assert device.allowance == 119
    assert timezone.now() - device.seen_at < timedelta(minutes=1)


@pytest.fixture
def one_minute(monkeypatch: Any) -> None:
    """The clock of the counts stands still, a quarter of a minute after the full one."""
    monkeypatch.setattr("field_api.throttles.time", SimpleNamespace(time=lambda: 60_015.0))


@pytest.mark.usefixtures("one_minute")
def test_wrong_tokens_are_counted_by_address_and_a_right_one_still_passes(
    cast: Any, phone_of: Any, settings: Any
) -> None:
    settings.REQUESTS_PER_MINUTE = {"failure": 3, "address": 9, "session": 9}
    stranger = APIClient()
    told = [stranger.get(URL, headers=WRONG).status_code for _ in range(4)]
    assert told == [401, 401, 401, 429]
    answer = stranger.get(URL, headers=WRONG)
    problem(answer, 429)
    assert answer["Retry-After"] == "45"
    assert stranger.get(URL, REMOTE_ADDR="10.0.0.9", headers=WRONG).status_code == 401
    assert phone_of(cast.officer).get(URL).status_code == 200


@pytest.mark.usefixtures("one_minute")
def test_strangers_are_counted_by_address_and_people_by_who_they_are(
    cast: Any, browser_of: Any, settings: Any
) -> None:
    settings.REQUESTS_PER_MINUTE = {"failure": 9, "address": 2, "session": 2}
    stranger, desk, other = APIClient(), browser_of(cast.officer), browser_of(cast.planner)
    for client, path in ((stranger, "/api/v1/nowhere"), (desk, URL)):
        assert [client.get(path).status_code == 429 for _ in range(3)] == [False, False, True]
    assert other.get(URL).status_code == 200


@pytest.mark.parametrize(
    ("told", "proxies", "forwarded", "meant"),
    [
        ("203.0.113.7", 0, "1.2.3.4", "203.0.113.7"),
        ("127.0.0.1", 1, "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", 1, "\x00' or 1=1", "unknown"),
        ("", 0, "1.2.3.4", "unknown"),
        ("2001:db8:1:2:3:4:5:6", 0, "", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", 0, "", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", 0, "", "203.0.113.7"),
    ],
)
def test_an_address_cannot_be_made_up(
    monkeypatch: Any, told: str, proxies: int, forwarded: str, meant: str
) -> None:
    from rest_framework.settings import api_settings

    monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=told)
    assert address(request) == meant


def test_a_count_pushed_out_of_memory_is_no_error(settings: Any, monkeypatch: Any) -> None:
    from django.core.cache import caches

    def gone(*_: Any) -> int:
        raise ValueError

    monkeypatch.setattr(caches["throttles"], "incr", gone)
    FAILURES.count("10.0.0.1")


def test_sixty_four_at_once_and_then_a_whole_outbox_fit_the_burst(cast: Any, phone_of: Any) -> None:
    phone = phone_of(cast.officer)
    told = Counter(phone.post(URL, report(), format="json").status_code for _ in range(64))
    assert told == {201: 64}
    outbox = {"submissions": [report() for _ in range(300)]}
    answer = phone.post(f"{URL}/batch", outbox, format="json")
    assert {one["outcome"] for one in answer.json()["results"]} == {"accepted"}
    left = bucket(Device.objects.get()).allowance
    told = Counter(phone.get(URL).status_code for _ in range(int(left) + 60))
    assert told[429] > 0
