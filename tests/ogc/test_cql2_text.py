"""CQL2 (OGC 21-065r2) as text: what a filter means, and that none of them breaks the portal."""

from __future__ import annotations

import json
import time
from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Point
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import cql2, features
from layers.catalog.markets.places import Market
from layers.catalog.stunting.prevalence import Prevalence
from layers.cql2_text import LONGEST, BadFilter
from layers.registry import LAYERS
from layers.selection import Query

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/cql2/1.0"
NOBODY = AnonymousUser()


def chosen(layer_id: str, text: str) -> set[int]:
    layer = LAYERS[layer_id]
    query = Query(where=cql2.where(text, layer, NOBODY))
    return {fid for fid, _ in features.features(layer, NOBODY, query, limit=1000)}


@pytest.fixture
def stalls(cast: Any) -> dict[str, int]:
    """Markets with names that are hard to write."""
    where = cast.town.market
    named = {"O'Reilly": False, "PASAR besar": True, "50%_\\": False, "Pasar Oeba 2": True}
    made = {where.name: where.pk}
    for number, (name, approximate) in enumerate(named.items()):
        made[name] = Market.objects.create(
            code=f"m{number}", name=name, kelurahan=where.kelurahan, approximate=approximate,
            geom=Point(where.geom.x + 0.01 * (number + 1), where.geom.y, srid=4326),
        ).pk  # fmt: skip
    return made


def names(stalls: dict[str, int], text: str) -> set[str]:
    found = chosen("markets", text)
    return {name for name, pk in stalls.items() if pk in found}


@pytest.mark.parametrize(
    "text",
    ["name = 'x'", "name='x'AND(code<>'y')", "NOT name IS NULL", "approximate", "TRUE",
     "approximate = TRUE OR FALSE", "\"name\" = 'x'", "name IN ('a', 'b')", "name NOT LIKE 'a%'",
     "S_INTERSECTS(geometry, POINT(123.6 -10.2))", "'x' = name", "name = code"],
)  # fmt: skip
def test_what_the_grammar_allows_is_read(text: str) -> None:
    """/conf/cql2-text/validate"""
    chosen("markets", text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "name", "name =", "= 'x'", "name == 'x'", "name = 'x", "name = 'x' AND", "(", "'x'",
     "1", "name = \"x\"", "nothing = 1", "name = 1", "approximate = 'true'", "approximate = 1",
     "approximate > POINT(1 2)", "name = POINT(1 2)", "lower(name) = 'x'", "name + 1 = 2",
     "name ILIKE 'x'", "name LIKE 'x\\'", "name LIKE 1", "name BETWEEN 'a' AND 'b'",
     "name IN (1, 2)", "name IN ('a', 1)", "name IN ()", "CASEI(approximate) = 'x'",
     "S_INTERSECTS(name, POINT(1 2))", "S_INTERSECTS(geometry, 'x')",
     "S_INTERSECTS(geometry, geometry)", "S_INTERSECTS(geometry)", "S_WITHIN(geometry, POINT(1 2))",
     "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))",
     "S_INTERSECTS(geometry, POLYGON((0 0, 1 0)))", "S_INTERSECTS(geometry, POINT(999 0))",
     "S_INTERSECTS(geometry, BBOX(1,2,3))", "S_INTERSECTS(geometry, BBOX(1,9,3,2))",
     "S_INTERSECTS(geometry, POINT(1e999 0))", "geometry = POINT(1 2)",
     "T_AFTER(name, DATE('2026-01-01'))", "A_CONTAINS(name, ('a'))", "name = 'a\x00'",
     "(" * 9 + "name = 'x'" + ")" * 9, " OR ".join(["name = 'x'"] * 201), "name = 'x'" + " " * 4000,
     "name IN (" + ",".join(["'x'"] * 201) + ")", "name = '" + "x" * 501 + "'"],
)  # fmt: skip
def test_what_means_nothing_here_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadFilter) as told:
        cql2.where(text, LAYERS["markets"], NOBODY)
    assert len(str(told.value)) > 20


