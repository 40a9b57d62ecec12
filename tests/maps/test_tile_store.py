"""The stored tiles of the public: made once, right at every moment, and of nobody else."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import mapbox_vector_tile
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pmtiles.reader import Reader, all_tiles

from layers import tile_changes, tile_triggers
from layers.catalog.boundaries import Area
from layers.catalog.markets.places import Market
from layers.catalog.trash.reports import TrashReport
from layers.permissions import Role
from layers.registry import LAYERS
from layers.tile_changes import TileChange
from maps.tiles import address, archive, public, seeding, store, sweeper
from maps.tiles.store import ALL, EMPTY, Address
from tests.conftest import person
from tests.factories import CENTRE, NOON, boundaries
from tests.test_privacy import tile_at

NOBODY = AnonymousUser()
GONE = "0123456789.1"
committed = pytest.mark.django_db(transaction=True)
REPORTS = LAYERS["trash-reports"]
MARKETS = LAYERS["markets"]


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, settings: Any) -> Path:
    """A store of the test's own, that a sweeper has just seen."""
    folder = tmp_path / "tiles"
    settings.TILE_STORE = str(folder)
    public._known.clear()
    store.sign(time.time())
    return folder


def report(x: float = 0.0, **more: Any) -> TrashReport:
    place = Point(CENTRE.x + x, CENTRE.y, srid=4326)
    values = {"category": "overflow", "observed_at": NOON, "geom": place}
    return TrashReport.objects.create(instance_id=uuid4(), **(values | more))


def market() -> Market:
    return Market.objects.create(code="oeba", name="Pasar Oeba", geom=CENTRE)


def at(layer: Any, zoom: int = 14, x: float = 0.0, facet: str = ALL) -> Address:
    column, row = tile_at(CENTRE.x + x, CENTRE.y, zoom)
    return Address(layer.id, tile_changes.version(layer), facet, zoom, column, row)


def url(asked: Address) -> str:
    return (
        f"/tiles/{asked.layer_id}/{asked.version}/{asked.facet}/{asked.z}/{asked.x}/{asked.y}.mvt"
    )


def rows(content: bytes, layer: Any) -> list[dict[str, Any]]:
    found = mapbox_vector_tile.decode(content).get(layer.id, {})
    return [feature["properties"] for feature in found.get("features", [])]


# -- the address


@committed
def test_a_tile_is_made_once_and_then_read_without_the_database(
    client: Client, django_assert_num_queries: Any
) -> None:
    market()
    asked = at(MARKETS)
    first = client.get(url(asked))
    assert rows(first.content, MARKETS) == [{"code": "oeba", "name": "Pasar Oeba"}]
    assert asked.path.is_file()
    with django_assert_num_queries(0):
        again = client.get(url(asked))
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]


@committed
def test_an_edition_may_be_kept_for_good_and_a_live_tile_is_asked_for_anew(client: Client) -> None:
    market()
    report()
    for layer, cached in (
        (MARKETS, "public, max-age=31536000, immutable"),
        (REPORTS, "public, max-age=5"),
    ):
        for _ in range(2):
            answer = client.get(url(at(layer)))
            assert answer["Cache-Control"] == cached
            assert answer["Vary"] == "Accept-Encoding"
            assert answer["Access-Control-Allow-Origin"] == "*"
            assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
            assert not answer.cookies


@committed
def test_it_is_sent_as_it_is_stored_to_whoever_reads_gzip(client: Client) -> None:
    market()
    asked = at(MARKETS)
    plain = client.get(url(asked))
    packed = client.get(url(asked), headers={"Accept-Encoding": "br, gzip"})
    refused = client.get(url(asked), headers={"Accept-Encoding": "gzip;q=0"})
    assert packed["Content-Encoding"] == "gzip"
    assert packed.content == asked.path.read_bytes()
    assert gzip.decompress(packed.content) == plain.content == refused.content
    assert "Content-Encoding" not in refused
    head = client.head(url(asked))
    assert head["Content-Length"] == str(len(plain.content))
    assert not head.content


