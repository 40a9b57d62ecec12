"""Files that offices hand in: kept, tried out, published by somebody else, taken back."""

from __future__ import annotations

import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.gis.geos import Point
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from shapely.geometry import box, mapping

from layers.base import Layer, Refused
from layers.catalog.boundaries import Area, settle
from layers.catalog.markets.places import Commodity, Market
from layers.catalog.markets.prices import PriceReading
from layers.catalog.zoning.overlays import OverlayArea
from layers.catalog.zoning.plans import Plan, SubZone, Zone
from layers.catalog.zoning.provisions import MappedKind
from layers.permissions import Duty, Role
from layers.provenance import Load, demo_layer_ids, last_updated
from layers.registry import LAYERS
from layers.uploads import arrivals, check, publication, records
from layers.uploads.changes import rows_of
from layers.uploads.records import Status, Upload, UploadMove
from tests import factories

pytestmark = pytest.mark.django_db

MARKETS = LAYERS["markets"]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def official(name: str, role: Role, *themes: str) -> User:
    user = User.objects.create(username=name)
    Duty.objects.create(user=user, role=role, themes=list(themes))
    return user


@pytest.fixture
def producer(db: None) -> User:
    return official("produsen", Role.PRODUCER, "markets", "boundaries", "zoning")


@pytest.fixture
def walidata(db: None) -> User:
    return official("walidata", Role.WALIDATA)


@pytest.fixture
def markets(db: None) -> None:
    """Two markets that are there, in a small city."""
    factories.boundaries()
    for code, name, lon in (("oeba", "Pasar Oeba", 123.59), ("kasih", "Pasar Kasih", 123.61)):
        Market.objects.create(code=code, name=name, geom=Point(lon, -10.19, srid=4326))
    settle()


def kept(name: str) -> bytes:
    with default_storage.open(name) as file:
        return file.read()


def point(lon: float, lat: float = -10.19, **properties: Any) -> dict[str, Any]:
    shape = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": shape, "properties": properties}


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


# Oeba is called otherwise and lies elsewhere, Kasih is as it was, Penfui is new.
FILE = collection(
    point(123.595, kode="oeba", nama="Pasar Ikan Oeba"),
    point(123.61, kode="kasih", nama="Pasar Kasih"),
    point(123.62, kode="penfui", nama="Pasar Penfui"),
)


def handed_in(
    by: User, content: bytes = FILE, name: str = "pasar.geojson", layer: Layer = MARKETS
) -> Upload:
    file: File = ContentFile(content, name=name)
    return arrivals.receive(layer=layer, file=file, name=name, by=by)


def checked(by: User, *given: Any, options: dict[str, Any] | None = None, **more: Any) -> Upload:
    return check.check(upload=handed_in(by, *given, **more), by=by, options=options)


def submitted(by: User, *given: Any, **more: Any) -> Upload:
    upload = checked(by, *given, **more)
    publication.submit(upload=upload, by=by)
    return Upload.objects.get(pk=upload.pk)


def publish(upload: Upload, by: User) -> Upload:
    publication.publish(upload=upload, by=by, seen=upload.digest)
    return Upload.objects.get(pk=upload.pk)


def counts(upload: Upload) -> dict[str, int]:
    names = ("inserted", "updated", "unchanged", "removed", "kept")
    return {name: upload.report[name] for name in names}


def why(refused: pytest.ExceptionInfo[Refused]) -> str:
    return " ".join(refused.value.reasons.values())


