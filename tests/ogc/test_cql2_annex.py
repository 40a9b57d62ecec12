"""CQL2 (OGC 21-065r2), annex A: its tests over every queryable of every public collection."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.ogc.reader import Json, Reader

pytestmark = pytest.mark.django_db
STANDARD = "http://www.opengis.net/spec/cql2/1.0"
LITERALS = {
    "string": "'foo'",
    "boolean": "true",
    "number": "3.14",
    "integer": "1",
    "date-time": "TIMESTAMP('2022-04-14T14:48:46Z')",
    "date": "DATE('2022-04-14')",
}
LISTS = {
    "string": "'foo', 'bar'",
    "boolean": "true",
    "number": "1, 2, 3",
    "integer": "1, 2, 3",
    "date-time": "'2022-04-14T14:52:56Z', '2022-04-14T15:52:56Z'",
    "date": "'2022-04-14', '2022-04-15'",
}
BASIC = [f"{{}} {sign} {{literal}}" for sign in ("=", "<>", ">", "<", ">=", "<=")]
NULL = ["{} IS NULL", "{} is not null"]
LIKE = ["{} LIKE '%'", "{} like '_%'", "{} like ''", "{} like '%%'", r"{} like '\\%\\_'"]
BETWEEN = ["{} BETWEEN 0 AND 100", "{} between 100.0 and 1.0"]
IN = ["{} in ({list})"]
CASEI = ["CASEI({}) = casei('foo')", "CASEI({}) <> casei('FOO')"]
CASEI_LIKE = ["CASEI({}) LIKE casei('foo%')", "CASEI({}) LIKE casei('FOO%')"]
PLACES = [
    "S_INTERSECTS({},BBOX(-180,-90,180,90))",
    "S_INTERSECTS({},POINT(7.02 49.92))",
    "S_INTERSECTS({0},BBOX(-180,-90,-90,90)) AND S_INTERSECTS({0},BBOX(90,-90,180,90))",
]
HOLED = "(-180 -90, -90 -90, -90 90, -180 90, -180 -90), (-120 -50, -100 -50, -100 -40, -120 -50)"
SHAPES = [
    "S_INTERSECTS({},LINESTRING(-180 -45, 0 -45))",
    "S_INTERSECTS({},MULTILINESTRING((-180 -45, 0 -45), (0 45, 180 45)))",
    f"S_INTERSECTS({{}},POLYGON({HOLED}))",
    f"S_INTERSECTS({{}},MULTIPOLYGON(({HOLED}),((0 0, 10 0, 10 10, 0 10, 0 0))))",
    "S_INTERSECTS({},GEOMETRYCOLLECTION(POINT(7.02 49.92), POLYGON((0 0, 10 0, 10 10, 0 0))))",
]
TEXTS, NUMBERS, EVERY = ("string",), ("number", "integer"), tuple(LITERALS)
Stored = list[tuple[list[str], tuple[str, ...]]]
# What the tests of each class leave for its test of logic: templates, and for which data types.
OF_BASIC: Stored = [(BASIC, EVERY), (NULL, (*EVERY, "geometry"))]
OF_ADVANCED: Stored = [(LIKE, TEXTS), (BETWEEN, NUMBERS), (IN, EVERY)]
OF_CASEI: Stored = [(CASEI, TEXTS), (CASEI_LIKE, TEXTS)]
OF_PLACES: Stored = [(PLACES, ("geometry",))]


def queryables(reader: Reader, layer_id: str) -> dict[str, str]:
    """The data type of each, by its name."""
    schema: Json = reader.get(f"/ogc/collections/{layer_id}/queryables")["properties"]
    return {name: _type(one) for name, one in schema.items()}


def _type(one: Json) -> str:
    if "type" not in one:
        assert one["format"].startswith("geometry-")
        return "geometry"
    return str(one.get("format", one["type"]))


def spelled(templates: list[str], name: str, kind: str) -> list[str]:
    known = {"literal": LITERALS.get(kind), "list": LISTS.get(kind)}
    return [template.format(name, **known) for template in templates]


def predicates(reader: Reader, layer_id: str, stored: Stored) -> list[str]:
    return [
        text
        for templates, kinds in stored
        for name, kind in queryables(reader, layer_id).items()
        if kind in kinds
        for text in spelled(templates, name, kind)
    ]


def found(reader: Reader, layer_id: str, text: str) -> set[int]:
    return set(reader.ids(layer_id, filter=text))


def each(reader: Reader, kinds: tuple[str, ...], templates: list[str]) -> Any:
    """For each collection and queryable of these types, what each template finds."""
    for layer_id in reader.filled:
        for name, kind in queryables(reader, layer_id).items():
            if kind in kinds:
                asked = spelled(templates, name, kind)
                yield layer_id, name, [found(reader, layer_id, text) for text in asked]


def test_every_collection_has_queryables_with_a_data_type(reader: Reader) -> None:
    """/conf/basic-cql2/basic-test"""
    for layer_id in reader.filled:
        kinds = set(queryables(reader, layer_id).values())
        assert kinds <= {*LITERALS, "geometry"}
        assert kinds & set(LITERALS)


def value(written: Any, kind: str) -> str:
    """A value of a feature as a literal of the language."""
    match kind:
        case "string":
            return "'" + written.replace("\\", r"\\").replace("'", "''") + "'"
        case "date" | "date-time":
            return f"{'DATE' if kind == 'date' else 'TIMESTAMP'}('{written}')"
    return str(written).lower()


def test_each_queryable_is_compared(reader: Reader) -> None:
    """/conf/basic-cql2/comparison"""
    signs = ("=", "<>", ">", "<=", "<", ">=")
    for layer_id in reader.filled:
        row = reader.every(layer_id)[0]
        for name, kind in queryables(reader, layer_id).items():
            if kind == "geometry":
                continue
            told = found(reader, layer_id, f"{name} IS NOT NULL")
            mine = row["properties"][name]
            for literal in [LITERALS[kind]] + ([] if mine is None else [value(mine, kind)]):
                sets = {s: found(reader, layer_id, f"{name} {s} {literal}") for s in signs}
                for one, other in (("=", "<>"), (">", "<="), ("<", ">=")):
                    assert not sets[one] & sets[other], (layer_id, name, literal)
                    assert sets[one] | sets[other] == told, (layer_id, name, literal)
            assert mine is None or row["id"] in sets["="]


def test_each_queryable_is_null_or_not(reader: Reader) -> None:
    """/conf/basic-cql2/is-null"""
    for layer_id, name, (null, told) in each(reader, (*EVERY, "geometry"), NULL):
        assert not null & told
        assert null | told == set(reader.ids(layer_id)), (layer_id, name)


def test_true_and_false_are_filters(reader: Reader) -> None:
    """/conf/basic-cql2/boolean"""
    for layer_id in reader.filled:
        assert found(reader, layer_id, "true") == set(reader.ids(layer_id))
        assert found(reader, layer_id, "false") == set()


def test_each_text_is_compared_with_patterns(reader: Reader) -> None:
    """/conf/advanced-comparison-operators/like"""
    for _, _, (every, some, none, twice, _) in each(reader, TEXTS, LIKE):
        assert not some & none
        assert every == twice == some | none


def test_each_number_lies_between_or_not(reader: Reader) -> None:
    """/conf/advanced-comparison-operators/between"""
    for layer_id, name, (inside, backwards) in each(reader, NUMBERS, BETWEEN):
        assert inside == found(reader, layer_id, f"{name} >= 0 AND {name} <= 100")
        assert backwards == set()


def test_each_queryable_is_looked_for_in_a_list(reader: Reader) -> None:
    """/conf/advanced-comparison-operators/in"""
    for layer_id, name, (listed,) in each(reader, EVERY, IN):
        kind = queryables(reader, layer_id)[name]
        ways = [f"{name} = {one.strip()}" for one in LISTS[kind].split(", ")]
        assert listed == found(reader, layer_id, " OR ".join(ways)), (layer_id, name)


def test_each_text_is_compared_without_its_case(reader: Reader) -> None:
    """/conf/case-insensitive-comparison/casei"""
    for layer_id, name, (same, other) in each(reader, TEXTS, CASEI):
        assert not same & other
        assert same | other == found(reader, layer_id, f"{name} IS NOT NULL")


def test_each_pattern_is_compared_without_its_case(reader: Reader) -> None:
    """/conf/case-insensitive-comparison/casei-like"""
    for _, _, (small, large) in each(reader, TEXTS, CASEI_LIKE):
        assert small == large


def test_each_geometry_meets_points_and_boxes(reader: Reader) -> None:
    """/conf/basic-spatial-functions/s_intersects"""
    for layer_id, name, sets in each(reader, ("geometry",), PLACES):
        assert sets == [set(reader.ids(layer_id)), set(), set()]
        nowhere = f"S_INTERSECTS({name},POINT(90 180))"
        reader.refused(f"/ogc/collections/{layer_id}/items", filter=nowhere)


def test_each_geometry_meets_other_shapes(reader: Reader) -> None:
    """/conf/basic-spatial-functions-plus/s_intersects"""
    for layer_id, name, sets in each(reader, ("geometry",), SHAPES):
        assert sets == [set()] * len(SHAPES)
        everywhere = "POLYGON((120 -12, 126 -12, 126 -8, 120 -8, 120 -12))"
        assert found(reader, layer_id, f"S_INTERSECTS({name},{everywhere})") == set(
            reader.ids(layer_id)
        )
        nowhere = f"S_INTERSECTS({name},MULTIPOINT(7.02 49.92, 90 180))"
        reader.refused(f"/ogc/collections/{layer_id}/items", filter=nowhere)


def test_ten_combinations_of_four_mean_what_logic_says(reader: Reader) -> None:
    """/conf/basic-cql2/logical /conf/advanced-comparison-operators/logical
    /conf/case-insensitive-comparison/logical /conf/basic-spatial-functions/logical"""
    for layer_id in reader.filled:
        random, truth = Random(layer_id), Truth(reader, layer_id)
        basic = predicates(reader, layer_id, OF_BASIC)
        for stored in ([], OF_ADVANCED, OF_CASEI, OF_PLACES):
            own = predicates(reader, layer_id, stored or OF_BASIC)
            known = random.sample(basic, 3) + random.sample(own, 3)
            for _ in range(10):
                p1, p2, p3, p4 = four = [f"({one})" for one in random.sample(known, 4)]
                joined = f"((NOT {p1} AND {p2}) OR ({p3} and NOT {p4}) or not ({p1} AND {p4}))"
                meant = truth(f"NOT {p1}") & truth(p2) | truth(p3) & truth(f"NOT {p4}")
                meant |= truth(f"NOT {p1}") | truth(f"NOT {p4}")
                if not stored:
                    joined = f"(NOT ({p2}) AND {p1}) OR ({p3} and {p4}) or not ({p1} OR {p4})"
                    meant = truth(f"NOT {p2}") & truth(p1) | truth(p3) & truth(p4)
                    meant |= truth(f"NOT {p1}") & truth(f"NOT {p4}")
                assert found(reader, layer_id, joined) == meant, (layer_id, four)


class Truth(dict[str, set[int]]):
    """For which rows of a collection a text is true, each asked once."""

    def __init__(self, reader: Reader, layer_id: str) -> None:
        super().__init__()
        self.reader, self.layer_id = reader, layer_id

    def __call__(self, text: str) -> set[int]:
        if text not in self:
            self[text] = found(self.reader, self.layer_id, text)
        return self[text]
