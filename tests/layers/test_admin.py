"""The admin comes from the registry and opens no door that the layers keep shut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from layers.catalog.markets.places import Market
from layers.catalog.permits.clock.limits import Holiday
from layers.provenance import Load
from layers.registry import LAYERS, REFERENCE
from tests.factories import CENTRE, EAST, NORTH, SECRET, SOUTH, WEST, box, trash_report

pytestmark = pytest.mark.django_db
MODELS = sorted({layer.model for layer in LAYERS.values()}, key=lambda model: model.__name__)
INSIDERS = ("officer", "planner", "health_officer", "walidata", "administrator")


@pytest.fixture
def desk_of(cast: Any, browser_of: Any) -> Any:
    """The admin as this person, who may enter it."""

    def enter(who: str) -> Client:
        user = getattr(cast, who)
        user.is_staff = user.is_superuser = True
        user.save()
        return browser_of(user)

    return enter


def address(model: Any, page: str = "") -> str:
    return f"/admin/layers/{model._meta.model_name}/{page}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_of_a_layer_is_there(model: Any) -> None:
    assert model in admin.site._registry


@pytest.mark.parametrize("who", INSIDERS)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_and_forms_show_what_the_layers_show(
    cast: Any, desk_of: Any, model: Any, who: str
) -> None:
    desk = desk_of(who)
    user = getattr(cast, who)
    layers = [layer for layer in LAYERS.values() if layer.model is model]
    from layers.permissions import NOTHING, staff_rows

    reached = [layer for layer in layers if staff_rows(layer, user) is not NOTHING]
    listed = desk.get(address(model))
    assert listed.status_code == (200 if reached else 403)
    if not reached:
        assert SECRET.encode() not in listed.content
        return
    row = layers[0].rows().filter(staff_rows(reached[0], user)).first()
    if row:
        page = desk.get(address(model, f"{row.pk}/change/"))
        assert page.status_code == 200
        for name in set.intersection(*(set(layer.private) for layer in layers)) - {"id", "geom"}:
            assert f"field-{name}" not in page.content.decode()


def test_children_of_another_puskesmas_are_not_there(cast: Any, desk_of: Any) -> None:
    desk = desk_of("health_officer")
    other = f"/admin/layers/child/{cast.town.other_child.pk}/change/"
    assert desk.get(other).status_code in (302, 404)
    assert str(cast.town.other_child.code) not in desk.get("/admin/layers/child/").content.decode()


def test_an_administrator_sees_no_child(cast: Any, desk_of: Any) -> None:
    desk = desk_of("administrator")
    assert desk.get("/admin/layers/child/").status_code == 403
    assert b"/admin/layers/child/" not in desk.get("/admin/").content


def test_an_administrator_moves_a_market_and_a_planner_cannot(cast: Any, desk_of: Any) -> None:
    page = f"/admin/layers/market/{cast.town.market.pk}/change/"
    sent = {
        "code": "oeba",
        "name": "Pasar Oeba",
        "manager": "PD Pasar",
        "kelurahan": "",
        "geom": json.dumps({"type": "Point", "coordinates": [CENTRE.x, CENTRE.y - 0.01]}),
    }
    assert desk_of("planner").post(page, sent).status_code == 403
    answer = desk_of("administrator").post(page, sent)
    assert answer.status_code == 302, answer.content.decode()
    assert Market.objects.get().geom.y == pytest.approx(CENTRE.y - 0.01)


@pytest.mark.parametrize(
    "geometry",
    [
        "x",
        "{}",
        "[" * 200_000,
        "POINT(1 2",
        '{"type": "Polygon", "coordinates": [[[0,0],[1,1],[0,1],[1,0],[0,0]]]}',
        '{"type": "Point", "coordinates": [1, 2], "crs": {"type": "name", "properties": {}}}',
        '{"type": "Point", "coordinates": [NaN, 2]}',
        "GEOMETRYCOLLECTION(" * 5000 + ")" * 5000,
    ],
)
def test_a_wrong_geometry_is_told_and_changes_nothing(
    cast: Any, desk_of: Any, geometry: str
) -> None:
    page = f"/admin/layers/market/{cast.town.market.pk}/change/"
    sent = {"code": "oeba", "name": "Berubah", "geom": geometry}
    answer = desk_of("administrator").post(page, sent)
    assert answer.status_code == 200
    assert "errornote" in answer.content.decode()
    assert Market.objects.get().name == "Pasar Oeba"


@pytest.mark.parametrize(
    "lookup",
    [
        "geom__contains=x",
        "geom__bbcontains=x",
        "by__password__startswith=p",
        "pk__gt=0",
        "status__gt=a",
        "status__regex=(((",
        "status__exact=%00",
    ],
)
def test_a_lookup_in_the_address_reaches_no_geometry_and_no_relation(
    cast: Any, desk_of: Any, lookup: str
) -> None:
    assert desk_of("administrator").get(f"/admin/layers/trashreport/?{lookup}").status_code == 400


def test_what_is_only_read_is_told_in_the_words_of_the_declaration(cast: Any, desk_of: Any) -> None:
    page = desk_of("officer").get(f"/admin/layers/trashreport/{cast.town.report.pk}/change/")
    html = page.content.decode()
    assert "Jenis" in html
    assert "Sampah berserakan" in html
    assert "Category" not in html
    assert "20 Nov. 2026, 12.00" in html
    assert "+00:00" not in html
    assert "None" not in html
    assert "Berdasarkan Jenis" in desk_of("officer").get(
        "/admin/layers/trashreport/"
    ).content.decode()  # fmt: skip


def test_what_people_observed_is_not_edited(cast: Any, desk_of: Any) -> None:
    page = f"/admin/layers/trashreport/{cast.town.report.pk}/change/"
    assert desk_of("administrator").post(page, {"status": "resolved"}).status_code == 403
    assert desk_of("administrator").get("/admin/layers/trashreport/add/").status_code == 403


def test_accounts_are_kept_by_administrators_by_duty_and_by_no_superuser(
    cast: Any, desk_of: Any
) -> None:
    page = f"/admin/auth/user/{cast.health_officer.pk}/change/"
    assert desk_of("planner").get(page).status_code == 403
    cast.administrator.is_superuser = False
    desk = desk_of("administrator")
    shown = desk.get(page).content.decode()
    assert "id_is_superuser" not in shown
    assert "user_permissions" not in shown
    assert desk.post(f"/admin/auth/user/{cast.health_officer.pk}/delete/").status_code == 403


def test_a_new_boundary_drawn_in_the_admin_moves_what_lies_in_it(cast: Any, desk_of: Any) -> None:
    area = cast.town.kelurahan["Barat Daya"]
    sent = {"code": area.code, "name": "Barat Daya", "bps_code": "", "parent": area.parent_id,
            "geom": box(WEST, SOUTH, EAST, NORTH).json}  # fmt: skip
    cast.town.kelurahan["Barat Laut"].delete()
    answer = desk_of("administrator").post(f"/admin/layers/area/{area.pk}/change/", sent)
    assert answer.status_code == 302, answer.content.decode()
    assert Market.objects.get().kelurahan == area
    load = Load.objects.get(layer_id="kelurahan")
    assert (load.source, load.loaded_by, load.is_demo) == ("Admin", cast.administrator, False)


def test_a_list_costs_the_same_however_long_it_is(cast: Any, desk_of: Any) -> None:
    desk = desk_of("administrator")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get("/admin/layers/trashreport/").status_code == 200
        return len(queries)

    few = cost()
    for _ in range(20):
        trash_report(cast.town.kelurahan["Tenggara"])
    assert cost() == few


def test_the_map_of_a_form_comes_from_here(cast: Any, desk_of: Any) -> None:
    page = desk_of("administrator").get(f"/admin/layers/market/{cast.town.market.pk}/change/")
    html = page.content.decode()
    assert "vendor/ol/ol.js" in html
    assert "//cdn" not in html
    assert "https://" not in html


# -- rows that a ministry may change


@pytest.mark.parametrize("model", REFERENCE, ids=lambda model: model.__name__)
@pytest.mark.parametrize("who", INSIDERS)
def test_only_the_administrator_keeps_dated_rows(desk_of: Any, who: str, model: Any) -> None:
    page = desk_of(who).get(address(model, "add/"))
    assert page.status_code == (200 if who == "administrator" else 403)


def test_a_holiday_that_the_administrator_enters_counts(desk_of: Any) -> None:
    desk = desk_of("administrator")
    holiday = {"day": "2027-03-10", "name": "Libur uji", "kind": "national", "source": "uji"}
    assert desk.post(address(Holiday, "add/"), holiday).status_code == 302
    assert Holiday.objects.get().name == "Libur uji"
    assert "Libur uji" in desk.get(address(Holiday)).content.decode()