@committed
def test_an_unchanged_tile_is_not_sent_again(client: Client) -> None:
    report()
    asked = at(REPORTS)
    first = client.get(url(asked))
    for _ in range(2):
        same = client.get(url(asked), headers={"If-None-Match": first["ETag"]})
        assert same.status_code == 304
        assert not same.content
    report()
    sweeper.sweep()
    other = client.get(url(asked), headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200


@committed
def test_where_nothing_is_the_answer_is_empty_and_stored(client: Client) -> None:
    market()
    asked = at(MARKETS, x=1.0)
    assert client.get(url(asked)).status_code == 204
    assert gzip.decompress(asked.path.read_bytes()) == b""
    assert client.get(url(asked)).status_code == 204


@committed
def test_a_map_that_was_open_for_long_gets_the_edition_of_today(client: Client) -> None:
    market()
    old = at(MARKETS)
    Market.objects.update(name="Pasar Baru")
    moved = client.get(url(old))
    assert moved.status_code == 302
    assert moved["Cache-Control"] == "no-store"
    assert moved["Location"] == url(at(MARKETS))
    assert rows(client.get(moved["Location"]).content, MARKETS)[0]["name"] == "Pasar Baru"
    assert not old.path.exists()


@committed
def test_an_edition_that_is_still_to_come_is_not_stored(client: Client) -> None:
    market()
    asked = at(MARKETS)
    name, number = asked.version.split(".")
    assert client.get(url(asked).replace(number, str(int(number) + 1))).status_code == 404
    assert client.get(url(asked).replace(name, "0" * 10)).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/tiles/",
        "/tiles/no-such-layer/{v}/-/0/0/0.mvt",
        "/tiles/children/{v}/-/11/0/0.mvt",
        "/tiles/permit-parcels/{v}/-/12/0/0.mvt",
        "/tiles/markets/{v}/-/17/0/0.mvt",
        "/tiles/markets/{v}/-/3/8/0.mvt",
        "/tiles/markets/{v}/-/99/0/0.mvt",
        "/tiles/markets/{v}/-/3/99999999999/0.mvt",
        "/tiles/markets/{v}/-/3/-1/0.mvt",
        "/tiles/markets/{v}/no-facet/3/0/0.mvt",
        "/tiles/markets/{v}/../3/0/0.mvt",
        "/tiles/markets/{v}/%2e%2e/3/0/0.mvt",
        "/tiles/markets/..%2f..%2fsecret/-/3/0/0.mvt",
        "/tiles/markets/live/-/3/0/0.mvt",
        "/tiles/markets/{v}/-/3/0/0.mvt.gz",
        "/tiles/.swept",
        "/tiles/markets/{v}/-/٣/0/0.mvt",
        "/tiles/children.pmtiles",
        "/tiles/no-such-layer.pmtiles",
    ],
)
def test_any_other_address_is_not_found_and_leaves_no_file(
    client: Client, kept: Path, path: str
) -> None:
    answer = client.get(path.replace("{v}", tile_changes.version(MARKETS)))
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert not list(kept.glob("[!.]*/**/*.gz"))


@pytest.mark.django_db
def test_a_tile_can_only_be_read(client: Client) -> None:
    assert client.post(url(at(MARKETS))).status_code == 405


# -- who gets which


@pytest.mark.django_db
def test_who_sees_more_than_the_public_never_meets_the_store(cast: Any, browser_of: Any) -> None:
    for name, user in vars(cast).items():
        if name == "town":
            continue
        for layer in LAYERS.values():
            template = address(layer, user)
            rows_alike = set(layer.visible_to(user)) == set(layer.visible_to(NOBODY))
            if template.startswith("/tiles/"):
                assert tile_changes.is_public(layer)
                assert rows_alike
            else:
                assert template.startswith("/ogc/")
                assert name != "citizen" or not tile_changes.is_public(layer)


@committed
def test_nothing_restricted_comes_into_the_store(browser_of: Any, kept: Path) -> None:
    officer = person("officer", Role.OFFICER)
    report(description="RAHASIA", status="rejected")
    asked = at(REPORTS)
    column, row = asked.x, asked.y
    ogc = f"/ogc/collections/trash-reports/tiles/WebMercatorQuad/14/{row}/{column}"
    theirs = browser_of(officer).get(ogc)
    assert len(rows(theirs.content, REPORTS)) == 1
    assert "private" in theirs["Cache-Control"]
    assert not list(kept.glob("[!.]*"))
    assert browser_of(NOBODY).get(ogc).status_code == 204
    assert browser_of(officer).get(url(asked)).status_code == 204