class TestHandingIn:
    def test_a_file_is_kept_byte_by_byte_before_anything_is_made_of_it(
        self, producer: User
    ) -> None:
        upload = handed_in(producer, b"not a map at all")
        assert kept(upload.file) == b"not a map at all"
        assert (upload.status, [move.to_status for move in upload.moves.all()]) == (
            Status.RECEIVED,
            [Status.RECEIVED],
        )

    def test_the_same_file_while_it_is_worked_on_is_the_same_upload(self, producer: User) -> None:
        first = handed_in(producer)
        assert handed_in(producer, name="salinan.geojson") == first
        assert Upload.objects.count() == 1

    def test_a_withdrawn_file_may_come_again(self, producer: User) -> None:
        first = handed_in(producer)
        publication.withdraw(upload=first, by=producer)
        assert handed_in(producer) != first

    def test_two_open_uploads_of_one_file_cannot_stand_in_the_database(
        self, producer: User
    ) -> None:
        upload = handed_in(producer)
        upload.pk, upload.key = None, "7c1f0f7a-4f3a-4a43-9a2b-0d6a1c1c9f11"
        with pytest.raises(IntegrityError), transaction.atomic():
            upload.save(force_insert=True)

    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("pasar.exe", b"MZ", "Jenis berkas"),
            ("pasar", b"{}", "Jenis berkas"),
            ("pasar.geojson", b"", "kosong"),
            ("pasar.geojson", b"x" * 2001, "lebih besar"),
        ],
    )
    def test_what_cannot_be_a_map_is_told_at_once(
        self, producer: User, settings: Any, name: str, content: bytes, told: str
    ) -> None:
        settings.UPLOAD_BYTES = 2000
        with pytest.raises(Refused) as refused:
            handed_in(producer, content, name)
        assert told in why(refused)

    def test_a_path_in_a_name_leads_nowhere(self, producer: User) -> None:
        upload = handed_in(producer, FILE, "../../etc/x\x00\n.geojson")
        assert upload.name == "x.geojson"
        assert upload.file == f"uploads/{upload.key}/berkas.geojson"

    @pytest.mark.parametrize(
        "role", sorted(set(Role) - {Role.PRODUCER, Role.HEALTH, Role.WALIDATA})
    )
    def test_only_producers_and_walidata_hand_in(self, role: Role) -> None:
        with pytest.raises(Refused):
            handed_in(official("lain", role))

    def test_a_producer_of_another_theme_neither_hands_in_nor_sees(self, producer: User) -> None:
        upload = handed_in(producer)
        other = official("kesehatan", Role.PRODUCER, "puskesmas")
        with pytest.raises(Refused):
            handed_in(other)
        assert records.find(other, upload.key) is None
        assert records.find(producer, upload.key) == upload

    def test_a_layer_that_takes_no_files_takes_none_from_anybody(self, walidata: User) -> None:
        with pytest.raises(Refused):
            handed_in(walidata, layer=LAYERS["trash-reports"])


