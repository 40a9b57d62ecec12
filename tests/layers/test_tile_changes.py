"""Whoever writes, and however: what tiles show is told to have changed, there and at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils import timezone

from layers import tile_changes, tile_sources, tile_triggers, tiles
from layers.catalog.boundaries import Area
from layers.catalog.markets.places import Commodity, Market
from layers.catalog.trash.reports import TrashReport
from layers.registry import LAYERS
from layers.selection import drawn
from layers.tile_changes import TileChange, TileVersion, public_layers
from tests.factories import CENTRE, NOON

pytestmark = pytest.mark.django_db
PUBLIC = [layer.id for layer in public_layers()]
NOBODY = AnonymousUser()


def run(sql: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else None


def loosen(table: str) -> None:
    """Without the table's own rules, so that any column can be changed in any way."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for name, relation in run(
        "SELECT conname, conrelid::regclass::text FROM pg_constraint"
        " WHERE contype IN ('c', 'u', 'f', 'x')"
        " AND (conrelid = %s::regclass OR confrelid = %s::regclass)",
        *(table, table),
    ):
        run(f'ALTER TABLE {relation} DROP CONSTRAINT "{name}"')
    for (name,) in run(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        " AND tgname NOT LIKE 'layers_tiles_%%'",
        table,
    ):
        run(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')
    for (name,) in run(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass"
        " AND indisunique AND NOT indisprimary",
        table,
    ):
        run(f"DROP INDEX {name}")


def tables_of(layer_id: str) -> list[str]:
    return sorted(tile_sources.sources(LAYERS[layer_id]))


def forget() -> None:
    TileChange.objects.all().delete()
    TileVersion.objects.update(version=1)


def told(layer_id: str) -> bool:
    """Whether the layer's tiles count as changed since `forget`."""
    layer = LAYERS[layer_id]
    there = TileChange.objects.filter(layer_id=layer_id).exists()
    if layer.edition:
        assert there == (TileVersion.objects.get(layer_id=layer_id).version > 1)
    return there


def covered(layer_id: str, place: str) -> bool:
    """Whether the areas told cover a place (EWKT or WKB in EPSG:3857)."""
    ((found,),) = run(
        "SELECT bool_or(area IS NULL OR ST_Covers(ST_Expand(area, 0.01), %s::geometry))"
        " FROM layers_tilechange WHERE layer_id = %s",
        *(place, layer_id),
    )
    return bool(found)


def a_row(layer_id: str, table: str) -> Any:
    """The id of a row of the table that a row of the layer depends on."""
    layer = LAYERS[layer_id]
    source = tile_sources.sources(layer)[table][0]
    if source.model is None or source.columns is None:
        return run(f"SELECT id FROM {table} ORDER BY id LIMIT 1")[0][0]
    path = "__".join([step.name for step in source.chain] + ["pk"])
    return layer.rows().values_list(path, flat=True).first()


@pytest.mark.parametrize("layer_id", PUBLIC)
def test_every_table_behind_a_tile_is_watched(cast: Any, layer_id: str) -> None:
    """The tables are those of the statement that draws the tile, as PostgreSQL plans it."""
    layer = LAYERS[layer_id]
    rows = drawn(layer, NOBODY, tiles.tile_properties(layer, NOBODY))
    sql, params = rows.query.sql_with_params()
    ((plan,),) = run(f"EXPLAIN (FORMAT JSON) {sql}", *params)
    plan = json.loads(plan) if isinstance(plan, str) else plan

    def relations(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if "Relation Name" in node:
                yield node["Relation Name"]
            for value in node.values():
                yield from relations(value)
        elif isinstance(node, list):
            for value in node:
                yield from relations(value)

    assert set(relations(plan)) <= set(tables_of(layer_id))


@pytest.mark.parametrize("layer_id", PUBLIC)
def test_raw_sql_that_changes_adds_or_deletes_a_row_is_noticed(cast: Any, layer_id: str) -> None:
    for table in tables_of(layer_id):
        with transaction.atomic():
            loosen(table)
            written(layer_id, table)
            transaction.set_rollback(True)


def written(layer_id: str, table: str) -> None:
    key = a_row(layer_id, table)
    columns = run(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND is_generated = 'NEVER' AND is_identity = 'NO'",
        table,
    )
    names = ", ".join(f'"{name}"' for (name,) in columns)
    forget()
    run(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE id = %s", key)
    assert told(layer_id), f"INSERT into {table}"
    forget()
    run(f"DELETE FROM {table} WHERE id = %s", key)
    assert told(layer_id), f"DELETE from {table}"
    forget()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"TRUNCATE {table} CASCADE")
    assert told(layer_id), f"TRUNCATE of {table}"


# Another text, of the same length: some begin with an x already.
OTHER_TEXT = "CASE WHEN starts_with(\"{0}\", 'x') THEN 'y' ELSE 'x' END || substr(\"{0}\", 2)"
CHANGED = {
    "character varying": OTHER_TEXT,
    "text": OTHER_TEXT,
    "bigint": '"{0}" + 1',
    "integer": '"{0}" + 1',
    "double precision": 'coalesce("{0}", 0) + 1',
    "boolean": 'NOT "{0}"',
    "date": '"{0}" + 1',
    "timestamp with time zone": "\"{0}\" + interval '1 day'",
    "USER-DEFINED": 'ST_Translate("{0}", 0.3, 0.2)',
}


@pytest.mark.parametrize("layer_id", PUBLIC)
def test_every_column_that_decides_is_noticed(cast: Any, layer_id: str) -> None:
    for table, sources in tile_sources.sources(LAYERS[layer_id]).items():
        loosen(table)
        kinds = dict(
            run(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_name = %s AND is_generated = 'NEVER'",
                table,
            )
        )
        for source in sources:
            columns = kinds.keys() if source.columns is None else source.columns
            for column in columns:
                name = column.removesuffix("_3857")
                name = "granted" if name == "shown" else name
                if name == "id" or kinds[name] not in CHANGED:
                    continue
                forget()
                key = a_row(layer_id, table)
                value = CHANGED[kinds[name]].format(name)
                if name == "granted":
                    value = "ST_Translate(geom, 0.3, 0.2)"
                with transaction.atomic():
                    run(f'UPDATE {table} SET "{name}" = {value} WHERE id = %s', key)
                    assert told(layer_id), f"{table}.{name}"
                    transaction.set_rollback(True)


@pytest.mark.parametrize("layer_id", PUBLIC)
def test_a_row_that_moves_changes_where_it_was_and_where_it_is(cast: Any, layer_id: str) -> None:
    layer = LAYERS[layer_id]
    chain, column = tile_sources.way_to_geometry(layer)
    model = chain[-1].related_model if chain else layer.model
    table = model._meta.db_table
    path = "__".join([step.name for step in chain] + ["pk"])
    key = layer.rows().values_list(path, flat=True).first()
    loosen(table)
    before = run(f"SELECT {column}::text FROM {table} WHERE id = %s", key)[0][0]
    forget()
    if column == "shown_3857":
        run(f"UPDATE {table} SET granted = ST_Translate(geom, 0.3, 0.2) WHERE id = %s", key)
    else:
        run(f"UPDATE {table} SET geom = ST_Translate(geom, 0.3, 0.2) WHERE id = %s", key)
    after = run(f"SELECT {column}::text FROM {table} WHERE id = %s", key)[0][0]
    assert before != after
    assert covered(layer_id, before)
    assert covered(layer_id, after)


# -- by way of the ORM, a few told closely


def report(x: float = 0.0, **more: Any) -> TrashReport:
    place = Point(CENTRE.x + x, CENTRE.y, srid=4326)
    values = {"category": "overflow", "observed_at": NOON, "geom": place}
    return TrashReport(instance_id=uuid4(), **(values | more))


def areas(layer_id: str) -> list[Any]:
    return list(TileChange.objects.filter(layer_id=layer_id).values_list("area", flat=True))


def test_a_report_is_told_once_and_exactly(cast: Any) -> None:
    forget()
    made = report()
    made.save()
    (area,) = areas("trash-reports")
    place = made.geom.transform(3857, clone=True)
    assert area.distance(place) < 0.01
    assert area.area == 0
    assert not areas("price-readings")


def test_a_thousand_rows_of_one_statement_are_few_changes(cast: Any) -> None:
    forget()
    TrashReport.objects.bulk_create(report(number / 1e5) for number in range(1000))
    assert len(areas("trash-reports")) <= 4
    assert covered("trash-reports", report(0.00999).geom.transform(3857, clone=True).ewkt)


def test_what_no_tile_shows_changes_nothing(cast: Any) -> None:
    forget()
    Market.objects.update(manager="PD Pasar")
    TrashReport.objects.update(description="lain", kelurahan=None)
    TrashReport.objects.filter(pk=-1).update(status="resolved")
    Area.objects.update(bps_code="1")
    # What a view makes of a column nobody can tell from outside.
    assert not TileChange.objects.exclude(layer_id="latest-prices").exists()
    assert not TileVersion.objects.exclude(version=1).exists()


def test_a_name_that_changes_elsewhere_changes_what_carries_it(cast: Any) -> None:
    forget()
    Commodity.objects.update(name="Beras premium")
    assert areas("price-readings") == [None]
    assert None in areas("latest-prices")
    assert not told("markets")


def test_one_level_of_areas_leaves_the_others_alone(cast: Any) -> None:
    forget()
    Area.objects.filter(level="city").update(name="Kota Lain")
    assert told("cities")
    assert not told("kelurahan")
    assert not told("kecamatan")


def test_what_is_rolled_back_leaves_nothing(cast: Any) -> None:
    forget()
    with transaction.atomic():
        report().save()
        Area.objects.update(name="x")
        transaction.set_rollback(True)
    assert not TileChange.objects.exists()
    assert not TileVersion.objects.exclude(version=1).exists()


# -- versions


def test_an_edition_has_a_number_and_a_live_layer_has_none(cast: Any) -> None:
    edition, live = LAYERS["kelurahan"], LAYERS["trash-reports"]
    before = tile_changes.version(edition), tile_changes.version(live)
    report().save()
    Area.objects.filter(level="kelurahan").update(name="Lain")
    after = tile_changes.version(edition), tile_changes.version(live)
    assert before[0] != after[0]
    assert before[0].split(".")[0] == after[0].split(".")[0]
    assert before[1] == after[1]
    assert after[1].endswith(".live")


def test_another_database_never_repeats_a_version(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a browser keeps for good must not be taken for a tile of the city loaded anew."""
    before = tile_changes.versions(public_layers())
    TileVersion.objects.all().delete()
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr("layers.tile_changes.timezone.now", lambda: tomorrow)
    tile_changes.bump(public_layers())
    after = tile_changes.versions(public_layers())
    assert not before.items() & after.items()


def test_versions_only_grow(cast: Any) -> None:
    layer = LAYERS["markets"]
    seen = []
    for number in range(3):
        Market.objects.update(name=f"Pasar {number}")
        seen.append(int(tile_changes.version(layer).split(".")[1]))
    assert seen == sorted(set(seen))


# -- the triggers themselves


def test_triggers_are_put_in_place_once() -> None:
    assert not tile_triggers.install()


def test_a_trigger_that_got_lost_comes_back_and_everything_counts_as_changed() -> None:
    run("DROP TRIGGER layers_tiles_layers_market_update ON layers_market")
    forget()
    assert tile_triggers.install()
    assert all(told(layer_id) for layer_id in PUBLIC)
    assert not tile_triggers.install()


def test_a_migration_may_change_what_a_trigger_names(cast: Any) -> None:
    """While migrations run there are none; afterwards they are back."""

    class Migration:
        app_label = "layers"

    tile_triggers.before_migrations(plan=[(Migration, False)])
    forget()
    Market.objects.update(name="Pasar")
    assert not TileChange.objects.exists()
    tile_triggers.after_migrations()
    assert told("markets")


def test_a_start_without_migrations_leaves_them_in_place(cast: Any) -> None:
    tile_triggers.before_migrations(plan=[])
    forget()
    Market.objects.update(name="Pasar")
    assert told("markets")


def test_a_view_that_asks_for_the_time_is_known() -> None:
    assert [layer.id for layer in tile_changes.clock_bound()] == ["latest-prices"]


# -- what a tile has not seen


@pytest.mark.django_db(transaction=True)
def test_a_change_after_the_look_is_unseen_only_where_it_is() -> None:
    layer = LAYERS["trash-reports"]
    seen = tiles.everybodys(layer, 12, 0, 0, {}).seen
    made = report()
    made.save()
    x, y, *_ = made.geom.transform(3857, clone=True).extent
    assert tile_changes.changed_since(seen, layer, (x - 1, y - 1, x + 1, y + 1))
    assert not tile_changes.changed_since(seen, layer, (x + 9e4, y, x + 9.1e4, y + 1))
    assert not tile_changes.changed_since(seen, LAYERS["permit-register"], None)
    seen = tiles.everybodys(layer, 12, 0, 0, {}).seen
    assert not tile_changes.changed_since(seen, layer, None)