def test_folders_of_facets_are_safe_and_never_shared() -> None:
    values = [
        "Beras",
        "beras",
        "BERAS",
        "../../etc",
        "a/b",
        "",
        "-",
        "x" * 300,
        "beras ",
        "ß",
        "日",
    ]
    slugs = [store.slug(value) for value in values]
    assert len(set(slugs)) == len(values)
    for slug in slugs:
        assert slug == slug.lower() != ALL
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(slug) <= 60


@pytest.mark.django_db
def test_each_value_of_a_facet_has_tiles_of_its_own(cast: Any, client: Client) -> None:
    prices = LAYERS["latest-prices"]
    template = address(prices, NOBODY, "Beras Medium I")
    column, row = tile_at(CENTRE.x, CENTRE.y, 14)
    found = client.get(template.format(z=14, x=column, y=row))
    assert [one["commodity"] for one in rows(found.content, prices)] == ["Beras Medium I"]
    emas = address(prices, NOBODY, "Emas").format(z=14, x=column, y=row)
    assert client.get(emas).status_code == 404


# -- changes


@committed
def test_a_change_removes_the_tiles_it_touches_and_no_other(client: Client) -> None:
    report()
    report(0.05)
    sweeper.sweep()
    store.sign(time.time())
    near, far = at(REPORTS, 16), at(REPORTS, 16, x=0.05)
    low = at(REPORTS, 8)
    for asked in (near, far, low):
        client.get(url(asked))
        assert asked.path.is_file()
    report()
    assert sweeper.sweep() > 0
    assert not near.path.exists()
    assert not low.path.exists()
    assert far.path.is_file()
    assert len(rows(client.get(url(near)).content, REPORTS)) == 2


@committed
def test_without_a_sweeper_no_live_tile_is_believed(client: Client) -> None:
    report()
    asked = at(REPORTS)
    client.get(url(asked))
    store.sign(time.time() - 60)
    report()
    assert len(rows(client.get(url(asked)).content, REPORTS)) == 2