class TestChecking:
    def test_it_says_what_would_be_new_changed_and_the_same_and_changes_nothing(
        self, markets: None, producer: User
    ) -> None:
        before = rows_of([Market])
        upload = checked(producer)
        assert upload.status == Status.CHECKED
        assert counts(upload) == {
            "inserted": 1, "updated": 1, "unchanged": 1, "removed": 0, "kept": 0,
        }  # fmt: skip
        assert rows_of([Market]) == before
        assert not Load.objects.exists()

    def test_the_map_gets_each_changed_row_and_where_it_was(
        self, markets: None, producer: User
    ) -> None:
        upload = checked(producer)
        drawn = json.loads(kept(upload.changes))
        told = [(f["properties"]["kind"], f["geometry"]["coordinates"]) for f in drawn["features"]]
        assert told == [
            ("changed", [123.595, -10.19]),
            ("was", [123.59, -10.19]),
            ("new", [123.62, -10.19]),
        ]
        assert ["Nama", "Pasar Oeba", "Pasar Ikan Oeba"] in drawn["features"][0]["properties"][
            "fields"
        ]

    def test_a_column_with_another_name_is_chosen(self, markets: None, producer: User) -> None:
        content = collection(point(123.62, nomor="penfui", nama="Pasar Penfui"))
        upload = checked(producer, content)
        assert upload.status == Status.FAILED
        assert "Kode" in upload.trouble
        assert upload.columns == ["nomor", "nama"]
        check.check(upload=upload, by=producer, options={"columns": {"code": "nomor"}})
        assert (upload.status, upload.trouble, upload.report["inserted"]) == (Status.CHECKED, "", 1)

    def test_a_refused_row_is_told_with_its_reason_and_does_not_stop_the_rest(
        self, markets: None, producer: User
    ) -> None:
        content = collection(point(123.62, kode="penfui", nama="Pasar Penfui"),
                             point(3.0, kode="jauh", nama="Pasar Jauh"))  # fmt: skip
        report = checked(producer, content).report
        assert report["inserted"] == 1
        assert report["refused"]["rows"][0]["row"] == 2
        assert "Di luar Indonesia" in report["refused"]["rows"][0]["reasons"]["geom"]

    def test_a_csv_with_commas_as_decimals_is_read(self, markets: None, producer: User) -> None:
        content = b"kode;nama;bujur;lintang\npenfui;Pasar Penfui;123,62;-10,2\n"
        upload = checked(producer, content, "pasar.csv")
        assert (upload.status, upload.report["inserted"]) == (Status.CHECKED, 1)

    def test_a_csv_in_metres_asks_for_its_coordinate_system(
        self, markets: None, producer: User
    ) -> None:
        content = b"kode,nama,x,y\npenfui,Pasar Penfui,567000,8872000\n"
        upload = checked(producer, content, "pasar.csv")
        assert upload.status == Status.FAILED
        assert "EPSG" in upload.trouble
        check.check(upload=upload, by=producer, options={"crs": "32751"})
        assert upload.status == Status.CHECKED

    def test_a_csv_without_coordinates_is_told_which_headings_it_needs(
        self, producer: User
    ) -> None:
        upload = checked(producer, b"kode,nama\npenfui,Pasar Penfui\n", "pasar.csv")
        assert "bujur" in upload.trouble

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.json", b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd'
                       b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"),
            ("a.geojson", b"/vsicurl/http://127.0.0.1:1/a.geojson"),
            ("a.gpkg", b"SQLite format 3\x00" + b"\x00" * 400),
            ("a.kml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
                      b"<kml><Document><name>&b;</name></Document></kml>"),
            ("a.zip", b"PK\x03\x04 and then nothing"),
            ("a.xlsx", b"PK\x03\x04 and then nothing"),
            ("a.geojson", b'{"type":"FeatureCollection","features":[]}'),
            ("a.geojson", b"[" * 100_000),
        ],
    )  # fmt: skip
    def test_a_hostile_or_broken_file_is_kept_and_told_and_reads_nothing_else(
        self, producer: User, name: str, content: bytes
    ) -> None:
        upload = checked(producer, content, name)
        assert upload.status == Status.FAILED
        assert upload.trouble
        assert "root:" not in json.dumps([upload.trouble, upload.report, upload.columns])

    def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(
        self, producer: User, tmp_path: Path
    ) -> None:
        bomb = tmp_path / "bomb.zip"
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(501):
                archive.writestr(f"a{number}.geojson", b"{}")
        upload = checked(producer, bomb.read_bytes(), "a.zip")
        assert "terlalu besar" in upload.trouble

    def test_a_file_that_changed_in_the_store_is_not_read(
        self, markets: None, producer: User
    ) -> None:
        upload = handed_in(producer)
        Path(default_storage.path(upload.file)).write_bytes(FILE + b" ")
        with pytest.raises(Refused) as refused:
            check.check(upload=upload, by=producer)
        assert "berbeda" in why(refused)

    @pytest.mark.parametrize("content", [
        b"ko\x00de,name,bujur,lintang\nM1,Pasar,123.6,-10.1\n",
        "kode\tnama\tbujur\tlintang\nM1\tPasar\t123.6\t-10.1\n".encode("utf-16"),
    ])  # fmt: skip
    def test_a_table_in_another_alphabet_is_told(self, producer: User, content: bytes) -> None:
        upload = checked(producer, content, "pasar.csv")
        assert upload.status == Status.FAILED
        assert "UTF-8" in upload.trouble

    def test_a_file_that_breaks_its_check_does_not_stop_those_behind_it(
        self, markets: None, producer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = handed_in(producer, collection(point(123.6, kode="a", nama="A")))
        second = handed_in(producer)
        read = check.read

        def breaks(upload: Upload, told: dict[str, Any]) -> Any:
            if upload.pk == first.pk:
                raise RuntimeError
            return read(upload, told)

        monkeypatch.setattr(check, "read", breaks)
        assert check.check_waiting() == 1
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, second.status) == (Status.FAILED, Status.CHECKED)
        assert "rusak" in first.trouble
        assert check.check_waiting() == 0


