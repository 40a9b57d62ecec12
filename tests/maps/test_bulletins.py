"""Bulletins and dossiers: the right figures, only what may be told, kept once for each state."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from layers.catalog.markets.places import Commodity, Market
from layers.catalog.markets.prices import PriceReading
from layers.catalog.permits.applications import Application
from layers.catalog.stunting.prevalence import Prevalence
from layers.catalog.trash.reports import TrashReportMove
from maps.documents import DOCUMENTS, shelf
from maps.models import MadeDocument
from tests.factories import CENTRE, NOON, SECRET, checked, trash_report

pytestmark = pytest.mark.django_db
WEEK = "2026-W46"  # 9 to 15 November


def at(day: int, hour: int = 2) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def text_of(html: str) -> str:
    """The words of the report, without its script and style."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def told(name: str, period: str, **more: Any) -> str:
    return text_of(shelf.make(DOCUMENTS[name], period, **more).html.decode())


# -- prices


@pytest.fixture
def three_markets(cast: Any) -> Any:
    """On the 12th three markets sell rice; the third did not a week before, a fourth never."""
    PriceReading.objects.all().delete()
    rice = cast.town.commodity
    for number, (now, then) in enumerate([(11_000, 10_000), (12_000, 10_000), (16_000, None)]):
        market = Market.objects.create(code=f"m{number}", name=f"Pasar {number}", geom=CENTRE)
        reading(market, rice, now, at(12))
        if then:
            reading(market, rice, then, at(5))
    return cast


def reading(market: Market, commodity: Commodity, price: int, when: datetime) -> None:
    PriceReading.objects.create(
        instance_id=uuid4(), market=market, commodity=commodity, price=price, observed_at=when
    )


@pytest.mark.usefixtures("three_markets")
def test_a_price_is_told_with_its_range_and_compared_where_both_are_known() -> None:
    html = told("harga", "2026-11-12")

    assert "Rp 11.000 Pasar 0 Rp 12.000 Rp 16.000 Pasar 2" in html
    assert "+15 % 2 pasar" in html, "the median of +10 % and +20 %"
    assert "Tidak mencatat pada periode ini: Pasar Oeba" in html
    assert "sampai 5 Nov 2026" in html


def test_of_two_readings_of_a_day_the_last_counts(three_markets: Any) -> None:
    market = Market.objects.get(code="m2")
    reading(market, three_markets.town.commodity, 13_000, at(12, hour=9))

    assert "Rp 13.000 Pasar 2" in told("harga", "2026-11-12")


@pytest.mark.usefixtures("three_markets")
def test_a_day_is_that_of_the_city_and_a_week_ends_on_sunday() -> None:
    late = datetime(2026, 11, 15, 17, tzinfo=UTC)  # Monday 01.00 in Kupang
    reading(Market.objects.get(code="m0"), Commodity.objects.get(), 99_000, late)

    assert "Rp 99.000" in told("harga", "2026-11-16")
    assert "Rp 99.000" not in told("harga", WEEK)
    assert "9 Nov 2026 – 15 Nov 2026" in told("harga", WEEK)


# -- the trash week


def moved(report: Any, to: str, when: datetime) -> None:
    TrashReportMove.objects.create(record=report, from_status="", to_status=to, at=when)
    type(report).objects.filter(pk=report.pk).update(status=to)


@pytest.fixture
def busy_week(cast: Any) -> Any:
    """Three came in, one was done after two days, one after the week; a rejected one is nothing."""
    cast.town.report.moves.all().delete()
    west = cast.town.kelurahan["Barat Daya"]
    for one in (cast.town.report, cast.town.other_report, cast.town.rejected_report):
        type(one).objects.filter(pk=one.pk).update(received_at=at(30))
    reports = [trash_report(west, received_at=at(10), observed_at=at(10)) for _ in range(3)]
    moved(reports[0], "resolved", at(12))
    moved(reports[1], "resolved", at(17))
    rejected = trash_report(west, received_at=at(11), observed_at=at(11))
    moved(rejected, "rejected", at(12))
    return cast


@pytest.mark.usefixtures("busy_week")
def test_a_week_is_told_as_it_stood_at_its_end() -> None:
    html = told("sampah", WEEK)

    assert "3 laporan masuk 1 selesai dibersihkan 2 masih terbuka 2 hari sampai selesai" in html
    assert "Barat Daya 3 1 2 2" in html
    assert "Tenggara 0 0 0 –" in html, "who has none is told of"