@committed
def test_what_was_drawn_before_a_change_is_not_kept_after_its_sweep(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow one: it looked at the city, then a report came and was swept, then it wrote."""
    report()
    sweeper.sweep()
    asked, drawn = at(REPORTS), public.drawn

    def meanwhile() -> None:
        report()
        sweeper.sweep()
        connection.close()

    def slowly(*given: Any) -> Any:
        made = drawn(*given)
        other = threading.Thread(target=meanwhile)
        other.start()
        other.join()
        return made

    monkeypatch.setattr(public, "drawn", slowly)
    assert len(rows(client.get(url(asked)).content, REPORTS)) == 1
    assert not asked.path.exists()
    monkeypatch.setattr(public, "drawn", drawn)
    assert len(rows(client.get(url(asked)).content, REPORTS)) == 2
    assert asked.path.exists()


@committed
def test_a_change_that_is_not_committed_is_not_swept_and_not_lost(client: Client) -> None:
    report()
    sweeper.sweep()
    begun, commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        from django.db import transaction

        with transaction.atomic():
            report()
            begun.set()
            commit.wait(20)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    begun.wait(20)
    assert sweeper.sweep() == 0
    asked = at(REPORTS)
    assert len(rows(client.get(url(asked)).content, REPORTS)) == 1
    commit.set()
    writer.join()
    assert sweeper.sweep() > 0
    assert len(rows(client.get(url(asked)).content, REPORTS)) == 2


@committed
def test_a_sweeper_that_is_killed_loses_nothing(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report()
    there = TileChange.objects.filter(swept=None).count()
    monkeypatch.setattr(tile_changes, "settle", lambda changes: 1 / 0)
    (kept / ".swept").unlink()
    sweeper.sweep()
    assert not store.trusted()
    monkeypatch.undo()
    assert TileChange.objects.filter(swept=None).count() == there > 0
    assert sweeper.sweep() == there


@committed
def test_while_writes_are_not_told_of_no_live_tile_is_believed(kept: Path) -> None:
    """Between a migration's beginning and its end, or after one that failed."""
    sweeper.sweep()
    assert store.trusted()
    (kept / ".swept").unlink()
    tile_triggers.remove()
    try:
        sweeper.sweep()
        assert not store.trusted()
    finally:
        tile_triggers.install()
    sweeper.sweep()
    assert store.trusted()


@committed
def test_two_sweepers_do_no_harm(kept: Path) -> None:
    report()
    (kept / ".swept").unlink()
    with tile_changes.sweeping() as mine, ThreadPoolExecutor(1) as other:
        assert mine

        def second() -> int:
            try:
                return sweeper.sweep()
            finally:
                connection.close()

        assert other.submit(second).result() == 0
        assert not store.trusted(), "it has not seen what the first one does"
    assert sweeper.sweep() > 0
    assert store.trusted()


@committed
def test_a_new_edition_has_new_tiles_at_once_and_old_ones_go_later(client: Client) -> None:
    market()
    old = at(MARKETS)
    client.get(url(old))
    Market.objects.update(name="Pasar Baru")
    new = at(MARKETS)
    assert new.version != old.version
    assert rows(client.get(url(new)).content, MARKETS)[0]["name"] == "Pasar Baru"
    chores = sweeper.Chores()
    chores.remove_outdated(0.0)
    assert old.path.exists(), "a map may still be open with it"
    chores.remove_outdated(sweeper.GRACE + 1)
    assert not old.path.exists()
    assert new.path.exists()


@pytest.mark.django_db
def test_what_is_public_no_more_goes_at_once(kept: Path) -> None:
    store.write(Address("children", GONE, ALL, 3, 1, 1), EMPTY)
    sweeper.Chores().remove_outdated(0.0)
    assert not (kept / "children" / GONE).exists()


@committed
def test_sweeping_goes_on_by_itself_until_it_is_told_to_stop(client: Client) -> None:
    report()
    stop = threading.Event()
    running = threading.Thread(target=sweeper.run, args=[stop])
    running.start()
    try:
        asked = at(REPORTS)
        client.get(url(asked))
        report()
        end = time.monotonic() + 20
        while len(rows(client.get(url(asked)).content, REPORTS)) < 2:
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        stop.set()
        running.join(20)
    assert not running.is_alive()


@committed
def test_changes_that_were_swept_are_forgotten_in_time() -> None:
    report()
    sweeper.sweep()
    tile_changes.purge()
    assert TileChange.objects.exists(), "a tile that is being made may ask for it"
    TileChange.objects.update(swept="2020-01-01T00:00Z")
    tile_changes.purge()
    assert not TileChange.objects.exists()


def test_bounds_that_lie_together_are_swept_together() -> None:
    near, far = (1.0, 1.0, 2.0, 2.0), (9e6, 1.0, 9e6, 2.0)
    assert sweeper.merged([near, (3.0, 3.0, 4.0, 4.0), far]) == [(1.0, 1.0, 4.0, 4.0), far]
    assert sweeper.merged([near, None]) == [None]
    assert sweeper.merged([(float("inf"), 1.0, 2.0, 2.0)]) == [None]


# -- many at once, and mishaps


@committed
def test_a_storm_makes_a_tile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    market()
    asked, drawn, made = at(MARKETS), public.drawn, []

    def counted(*given: Any) -> Any:
        made.append(given)
        time.sleep(0.2)
        return drawn(*given)

    monkeypatch.setattr(public, "drawn", counted)

    def ask(_: int) -> bytes:
        try:
            return Client().get(url(asked)).content
        finally:
            connection.close()

    with ThreadPoolExecutor(40) as crowd:
        answers = set(crowd.map(ask, range(200)))
    assert len(answers) == 1
    assert len(made) == 1


@committed
def test_another_process_is_waited_for_too(kept: Path) -> None:
    market()
    asked = at(MARKETS)
    with store.alone(asked) as mine:
        assert mine
        (lock,) = (kept / ".locks").iterdir()
    holder = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import fcntl, sys\n"
            "held = open(sys.argv[1], 'a'); fcntl.flock(held, fcntl.LOCK_EX)\n"
            "print('held', flush=True); sys.stdin.read()",
            str(lock),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout
        assert holder.stdin
        holder.stdout.readline()
        with ThreadPoolExecutor(1) as other:

            def wait() -> bool:
                with store.alone(asked) as mine:
                    return mine

            waiting = other.submit(wait)
            time.sleep(0.2)
            assert not waiting.done()
            holder.stdin.close()
            assert waiting.result(timeout=10)


@committed
def test_a_full_disk_does_not_keep_anybody_from_their_tile(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    market()
    (tmp_path / "file").write_text("in the way")
    settings.TILE_STORE = str(tmp_path / "file" / "tiles")
    assert rows(client.get(url(at(MARKETS))).content, MARKETS)


@committed
def test_without_a_store_tiles_are_drawn_all_the_same(client: Client, settings: Any) -> None:
    settings.TILE_STORE = ""
    market()
    assert rows(client.get(url(at(MARKETS))).content, MARKETS)
    sweeper.sweep()
    sweeper.Chores().do()


def test_what_a_crash_left_half_written_is_never_read_and_goes(kept: Path) -> None:
    asked = Address("markets", GONE, ALL, 3, 1, 1)
    left = kept / ".tmp" / "1-abc"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    assert store.read(asked) is None
    store.clear_litter()
    assert left.exists(), "somebody may be writing it"
    os.utime(left, (0, 0))
    store.clear_litter()
    assert not left.exists()


def test_a_file_can_be_read_by_a_web_server(kept: Path) -> None:
    asked = Address("markets", GONE, ALL, 3, 1, 1)
    assert store.write(asked, EMPTY)
    assert asked.path.stat().st_mode & 0o044 == 0o044


@pytest.mark.django_db
def test_the_store_stays_within_its_bounds(kept: Path) -> None:
    standing = tile_changes.version(MARKETS)
    for version in (GONE, standing):
        for zoom in (3, 12):
            store.write(Address("markets", version, ALL, zoom, 1, 1), b"x" * 1000)
    sweeper.keep_within(4000)
    assert len(list(kept.glob("markets/*/-/*"))) == 4
    sweeper.keep_within(2500)
    assert not list(kept.glob(f"markets/{GONE}/-/*")), "what is outdated goes first"
    sweeper.keep_within(1500)
    assert [zoom.name for zoom in kept.glob("markets/*/-/*")] == ["3"]


# -- before anybody asks


@committed
def test_seeding_makes_what_is_missing_and_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boundaries()
    call_command("seed_tiles", "kelurahan", "markets", zooms="10-13", workers=2)
    layer = LAYERS["kelurahan"]
    expected = at(layer, 13)
    stored = store.folder_of(layer.id, expected.version)
    assert expected.path.is_file()
    assert {zoom.name for zoom in stored.glob("-/*")} == {"10", "11", "12", "13"}
    made = []
    monkeypatch.setattr(public, "drawn", lambda *given: made.append(given))
    expected.path.unlink()
    with pytest.raises(AttributeError):  # what our stand-in gives is no tile
        list(seeding.seed(layer, range(10, 14), workers=0))
    assert [(given[1].z, given[1].x, given[1].y) for given in made] == [
        (13, expected.x, expected.y)
    ]


@committed
def test_seeding_goes_down_only_where_something_is() -> None:
    market()
    tiles = list(seeding.seed(MARKETS, range(4, 15), workers=0))
    assert len(tiles) <= 1 + 10 * 16
    assert sum(holds for _, holds in tiles) >= 11


@pytest.mark.django_db
@pytest.mark.parametrize("given", [["children"], ["nowhere"], ["--zooms=x"], ["--zooms=9-3"]])
def test_seeding_tells_what_it_cannot_do(given: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("seed_tiles", *given)


@committed
def test_a_layer_is_one_file_for_phones_that_go_offline(client: Client, kept: Path) -> None:
    boundaries()
    call_command("make_pmtiles", "kelurahan", "markets")
    assert not (kept / "markets.pmtiles").exists(), "it has no rows"

    def ask(offset: int, length: int) -> bytes:
        part = client.get(
            "/tiles/kelurahan.pmtiles",
            headers={"Range": f"bytes={offset}-{offset + length - 1}", "Accept-Encoding": "gzip"},
        )
        assert part.status_code == 206
        assert "Content-Encoding" not in part
        return part.content

    reader: Any = Reader(ask)  # type: ignore[no-untyped-call]
    header, metadata = reader.header(), reader.metadata()
    assert header["version"] == 3
    assert header["clustered"]
    assert header["max_zoom"] == archive.DEEPEST
    (described,) = metadata["vector_layers"]
    assert set(described["fields"]) == {"code", "name"}
    asked = at(LAYERS["kelurahan"], 14)
    content = gzip.decompress(reader.get(asked.z, asked.x, asked.y))
    assert content == client.get(url(asked)).content
    counted = len(list(all_tiles(ask)))  # type: ignore[no-untyped-call]
    assert counted == header["addressed_tiles_count"] > 10


@committed
def test_ranges_are_answered_as_the_standard_says(client: Client) -> None:
    boundaries()
    path = archive.build(LAYERS["kelurahan"], deepest=10)
    assert path
    whole, size = path.read_bytes(), path.stat().st_size
    address = "/tiles/kelurahan.pmtiles"
    assert client.get(address).getvalue() == whole

    def part(asked: str, **more: str) -> Any:
        answer = client.get(address, headers={"Range": asked, **more})
        answer.close()
        return answer

    etag = part("bytes=0-6")["ETag"]

    assert part("bytes=0-6").content == b"PMTiles"
    assert part("bytes=-5").content == whole[-5:]
    assert part(f"bytes={size - 2}-").content == whole[-2:]
    assert part("bytes=0-6")["Content-Range"] == f"bytes 0-6/{size}"
    assert part(f"bytes={size}-").status_code == 416
    assert part("bytes=5-2").status_code == 416
    assert part("lines=1-2").status_code == 200
    assert part("bytes=0-6", **{"If-Range": '"other"'}).status_code == 200
    assert part("bytes=0-6", **{"If-Range": etag}).status_code == 206
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


@committed
def test_an_archive_that_was_emptied_goes() -> None:
    boundaries()
    layer = LAYERS["cities"]
    assert archive.build(layer, deepest=8)
    Area.objects.all().delete()
    assert archive.build(layer, deepest=8) is None
    assert not archive.path_of("cities").exists()


def status_of(client: Client, layer_id: str) -> int:
    answer = client.get(f"/tiles/{layer_id}.pmtiles")
    answer.close()
    return answer.status_code


@committed
def test_what_is_withdrawn_does_not_stay_in_an_archive(client: Client) -> None:
    boundaries()
    withdrawn = report()
    sweeper.sweep()
    assert archive.build(REPORTS, deepest=12)
    assert archive.build(LAYERS["kelurahan"], deepest=10)
    assert status_of(client, "trash-reports") == 200

    TrashReport.objects.filter(pk=withdrawn.pk).update(status=TrashReport.Status.WITHDRAWN)
    sweeper.sweep()

    assert status_of(client, "trash-reports") == 404
    assert not archive.path_of("trash-reports").exists()
    assert status_of(client, "kelurahan") == 200, "nobody withdraws a boundary"


@committed
def test_an_archive_that_is_being_written_while_a_row_is_withdrawn_never_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    withdrawn = report()
    sweeper.sweep()
    metadata = archive._metadata

    def meanwhile(layer: Any) -> Any:
        TrashReport.objects.filter(pk=withdrawn.pk).update(status=TrashReport.Status.WITHDRAWN)
        sweeper.sweep()
        return metadata(layer)

    monkeypatch.setattr(archive, "_metadata", meanwhile)
    assert archive.build(REPORTS, deepest=12) is None
    assert not archive.path_of("trash-reports").exists()


@committed
def test_without_a_sweeper_no_archive_of_what_may_be_withdrawn_is_believed(
    client: Client, kept: Path
) -> None:
    report()
    assert archive.build(REPORTS, deepest=12)
    os.utime(kept / ".swept", (1, 1))
    assert status_of(client, "trash-reports") == 404


@pytest.mark.django_db
def test_an_edition_in_which_rows_were_withdrawn_is_not_kept_for_maps_that_are_open(
    kept: Path,
) -> None:
    for layer_id in ("stunting-prevalence", "markets"):
        store.write(Address(layer_id, GONE, ALL, 10, 1, 1), EMPTY)
    sweeper.Chores().remove_outdated(0.0)
    assert not (kept / "stunting-prevalence" / GONE).exists()
    assert (kept / "markets" / GONE).exists()