def test_quotes_backslashes_and_control_characters_are_escaped(stalls: dict[str, int]) -> None:
    """/conf/cql2-text/escaping"""
    odd = Market.objects.filter(pk=stalls["Pasar Oeba 2"])
    for name, literal in {"a\a\b\t\n\v\f\rb": r"a\a\b\t\n\v\f\rb", r"\n\'": r"\\n\\\'"}.items():
        odd.update(name=name)
        assert names(stalls, f"name = '{literal}'") == {"Pasar Oeba 2"}
        assert names(stalls, f"name LIKE '%{literal}'") == {"Pasar Oeba 2"}
    for literal in ("O''Reilly", r"O\'Reilly"):
        assert names(stalls, f"name = '{literal}' AND name LIKE '{literal}'") == {"O'Reilly"}
    assert names(stalls, r"name = '50%_\\' OR name IN ('50%_\\')") == {"50%_\\"}


def test_the_simplest_filters(stalls: dict[str, int]) -> None:
    expected = {"TRUE": 5, "FALSE": 0, "NOT FALSE": 5, "code = 'oeba'": 1, "code <> 'oeba'": 4}
    assert {text: len(names(stalls, text)) for text in expected} == expected


def test_values_are_compared(cast: Any) -> None:
    layer, low, high = LAYERS["price-readings"], 15_000, 15_750
    expected = {
        "price = 15000": {low},
        "price <> 15000": {high},
        "price < 15750": {low},
        "price <= 15750": {low, high},
        "price > 15000": {high},
        "15000 < price": {high},
        "price >= 15000.5": {high},
        "price = 15000.5": set(),
        "price > -1.5e3": {low, high},
        "observed_at > TIMESTAMP('2026-11-05T00:00:00Z')": {high},
        "observed_at = TIMESTAMP('2026-11-01T09:00:00+08:00')": {low},
        "unit = 'kg'": {low, high},
        "unit < 'a'": set(),
    }
    for text, prices in expected.items():
        rows = layer.rows().filter(pk__in=chosen(layer.id, text))
        assert set(rows.values_list("price", flat=True)) == prices, text


@pytest.mark.parametrize(
    "text", ["price > 99999999999999999999", "price > 1e400", "observed_at > DATE('2026-11-05')"]
)
def test_a_value_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(BadFilter, match="butuh"):
        cql2.where(text, LAYERS["price-readings"], NOBODY)


def test_what_has_no_value_meets_neither_a_condition_nor_its_contrary(cast: Any) -> None:
    hidden, told = Prevalence.objects.filter(released_at__isnull=False).order_by("-hidden")
    assert chosen("stunting-prevalence", "rate IS NULL") == {hidden.pk}
    assert chosen("stunting-prevalence", "rate IS NOT NULL") == {told.pk}
    assert chosen("stunting-prevalence", "rate > 5") == {told.pk}
    assert chosen("stunting-prevalence", "NOT (rate > 5)") == set()
    assert chosen("stunting-prevalence", "NOT (rate > 5) OR rate IS NULL") == {hidden.pk}


def test_truths_need_no_comparison(stalls: dict[str, int]) -> None:
    vague = {"PASAR besar", "Pasar Oeba 2"}
    assert names(stalls, "approximate") == names(stalls, "approximate = TRUE") == vague
    assert names(stalls, "NOT approximate") == names(stalls, "approximate = FALSE")
    assert names(stalls, "approximate <> TRUE") == set(stalls) - vague