@pytest.mark.usefixtures("busy_week")
def test_open_reports_close_together_are_a_hot_spot(cast: Any) -> None:
    assert "Tidak ada tempat dengan tiga laporan" in told("sampah", WEEK)
    area = cast.town.kelurahan["Barat Daya"]
    trash_report(area, received_at=at(10), geom=Point(123.57, -10.20, srid=4326))
    for step in range(2):
        spot = Point(123.57 + step / 100_000, -10.20, srid=4326)
        trash_report(area, received_at=at(10), geom=spot)

    assert "-10.20000, 123.57" in told("sampah", WEEK)


# -- stunting


def test_only_released_figures_are_told_and_the_hidden_stay_hidden(cast: Any) -> None:
    html = told("stunting", "2026-08")

    assert "Barat Laut Barat 20 % 12 60 –" in html
    assert "Timur Laut Timur disembunyikan" in html
    assert "1 kelurahan diumumkan dari 2" in html
    assert "kurang dari 10 balita" in html
    assert "21,3" not in html
    with pytest.raises(CommandError, match="belum dirilis"):
        call_command("make_document", "stunting", period="2026-11")


def test_the_change_is_of_those_told_of_both_times(cast: Any) -> None:
    areas, who = cast.town.kelurahan, cast.officer
    may = date(2026, 5, 1)
    for name, stunted in (("Barat Laut", 15), ("Timur Laut", 30)):
        Prevalence.objects.create(
            kelurahan=areas[name], month=may, measured=60, stunted=stunted, hidden=False,
            rate=round(100 * stunted / 60, 1), released_at=NOON - timedelta(90), released_by=who,
        )  # fmt: skip

    html = told("stunting", "2026-08")

    assert "−5 poin persen sejak Mei 2026, di 1 kelurahan" in html
    assert "Barat Laut Barat 20 % 12 60 −5" in html
    assert "Timur Laut Timur disembunyikan" in html


# -- dossiers


def test_a_public_dossier_tells_the_register_and_no_person(cast: Any, client: Client) -> None:
    number = cast.town.application.number
    response = client.get("/documents/permohonan.html", {"number": number})
    html = response.content.decode()

    assert response.status_code == 200
    assert "Toko kelontong" in text_of(html)
    assert re.search(r"R-2 Perumahan Rencana uji [\d.]+ m² 100 %", text_of(html))
    assert SECRET not in html
    assert "Bukti pemeriksaan" not in html
    assert f'filename="Berkas-{number}.html"' in response["Content-Disposition"]


def test_what_the_register_does_not_tell_has_no_dossier(cast: Any, browser_of: Any) -> None:
    hidden = cast.town.returned_application.number
    for who in (cast.citizen, cast.officer, cast.planner):
        there = browser_of(who).get("/documents/permohonan.html", {"number": hidden})
        nowhere = browser_of(who).get("/documents/permohonan.html", {"number": "KKPR-1"})
        assert there.status_code == nowhere.status_code == 404


def test_the_evidence_is_for_officials_and_never_kept(cast: Any, browser_of: Any) -> None:
    checked(cast.town.returned_application)
    asked = {"number": cast.town.returned_application.number, "for": "official"}
    for who in (cast.citizen, cast.officer, cast.walidata, cast.administrator):
        assert browser_of(who).get("/documents/permohonan.html", asked).status_code == 404

    response = browser_of(cast.planner).get("/documents/permohonan.html", asked)

    assert "Bukti pemeriksaan" in response.content.decode()
    assert SECRET not in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"
    assert not MadeDocument.kept.exists()


# -- kept once for each state


def aged() -> None:
    MadeDocument.kept.update(looked_at=timezone.now() - timedelta(hours=1))


@pytest.mark.usefixtures("three_markets")
def test_a_bulletin_is_made_anew_only_when_its_data_changed() -> None:
    document = DOCUMENTS["harga"]
    first = shelf.recent(document, "2026-11-12")
    aged()
    assert shelf.recent(document, "2026-11-12") == first

    PriceReading.objects.filter(price=16_000).update(price=16_500)
    aged()
    second = shelf.recent(document, "2026-11-12")

    assert b"Rp 16.500" in second.html
    assert MadeDocument.kept.count() == 1


def test_what_is_no_longer_public_is_no_longer_handed_out(cast: Any, client: Client) -> None:
    asked = {"number": cast.town.application.number}
    assert client.get("/documents/permohonan.html", asked).status_code == 200
    Application.objects.filter(pk=cast.town.application.pk).update(
        status="withdrawn", decided_on=None
    )
    aged()

    assert client.get("/documents/permohonan.html", asked).status_code == 404
    assert not MadeDocument.kept.exists()