class TestPublishing:
    def test_another_person_publishes_exactly_what_was_checked(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = publish(submitted(producer), walidata)
        rows = dict(Market.objects.values_list("code", "name"))
        assert rows == {
            "oeba": "Pasar Ikan Oeba", "kasih": "Pasar Kasih", "penfui": "Pasar Penfui",
        }  # fmt: skip
        assert Market.objects.get(code="penfui").kelurahan is not None
        assert (upload.load.source, upload.load.loaded_by) == ("pasar.geojson", walidata)
        assert last_updated(MARKETS, walidata) == upload.load.loaded_at

    def test_who_uploaded_does_not_publish(self, markets: None, walidata: User) -> None:
        upload = submitted(walidata)
        with pytest.raises(Refused) as refused:
            publish(upload, walidata)
        assert "walidata lain" in why(refused)
        assert Market.objects.count() == 2

    def test_who_publishes_does_not_say_alone_what_the_columns_mean(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = submitted(producer)
        seen = upload.digest
        with pytest.raises(Refused) as refused:
            check.check(upload=upload, by=walidata, options={"columns": {"name": "kode"}})
        assert "kembalikan dahulu" in why(refused)
        assert Upload.objects.get(pk=upload.pk).digest == seen

    def test_a_producer_does_not_publish_what_a_colleague_uploaded(
        self, markets: None, producer: User
    ) -> None:
        colleague = official("rekan", Role.PRODUCER, "markets")
        with pytest.raises(Refused):
            publish(submitted(producer), colleague)

    def test_what_changes_nothing_is_not_submitted(self, markets: None, producer: User) -> None:
        upload = checked(producer, collection(point(123.61, kode="kasih", nama="Pasar Kasih")))
        with pytest.raises(Refused) as refused:
            publication.submit(upload=upload, by=producer)
        assert "tidak ada yang perlu" in why(refused)

    def test_the_second_of_two_tabs_is_told(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = submitted(producer)
        publish(upload, walidata)
        with pytest.raises(Refused) as refused:
            publish(upload, walidata)
        assert "terbit" in why(refused)
        assert Load.objects.count() == 1

    def test_a_report_that_is_stale_is_not_published_until_it_is_checked_again(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = submitted(producer)
        Market.objects.filter(code="oeba").update(manager="PD Pasar")
        with pytest.raises(Refused) as refused:
            publish(upload, walidata)
        assert "Periksa lagi" in why(refused)
        assert not Market.objects.filter(code="penfui").exists()
        check.check(upload=upload, by=walidata)
        assert upload.status == Status.SUBMITTED
        assert publish(upload, walidata).status == Status.PUBLISHED

    def test_what_changed_beside_the_file_does_not_make_it_stale(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = submitted(producer)
        Market.objects.create(code="lain", name="Pasar Lain", geom=Point(123.58, -10.21, srid=4326))
        settle()
        assert publish(upload, walidata).status == Status.PUBLISHED

    def test_what_was_looked_at_is_what_is_published(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = submitted(producer)
        with pytest.raises(Refused) as refused:
            publication.publish(upload=upload, by=walidata, seen="0" * 64)
        assert "muat ulang" in why(refused)

    def test_a_crash_on_the_way_leaves_nothing(
        self, markets: None, producer: User, walidata: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload, before = submitted(producer), rows_of([Market])

        def crash(*_: Any) -> bytes:
            raise OSError("disk full")

        monkeypatch.setattr(publication, "packed", crash)
        with pytest.raises(OSError, match="disk full"), transaction.atomic():
            publish(upload, walidata)
        assert rows_of([Market]) == before
        assert not Load.objects.exists()
        assert Upload.objects.get().status == Status.SUBMITTED

    def test_it_is_sent_back_with_a_reason_and_comes_again(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = submitted(producer)
        with pytest.raises(Refused):
            publication.send_back(upload=upload, by=walidata, reason=" ")
        publication.send_back(upload=upload, by=walidata, reason="Titik Oeba di laut.")
        assert upload.moves.last().reason == "Titik Oeba di laut."
        check.check(upload=upload, by=producer)
        publication.submit(upload=upload, by=producer)
        assert publish(upload, walidata).status == Status.PUBLISHED

    def test_history_is_only_appended(self, producer: User) -> None:
        handed_in(producer)
        with pytest.raises(IntegrityError), transaction.atomic():
            UploadMove.objects.update(reason="lain")

    def test_rows_that_the_whole_truth_does_not_hold_go(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        content = collection(point(123.61, kode="kasih", nama="Pasar Kasih"))
        upload = checked(producer, content, options={"complete": True})
        assert counts(upload)["removed"] == 1
        publication.submit(upload=upload, by=producer)
        publish(upload, walidata)
        assert list(Market.objects.values_list("code", flat=True)) == ["kasih"]


class TestTakingBack:
    def test_every_row_is_again_exactly_as_it_was(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        Market.objects.create(code="tua", name="Pasar Tua", geom=Point(123.58, -10.21, srid=4326))
        settle()
        before, boundaries = rows_of([Market]), rows_of([Area])
        upload = checked(producer, options={"complete": True})
        publication.submit(upload=upload, by=producer)
        upload = publish(upload, walidata)
        assert rows_of([Market]) != before
        publication.undo(upload=upload, by=walidata, reason="Salah berkas.")
        assert rows_of([Market]) == before
        assert rows_of([Area]) == boundaries

    def test_the_banner_and_the_freshness_go_back_too(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        Load.objects.create(layer_id="markets", source="demo", is_demo=True)
        before = last_updated(MARKETS, walidata)
        upload = publish(submitted(producer), walidata)
        assert "markets" not in demo_layer_ids()
        publication.undo(upload=upload, by=walidata, reason="Salah berkas.")
        assert "markets" in demo_layer_ids()
        assert last_updated(MARKETS, walidata) == before

    def test_rows_that_were_changed_since_are_named_and_nothing_is_undone(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = publish(submitted(producer), walidata)
        Market.objects.filter(code="oeba").update(manager="PD Pasar")
        with pytest.raises(Refused) as refused:
            publication.undo(upload=upload, by=walidata, reason="Salah berkas.")
        assert "oeba · Pasar Ikan Oeba" in why(refused)
        assert Market.objects.filter(code="penfui").exists()

    def test_a_new_row_that_others_use_by_now_stays(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        upload = publish(submitted(producer), walidata)
        rice = Commodity.objects.create(code="beras", name="Beras", group="Beras", unit="kg")
        PriceReading.objects.create(
            instance_id="7c1f0f7a-4f3a-4a43-9a2b-0d6a1c1c9f11",
            market=Market.objects.get(code="penfui"),
            commodity=rice,
            price=15000,
            observed_at=factories.NOON,
            by=producer,
        )
        with pytest.raises(Refused) as refused:
            publication.undo(upload=upload, by=walidata, reason="Salah berkas.")
        assert "catatan lain" in why(refused)
        assert PriceReading.objects.count() == 1
        assert Market.objects.get(code="oeba").name == "Pasar Ikan Oeba"

    def test_only_the_last_publication_of_a_layer_is_undone(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        first = publish(submitted(producer), walidata)
        later = collection(point(123.63, kode="baru", nama="Pasar Baru"))
        second = publish(submitted(producer, later, name="baru.geojson"), walidata)
        with pytest.raises(Refused) as refused:
            publication.undo(upload=first, by=walidata, reason="Salah.")
        assert "baru.geojson" in why(refused)
        publication.undo(upload=second, by=walidata, reason="Salah.")
        publication.undo(upload=first, by=walidata, reason="Salah.")
        assert set(Market.objects.values_list("code", flat=True)) == {"oeba", "kasih"}

    def test_it_is_undone_once(self, markets: None, producer: User, walidata: User) -> None:
        upload = publish(submitted(producer), walidata)
        publication.undo(upload=upload, by=walidata, reason="Salah.")
        with pytest.raises(Refused):
            publication.undo(upload=upload, by=walidata, reason="Salah.")

    def test_a_boundary_puts_back_what_lies_in_it(
        self, markets: None, producer: User, walidata: User
    ) -> None:
        kelurahan = LAYERS["kelurahan"]
        before = rows_of([Area, Market])
        shape = mapping(box(factories.WEST, factories.SOUTH, factories.EAST, factories.NORTH))
        whole = {"type": "Feature", "geometry": shape,
                 "properties": {"kode": "53.71.01.1001", "nama": "Seluruhnya"}}  # fmt: skip
        upload = publish(
            submitted(producer, collection(whole), name="batas.geojson", layer=kelurahan), walidata
        )
        publication.undo(upload=upload, by=walidata, reason="Salah.")
        assert rows_of([Area, Market]) == before


class TestPlans:
    @pytest.fixture
    def draft(self) -> Plan:
        factories.boundaries()
        return Plan.objects.create(code="RDTR-BARU", title="Rancangan", valid_from="2026-01-01")

    @staticmethod
    def zone(lon: float, code: str, **more: Any) -> dict[str, Any]:
        shape = mapping(box(lon, -10.2, lon + 0.01, -10.19))
        return {"type": "Feature", "geometry": shape, "properties": {"KODSZN": code} | more}

    def test_zones_go_into_a_draft_and_out_again_with_the_words_they_brought(
        self, draft: Plan, producer: User, walidata: User
    ) -> None:
        models = [Zone, SubZone, MappedKind]
        before = rows_of(models)
        content = collection(
            self.zone(123.58, "R-2", OBJECTID=1, KKOP_1="Kerucut"),
            self.zone(123.60, "K-1", OBJECTID=2),
        )
        options = {"constants": {"plan": draft.code}}
        upload = checked(producer, content, "zona.geojson", LAYERS["zones"], options=options)
        assert (upload.trouble, upload.report["inserted"]) == ("", 2)
        publication.submit(upload=upload, by=producer)
        upload = publish(upload, walidata)
        assert OverlayArea.objects.filter(plan=draft).count() == 1
        publication.undo(upload=upload, by=walidata, reason="Salah.")
        assert rows_of(models) == before
        assert not OverlayArea.objects.filter(plan=draft).exists()

    def test_a_plan_that_came_into_force_is_not_taken_back(
        self, draft: Plan, producer: User, walidata: User
    ) -> None:
        content = collection(self.zone(123.58, "R-2", OBJECTID=1))
        options = {"constants": {"plan": draft.code}}
        upload = checked(producer, content, "zona.geojson", LAYERS["zones"], options=options)
        publication.submit(upload=upload, by=producer)
        upload = publish(upload, walidata)
        Plan.objects.filter(pk=draft.pk).update(status="active")
        with pytest.raises(Refused) as refused:
            publication.undo(upload=upload, by=walidata, reason="Salah.")
        assert "Basis data" in why(refused)
        assert Zone.objects.count() == 1

    def test_a_plan_in_force_takes_no_file(self, draft: Plan, producer: User) -> None:
        Plan.objects.filter(pk=draft.pk).update(status="active")
        options = {"constants": {"plan": draft.code}}
        content = collection(self.zone(123.58, "R-2", OBJECTID=1))
        upload = checked(producer, content, "zona.geojson", LAYERS["zones"], options=options)
        assert upload.status == Status.FAILED
        assert "tidak berubah lagi" in json.dumps(upload.report)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_does(markets: None, producer: User, walidata: User) -> None:
    upload = submitted(producer)
    other = official("walidata-lain", Role.WALIDATA)
    told: list[str] = []

    def press(by: User) -> None:
        try:
            publication.publish(upload=Upload.objects.get(pk=upload.pk), by=by, seen=upload.digest)
            told.append("published")
        except Refused:
            told.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(by,)) for by in (walidata, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["published", "refused"]
    assert Load.objects.count() == 1