SHAPES = (
    "LINESTRING({w} {y}, {e} {y})",
    "POLYGON(({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))",
    "MULTIPOINT(({x} {y}), (1 1))",
    "MULTILINESTRING(({w} {y}, {e} {y}), (1 1, 2 2))",
    "MULTIPOLYGON((({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s})))",
    "GEOMETRYCOLLECTION(POINT({x} {y}), POINT(1 1))",
    "POINT Z({x} {y} 7)",
)
LOGICAL = {
    "vague": "approximate",
    "oeba": "name LIKE '%Oeba%'",
    "pasar": "CASEI(name) LIKE CASEI('pasar%')",
    "west": "S_INTERSECTS(geometry, BBOX(123.5,-10.3,123.605,-10.1))",
}


def test_conditions_are_joined_by_logic(stalls: dict[str, int]) -> None:
    for a, b in permutations(LOGICAL.values(), 2):
        first, second = names(stalls, a), names(stalls, b)
        assert names(stalls, f"{a} AND {b}") == first & second
        assert names(stalls, f"{a} OR {b}") == first | second
        assert names(stalls, f"NOT ({a}) AND {b}") == second - first
        assert names(stalls, f"NOT ({a} OR NOT ({b}))") == second - first


def test_texts_are_compared_with_a_pattern(stalls: dict[str, int]) -> None:
    oeba, odd = "Pasar Oeba", "50%_\\"
    expected = {
        "Pasar%": {oeba, "Pasar Oeba 2"},
        "%Oeba": {oeba},
        "P_sar Oeba": {oeba},
        "%\\%%": {odd},
        "%\\_%": {odd},
        "%\\\\": {odd},
        "pasar%": set(),
        "": set(),
    }
    for pattern, found in expected.items():
        assert names(stalls, f"name LIKE '{pattern}'") == found
        assert names(stalls, f"name NOT LIKE '{pattern}'") == set(stalls) - found


def test_numbers_lie_between_two_ends_included(cast: Any) -> None:
    every = chosen("price-readings", "TRUE")
    assert chosen("price-readings", "price BETWEEN 15000 AND 15750") == every
    assert len(chosen("price-readings", "price BETWEEN 15000.1 AND 15750")) == 1
    assert chosen("price-readings", "price BETWEEN 15750 AND 15000") == set()
    assert len(chosen("price-readings", "price NOT BETWEEN 15000 AND 15500")) == 1


def test_a_value_is_one_of_a_list(stalls: dict[str, int]) -> None:
    assert names(stalls, "name IN ('Pasar Oeba', 'x')") == {"Pasar Oeba"}
    assert names(stalls, "name NOT IN ('Pasar Oeba', 'x')") == set(stalls) - {"Pasar Oeba"}


def test_letters_may_be_large_or_small(stalls: dict[str, int]) -> None:
    assert names(stalls, "CASEI(name) = CASEI('pasar oeba')") == {"Pasar Oeba"}
    assert names(stalls, "CASEI(name) IN (CASEI('PASAR BESAR'))") == {"PASAR besar"}
    Market.objects.filter(pk=stalls["O'Reilly"]).update(name="Große Ødø")
    assert names(stalls, "CASEI(name) = CASEI('GROSSE øDØ')") == {"O'Reilly"}
    assert names(stalls, "CASEI(name) LIKE CASEI('pasar%')") == {
        "Pasar Oeba",
        "Pasar Oeba 2",
        "PASAR besar",
    }


def test_places_are_found_by_point_and_box(stalls: dict[str, int], cast: Any) -> None:
    x, y = cast.town.market.geom.coords
    here = f"BBOX({x - 0.001},{y - 0.001},{x + 0.001},{y + 0.001})"
    assert names(stalls, f"S_INTERSECTS(geometry, {here})") == {"Pasar Oeba"}
    assert names(stalls, f"S_INTERSECTS({here}, geometry)") == {"Pasar Oeba"}
    assert names(stalls, "S_INTERSECTS(geometry, BBOX(170,-11,-170,-10))") == set()
    assert names(stalls, "S_INTERSECTS(geometry, BBOX(123,-11,-170,-10))") == set(stalls)
    (home,) = chosen("kelurahan", f"S_INTERSECTS(geometry, POINT({x} {y}))")
    assert home == cast.town.kelurahan["Barat Laut"].pk