@pytest.mark.usefixtures("three_markets")
def test_a_file_that_was_damaged_is_made_anew() -> None:
    whole = shelf.recent(DOCUMENTS["harga"], "2026-11-12").html
    file = Path(settings.MEDIA_ROOT) / MadeDocument.kept.get().path
    file.write_bytes(whole[:1000])

    again = shelf.recent(DOCUMENTS["harga"], "2026-11-12").html

    assert text_of(again.decode()).partition("Dibuat")[0] in text_of(whole.decode())
    assert file.stat().st_size == len(again)


@pytest.mark.usefixtures("three_markets")
def test_a_disk_that_is_full_keeps_nobody_from_the_document(monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shelf, "_put", full)

    assert b"Rp 12.000" in shelf.recent(DOCUMENTS["harga"], "2026-11-12").html


@pytest.mark.usefixtures("three_markets")
def test_tidying_takes_what_a_crash_left_and_what_nobody_asks_for() -> None:
    shelf.recent(DOCUMENTS["harga"], "2026-11-12")
    kept = Path(settings.MEDIA_ROOT) / MadeDocument.kept.get().path
    litter = kept.with_name("9-left.html.123")
    litter.write_text("half")
    for file in (kept, litter):
        os.utime(file, (0, 0))

    shelf.tidy(timezone.now())
    assert (kept.exists(), litter.exists()) == (True, False)
    shelf.tidy(timezone.now() + timedelta(days=100))
    assert not kept.exists()


# -- the addresses


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("harga.html?period=2026-13-01", 400),
        ("harga.html?period=kemarin", 400),
        ("harga.html?period=", 400),
        ("harga.html?period=2026-11-12&period=2026-11-13", 400),
        ("harga.html?periode=2026-11-12", 400),
        ("harga.html?lang=jv", 400),
        ("harga.html?period=1999-W01", 400),
        ("harga.html?period=2031-01-01", 404),
        ("sampah.html?period=2026-W54", 400),
        ("sampah.html?period=2026-11-12", 400),
        ("stunting.html?period=2026-00", 400),
        ("stunting.html?period=2026-01", 404),
        ("permohonan.html", 400),
        ("permohonan.html?number=%00", 400),
        ("permohonan.html?number=KKPR-2026-0001&for=me", 400),
        ("kota.html?period=2026-11-12", 400),
        ("lain.html", 404),
    ],
)
@pytest.mark.usefixtures("cast")
def test_what_cannot_be_read_is_told_so(client: Client, path: str, status: int) -> None:
    response = client.get(f"/documents/{path}", headers={"Accept-Language": "id"})

    assert response.status_code == status
    assert "Semua dokumen" in response.content.decode()


@pytest.mark.parametrize("name", ["harga", "sampah", "stunting"])
def test_without_data_a_bulletin_is_not_there_and_the_list_says_so(
    client: Client, name: str
) -> None:
    assert client.get(f"/documents/{name}.html").status_code == 404
    assert client.get("/documents/").status_code == 200


@pytest.mark.usefixtures("three_markets")
def test_what_is_ready_does_not_wait_and_what_is_not_waits_for_a_while_only(
    client: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr(shelf, "PATIENCE", 0.01)
    ready, other = ({"period": "2026-11-12", "lang": one} for one in ("id", "en"))
    assert client.get("/documents/harga.html", ready).status_code == 200
    with shelf._making:
        assert client.get("/documents/harga.html", ready).status_code == 200
        refused = client.get("/documents/harga.html", other)
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert client.get("/documents/harga.html", other).status_code == 200


@pytest.mark.usefixtures("three_markets")
def test_where_nothing_is_to_be_told_any_more_nothing_stays_kept(client: Client) -> None:
    asked = {"period": "2026-11-12"}
    assert client.get("/documents/harga.html", asked).status_code == 200
    PriceReading.objects.all().delete()
    aged()
    assert client.get("/documents/harga.html", asked).status_code == 404
    assert not MadeDocument.kept.exists()


def test_a_dossier_takes_no_room_on_the_disk(cast: Any, client: Client) -> None:
    number = cast.town.application.number
    assert client.get("/documents/permohonan.html", {"number": number}).status_code == 200
    assert not MadeDocument.kept.exists()


@pytest.mark.usefixtures("three_markets")
def test_the_name_of_the_file_is_fit_for_a_chat(client: Client) -> None:
    asked = {"period": "2026-11-12", "save": "1", "lang": "en"}
    response = client.get("/documents/harga.html", asked)

    named = 'attachment; filename="Buletin-Harga-2026-11-12-en.html"'
    assert response["Content-Disposition"] == named
    assert '<html lang="en">' in response.content.decode()