def test_places_are_found_by_any_shape(cast: Any) -> None:
    market = cast.town.market
    x, y = 123.59, -10.19
    market.geom = Point(x, y, srid=4326)
    market.save()
    for shape in SHAPES:
        drawn = shape.format(x=x, y=y, w=x - 0.001, e=x + 0.001, s=y - 0.001, n=y + 0.001)
        assert chosen("markets", f"S_INTERSECTS(geometry, {drawn})") == {market.pk}, shape
        away = shape.format(x=x + 1, y=y, w=x + 1, e=x + 1.1, s=y - 0.001, n=y + 0.001)
        assert chosen("markets", f"S_INTERSECTS(geometry, {away})") == set(), shape


def test_moments_are_compared(cast: Any) -> None:
    expected = {
        "T_AFTER(observed_at, TIMESTAMP('2026-11-05T00:00:00Z'))": 1,
        "T_BEFORE(observed_at, TIMESTAMP('2026-11-12T01:00:00Z'))": 1,
        "T_EQUALS(observed_at, TIMESTAMP('2026-11-12T01:00:00Z'))": 1,
        "T_DURING(observed_at, INTERVAL('2026-11-01T01:00:00Z','..'))": 1,
        "T_INTERSECTS(observed_at, INTERVAL('2026-11-01T01:00:00Z','..'))": 2,
        "T_INTERSECTS(observed_at, INTERVAL('..','..'))": 2,
    }
    assert {text: len(chosen("price-readings", text)) for text in expected} == expected


WORDS = st.sampled_from(
    ["name", "code", "approximate", "geometry", "manager", "=", "<>", "<", "(", ")", "AND", "OR",
     "NOT", "IS NULL", "IN", "LIKE", "BETWEEN", "'x'", "'%'", "''", "1", "-1e308", "TRUE", "NULL",
     "CASEI(", "S_INTERSECTS(", "POINT(1 2)", "BBOX(1,2,3,4)", "POLYGON((", "T_AFTER(", ",", "*",
     "DATE('2026-01-01')", "INTERVAL('..','..')", '"', "'", "^", "div", "{}", "\\", "'\\'x\\t'"]
)  # fmt: skip


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=st.one_of(st.lists(WORDS, max_size=14).map(" ".join), st.text(max_size=80)))
def test_no_text_breaks_the_portal(text: str) -> None:
    answer = Client().get("/ogc/collections/markets/items", {"filter": text})
    body = answer.getvalue()
    assert answer.status_code in (200, 400), (text, body)
    json.loads(body)


@pytest.mark.parametrize(
    "opened", ["(", "NOT (", "CASEI(", "name IN (", "S_INTERSECTS(", "'x' = ("]
)
def test_no_text_keeps_the_parser_busy(opened: str) -> None:
    began = time.perf_counter()
    for depth in (8, 30, 900):
        text = (opened * depth + " AND ".join(["name = 'x'"] * 250))[:LONGEST]
        with pytest.raises(BadFilter):
            cql2.where(text, LAYERS["markets"], NOBODY)
    assert time.perf_counter() - began < 5


def test_a_quoted_parenthesis_is_no_parenthesis() -> None:
    deep = "(" * 50
    for shown in (f"name <> '{deep}'", rf"name <> '\'{deep}' OR name = 'a\\'"):
        cql2.where(shown, LAYERS["markets"], NOBODY)
    for hidden in (f"name <> 'a' AND {deep}", f"\"na'me\" = {deep} AND name = '", f"'' = {deep}",
                   rf"name = '\\' AND {deep} OR name = '\''"):  # fmt: skip
        with pytest.raises(BadFilter, match="kurung"):
            cql2.where(hidden, LAYERS["markets"], NOBODY)
