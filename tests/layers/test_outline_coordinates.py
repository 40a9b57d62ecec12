"""A pasted table of corners becomes an outline, and comes out again as the same one."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from shapely.geometry import MultiPolygon, Polygon

from layers.base import Refused
from layers.outline import coordinates, projections
from layers.outline.coordinates import read_table
from layers.outline.parcel import MOST_VERTICES, Outline

KUPANG = (123.5, -10.28, 123.7, -10.08)
CORNERS = [(123.601234, -10.171234), (123.602345, -10.171111), (123.602222, -10.170123)]
GEOD = Geod(ellps="WGS84")


def corners(outline: Outline) -> list[tuple[float, float]]:
    (part,) = outline.shape.geoms
    return [(x, y) for x, y in part.exterior.coords[:-1]]


def projected(code: int) -> list[tuple[float, float]]:
    transformer = Transformer.from_crs(4326, code, always_xy=True)
    return [transformer.transform(*corner) for corner in CORNERS]


def apart(one: Any, other: Any) -> float:
    """The largest distance between corners of the same number, in metres."""
    ours, theirs = np.array(one), np.array(other)
    assert ours.shape == theirs.shape
    return max(GEOD.inv(ours[:, 0], ours[:, 1], theirs[:, 0], theirs[:, 1])[2])


def sentence(text: str, **options: Any) -> str:
    with pytest.raises(Refused) as refused:
        read_table(text, **options)
    (told,) = refused.value.reasons.values()
    assert list(refused.value.reasons) == ["parcel"]
    assert told.endswith(".")
    return told


def lines(form: str, points: Any = CORNERS) -> str:
    return "\n".join(form.format(n=n, x=x, y=y) for n, (x, y) in enumerate(points, start=1))


class TestDecimalDegrees:
    @pytest.mark.parametrize(
        "form",
        [
            "{x},{y}",
            "{x}, {y}",
            "{x} {y}",
            "{y} {x}",
            "{x};{y}",
            "{x}\t{y}",
            "{x} | {y}",
            "| {n} | {x} | {y} |",
            "{n}. {x} {y}",
            "{n}) {x} {y}",
            "{n},{x},{y}",
            "P{n} {x} {y}",
            "Titik {n}: {x} {y}",
            "BM.0{n}; {x}; {y}",
            "{x} {y} 45.25",
            "{n} {x} {y} 45.25",
            "{x}° {y}°",
            "({x}, {y})",
            "X={x} Y={y}",
            "y: {y}; x: {x}",
            "\ufeff {x}\u00a0{y}\u200b",
            "{n} {x} {y} sudut pagar",
        ],
    )
    def test_the_ways_to_write_them(self, form: str) -> None:
        outline = read_table(lines(form))
        assert corners(outline) == CORNERS
        assert (outline.notation, outline.crs, outline.vertices) == ("decimal", "EPSG:4326", 3)

    @pytest.mark.parametrize(
        "form", ["{x}; {y}", "{x}, {y}", "{x},{y}", "{n},{x},{y}", "{n}\t{y}\t{x}", "{x} {y}"]
    )
    def test_with_a_decimal_comma(self, form: str) -> None:
        text = "\n".join(
            form.format(n=n, x=str(x).replace(".", ","), y=str(y).replace(".", ","))
            for n, (x, y) in enumerate(CORNERS, start=1)
        )
        assert corners(read_table(text)) == CORNERS

    @pytest.mark.parametrize("minus", ["-", "−", "–"])
    def test_with_any_minus(self, minus: str) -> None:
        assert corners(read_table(lines("{x} {y}").replace("-", minus))) == CORNERS

    def test_with_the_side_of_the_earth_instead_of_a_sign(self) -> None:
        positive = [(x, -y) for x, y in CORNERS]
        for form in ("{y} LS {x} BT", "{y}S {x}E", "S{y} E{x}", "{x}° BT, {y}° LS", "E {x} S {y}"):
            assert corners(read_table(lines(form, positive))) == CORNERS
        assert corners(read_table(lines("{n} {y} LS {x} BT", positive))) == CORNERS

    def test_points_called_e_and_s_are_points(self) -> None:
        text = "\n".join(f"{name} {x} {y}" for name, (x, y) in zip("ESN", CORNERS, strict=True))
        assert corners(read_table(text)) == CORNERS

    def test_a_heading_that_contradicts_the_numbers_is_told(self) -> None:
        outline = read_table("Lintang Bujur\n" + lines("{x} {y}"))
        assert corners(outline) == CORNERS
        assert "tertukar" in outline.notes[0]

    def test_a_heading_in_columns_says_which_two_count(self) -> None:
        heading = "No\tJarak\tBujur Timur\tLintang Selatan\tKeterangan\n"
        rows = lines("{n}\t100,25\t{x}\t{y}\tpatok 7").replace("100,25", "100.25")
        assert corners(read_table(heading + rows)) == CORNERS

    def test_a_title_is_passed_over_and_said(self) -> None:
        outline = read_table("Koordinat batas bidang\nNo X Y\n" + lines("{n} {x} {y}"))
        assert corners(outline) == CORNERS
        assert outline.notes == ("Baris 1 «Koordinat batas bidang» bukan koordinat dan dilewati.",)

    def test_the_closing_corner_may_be_repeated(self) -> None:
        assert corners(read_table(lines("{n} {x} {y}", [*CORNERS, CORNERS[0]]))) == CORNERS

    def test_a_corner_given_twice_counts_once_and_is_said(self) -> None:
        outline = read_table(lines("{x} {y}", [CORNERS[0], *CORNERS]))
        assert corners(outline) == CORNERS
        assert "Baris 2 mengulang" in outline.notes[0]

    def test_what_was_sent_can_be_proved(self) -> None:
        text = lines("{x} {y}")
        assert read_table(text).sha256 == hashlib.sha256(text.encode()).hexdigest()


class TestDegreesMinutesSeconds:
    # 10° 10' 12,5" S = 10.1701388…; 123° 36' 1,2" = 123.6003333…
    WEST, EAST = 123 + 36 / 60 + 1.2 / 3600, 123 + 36 / 60 + 9 / 3600
    SOUTH, NORTH = -(10 + 10 / 60 + 12.5 / 3600), -(10 + 10 / 60 + 2.5 / 3600)

    @pytest.mark.parametrize(
        "form",
        [
            "10° 10' {s}\" LS 123° 36' {e}\" BT",
            "10°10'{s}\"S 123°36'{e}\"E",
            "123°36'{e}\"E, 10°10'{s}\"S",
            "10°10′{s}″ LS; 123°36′{e}″ BT",
            "10º10’{s}” S\t123º36’{e}” T",
            "10°10'{s}''LS 123°36'{e}''BT",
            "-10 10 {s} 123 36 {e}",
            "-10°10'{s}\" 123°36'{e}\"",
            "1. -10 10 {s} 123 36 {e}",
            "10 10 {s} S 123 36 {e} E",
            "7 10 10 {s} S 123 36 {e} E",
            "S 10°10'{s}\" E 123°36'{e}\"",
            "LS 10 10 {s} BT 123 36 {e}",
            "10:10:{s} S 123:36:{e} E",
            "10 derajat 10 menit {s} detik LS 123 derajat 36 menit {e} detik BT",
            "P1; -10 10 {s}; 123 36 {e}",
            "10 10' {s}\" LS 123 36' {e}\" BT",
        ],
    )
    @pytest.mark.parametrize("comma", [".", ","])
    def test_the_ways_to_write_them(self, form: str, comma: str) -> None:
        text = "\n".join(
            form.format(s=s, e=e).replace(".", comma) if comma == "," else form.format(s=s, e=e)
            for s, e in (("12.5", "1.2"), ("12.5", "9.0"), ("2.5", "9.0"))
        ).replace("1, -", "1. -")
        outline = read_table(text)
        expected = [(self.WEST, self.SOUTH), (self.EAST, self.SOUTH), (self.EAST, self.NORTH)]
        assert apart(corners(outline), expected) < 1e-6
        assert outline.notation == "dms"

    def test_a_column_each_for_degrees_minutes_and_seconds(self) -> None:
        text = "No\tLintang\t\t\tBujur\t\t\n" + "\n".join(
            f"{n}\t-10\t10\t{s}\t123\t36\t{e}"
            for n, (s, e) in enumerate((("12,5", "1,2"), ("12,5", "9,0"), ("2,5", "9,0")), start=1)
        )
        assert corners(read_table(text))[0] == pytest.approx((self.WEST, self.SOUTH), abs=1e-12)

    def test_degrees_and_decimal_minutes(self) -> None:
        outline = read_table("-10 10.5 123 36.25\n-10 10.5 123 36.75\n-10 10.25 123 36.75")
        assert corners(outline)[0] == pytest.approx((123 + 36.25 / 60, -(10 + 10.5 / 60)))
        assert outline.notation == "dms"

    def test_just_south_of_the_equator_the_sign_stays(self) -> None:
        outline = read_table("-0 1 30 109 20 0\n-0 1 30 109 21 0\n-0 1 10 109 21 0")
        assert corners(outline)[0] == pytest.approx((109 + 20 / 60, -(1 / 60 + 30 / 3600)))

    def test_what_is_no_angle_is_refused_with_its_line(self) -> None:
        good = "10°10'12\"S 123°36'1\"E\n"
        assert "menit 75" in sentence(good + "10°75'12\"S 123°36'1\"E")
        assert "detik 61" in sentence(good + "10°10'61\"S 123°36'1\"E")
        assert sentence(good + "10°10'61\"S 123°36'1\"E").startswith("Baris 2")
        assert "bertentangan" in sentence(good + "-10°10'1\"LU 123°36'1\"E")
        assert "sumbu yang sama" in sentence(good + "10°10'1\"S 123°36'1\"LS")
        assert "dua koordinat" in sentence(good + "10°10'1\"S")
        assert "bilangan bulat" in sentence(good + "10,5°10'1\"S 123°36'1\"E")


class TestMetres:
    @pytest.mark.parametrize(
        ("code", "notation"), [(32751, "utm"), (23840, "tm3"), (9487, "metres")]
    )
    def test_a_told_system_agrees_with_pyproj(self, code: int, notation: str) -> None:
        text = lines("{n} {x:.3f} {y:.3f}", projected(code))
        outline = read_table("No X Y\n" + text, crs=f"EPSG:{code}")
        assert apart(corners(outline), CORNERS) < 0.002
        assert (outline.notation, outline.crs) == (notation, f"EPSG:{code}")

    @pytest.mark.parametrize(("code", "name"), [(32751, "UTM zona 51S"), (23840, "TM-3 zona 51.2")])
    def test_an_untold_system_is_the_one_that_lies_in_the_town(self, code: int, name: str) -> None:
        outline = read_table(lines("{x:.2f} {y:.2f}", projected(code)), near=KUPANG)
        assert apart(corners(outline), CORNERS) < 0.02
        assert outline.notes == (f"Dibaca sebagai {name} (EPSG:{code}).",)

    @pytest.mark.parametrize(
        "form",
        ["{e} {n}", "{e}; {n}", "1 {e} {n}", "P1\t{e}\t{n}", "{n} {e}", "{e} mE {n} mN"],
    )
    @pytest.mark.parametrize("style", ["id", "en", "plain"])
    def test_thousands_are_grouped_as_people_group_them(self, form: str, style: str) -> None:
        def written(value: float) -> str:
            told = f"{value:,.2f}" if style != "plain" else f"{value:.2f}"
            return told.translate({ord(","): ".", ord("."): ","}) if style == "id" else told

        text = "\n".join(
            form.format(e=written(east), n=written(north)) for east, north in projected(32751)
        )
        assert apart(corners(read_table(text, near=KUPANG)), CORNERS) < 0.02

    def test_whole_metres_with_points_between_thousands(self) -> None:
        points = [(101_382, 375_317), (101_482, 375_317), (101_482, 375_417)]
        grouped = "\n".join(f"X={x:,} Y={y:,}" for x, y in points).replace(",", ".")
        plain = "\n".join(f"{x} {y}" for x, y in points)
        outline = read_table(grouped, near=KUPANG)
        assert corners(outline) == corners(read_table(plain, near=KUPANG))
        assert outline.crs == "EPSG:23840"

    def test_headings_in_two_languages_give_the_order(self) -> None:
        points = projected(23840)
        straight = corners(read_table(lines("{x} {y}", points), crs="EPSG:23840", near=KUPANG))
        assert apart(straight, CORNERS) < 0.001
        for heading in ("Northing (m);Easting (m)", "N E", "Utara Timur", "Y X"):
            turned = read_table(f"{heading}\n{lines('{y} {x}', points)}", crs="23840")
            assert corners(turned) == straight
        turned = read_table(lines("{y} {x}", points), crs="23840", near=KUPANG)
        assert corners(turned) == straight

    def test_two_possible_readings_are_refused_and_named(self) -> None:
        """500000 500000 in Kalimantan: two orders of one square, and zones beside each other."""
        points = [(500_000, 200_000), (500_100, 200_000), (500_100, 200_100)]
        told = sentence(lines("{x} {y}", points))
        assert "UTM zona 46N (EPSG:32646)" in told
        assert "UTM zona 47N (EPSG:32647)" in told
        assert "pilih sistem koordinatnya" in told
        points = [(400_000, 450_000), (400_100, 450_000), (400_100, 450_100)]
        told = sentence(lines("{x} {y}", points), crs="EPSG:32650")
        assert "timur lebih dahulu" in told
        assert "utara lebih dahulu" in told
        outline = read_table("X Y\n" + lines("{x} {y}", points), crs="EPSG:32650")
        assert corners(outline)[0] == pytest.approx((116.098, 4.07), abs=0.01)

    def test_metres_that_lie_nowhere_in_the_town_are_refused(self) -> None:
        points = [(x + 90_000, y) for x, y in projected(32751)]
        assert "pilih sistem koordinatnya" in sentence(lines("{x} {y}", points), near=KUPANG)

    def test_one_corner_far_away_is_named_by_its_line(self) -> None:
        points = [*projected(32751), (565_800.0, 88_757.0)]
        told = sentence(lines("{x} {y}", points), near=KUPANG)
        assert told.startswith("Baris 4 terletak di bujur")

    def test_the_system_and_the_numbers_must_agree(self) -> None:
        assert "Angkanya derajat" in sentence(lines("{x} {y}"), crs="EPSG:32751")
        metres = lines("{x} {y}", projected(32751))
        assert "Angkanya meter" in sentence(metres, crs="EPSG:4326")
        assert "Baris 1 terletak di bujur" in sentence(metres, crs="EPSG:23840")

    @pytest.mark.parametrize("crs", ["utm", "EPSG:1", "+proj=utm", "/etc/passwd", "EPSG:5773"])
    def test_an_unknown_system_is_refused(self, crs: str) -> None:
        assert "EPSG:32751" in sentence(lines("{x} {y}"), crs=crs) or crs == "EPSG:5773"


class TestRings:
    SQUARE = "123.60 -10.18\n123.61 -10.18\n123.61 -10.17\n123.60 -10.17\n"
    HOLE = "123.602 -10.178\n123.608 -10.178\n123.608 -10.172\n"
    OTHER = "123.62 -10.18\n123.63 -10.18\n123.63 -10.17\n"

    @pytest.mark.parametrize("between", ["\n", "bagian 2\n", "Poligon II:\n", "\n\n \t\nPart 2\n"])
    def test_an_empty_line_or_a_heading_starts_a_part(self, between: str) -> None:
        shape = read_table(self.SQUARE + between + self.OTHER).shape
        assert [len(part.exterior.coords) for part in shape.geoms] == [5, 4]

    @pytest.mark.parametrize("between", ["lubang\n", "\nLUBANG 1:\n", "hole 1\n", "enklave\n"])
    def test_a_hole_belongs_to_the_part_before_it(self, between: str) -> None:
        outline = read_table(f"Bagian 1\nX Y\n{self.SQUARE}{between}{self.HOLE}\n{self.OTHER}")
        first, second = outline.shape.geoms
        assert (len(first.interiors), len(second.interiors)) == (1, 0)
        assert outline.vertices == 10
        assert outline.shape.is_valid

    def test_a_text_with_an_empty_line_after_each_line_is_one_ring(self) -> None:
        outline = read_table(self.SQUARE.replace("\n", "\r\n\r\n"))
        assert len(corners(outline)) == 4
        assert "Baris kosong" in outline.notes[0]

    def test_a_page_break_in_the_middle_is_none_of_the_parcel(self) -> None:
        assert len(corners(read_table(self.SQUARE.replace("\n", "\n\f", 1)))) == 4

    def test_a_hole_before_its_part_is_refused(self) -> None:
        assert "mendahului bidangnya" in sentence("lubang\n" + self.HOLE + "\n" + self.SQUARE)


PIECES = ["1", "123,6", "-10.1", "10", "8.874.321,5", "12.5", "565723", "lubang", "X", "Y", "S"]
PIECES += ["BT", "°", "'", '"', ";", ",", "|", ":", "(", "=", " ", "\t"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "Belum ada koordinat"),
            (" \n\t\n", "Belum ada koordinat"),
            ("halo", "Belum ada koordinat"),
            ("123.6 -10.1\nhalo\n123.6 -10.2", "Baris 2 tidak berisi dua koordinat: «halo»"),
            ("123.6 -10.1\n123.61 -1O.1\n123.6 -10.2", "Baris 2: «-1O.1» bukan angka"),
            ("123.6 -10.1\n123.61", "Baris 2 tidak berisi dua koordinat"),
            ("123.6 -10.1\n123.61 -10.1", "baris 1 kurang dari 3 titik"),
            ("123.6 -10.1\n123.61 -10.1\n123.6 -10.1", "kurang dari 3 titik"),
            ("123.6 -10.1\n123.7 -10.1\n103.6 51.5", "Baris 3 di luar Indonesia"),
            ("123.6 10.1\n123.7 10.1\n123.6 10.2", "Lintang selatan perlu tanda minus atau LS"),
            ("123.6 -10.1\n565723 8875730\n123 -10", "Baris 2 ditulis dalam meter"),
            ("123.6 -10.1\n10°6'0\"S 123°36'0\"E", "Baris 2 ditulis dalam derajat-menit-detik"),
            ("123,6 -10.1\n123,7 -10.1\n123,7 -10.2", "tanda desimal (baris 1)"),
            ("123.6 -10.1\n123.7 -10.1\n123,7 -10,2", "tanda desimal (baris 1 dan 3)"),
            ("1 123.6 -10.1\n2 123.7 -10.1\n123.7 -10.2", "Baris 3 berisi 2 angka, bukan 3"),
            ("1 2 3 4 5 6 7 8 9", "Baris 1 berisi 9 angka"),
            ("nan inf\ninf nan", "Belum ada koordinat"),
            ("123 -10\n123 -1e5\n3 4", "Baris 2: «-1e5» bukan angka"),
            ("9" * 300 + " -10\n123 -10\n123 -11", "Baris 1"),
            ("9" * 5000 + " -10", "Baris 1 terlalu panjang"),
            ("123.6 -10.1\n" * 3 + "123.6 -10.1 " * 99, "Baris 4 terlalu panjang"),
        ],
    )
    def test_each_says_which_line_and_why(self, text: str, told: str) -> None:
        assert told in sentence(text)

    def test_more_corners_than_are_taken(self) -> None:
        row = "123.6 -10.1\n123.7 -10.1\n123.7 -10.2\n"
        assert "paling banyak 60.000" in sentence(row * (MOST_VERTICES // 3 + 1))
        assert "10 MB" in sentence(" " * 10_000_001)

    @given(st.text(max_size=400))
    @settings(max_examples=300, deadline=None)
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            assert read_table(text, near=KUPANG).vertices >= 3
        except Refused as refused:
            assert list(refused.reasons) == ["parcel"]  # noqa: PT017

    @given(
        st.lists(
            st.lists(
                st.sampled_from(PIECES),
                max_size=12,
            ).map("".join),
            max_size=6,
        ).map("\n".join),
        st.sampled_from(["", "EPSG:32751", "EPSG:4326"]),
    )
    @settings(max_examples=500, deadline=None)
    def test_any_mixture_of_pieces_is_read_or_refused(self, text: str, crs: str) -> None:
        try:
            shape = read_table(text, crs=crs, near=KUPANG).shape
        except Refused as refused:
            assert list(refused.reasons) == ["parcel"]  # noqa: PT017
        else:
            assert projections.in_bounds(
                shapely.get_coordinates(shape), (92.0, -14.0, 142.0, 8.0)
            ).all()


def box_at(lon: float, lat: float, size: float, hole: bool) -> Polygon:
    shell = [(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size)]
    inner = [
        (x + (lon - x) * 0.5 + size * 0.25, y + (lat - y) * 0.5 + size * 0.25) for x, y in shell
    ]
    return Polygon(shell, [inner] if hole else [])


PARCELS = st.builds(
    lambda lon, lat, size, hole, parts: MultiPolygon(
        [box_at(lon + 2 * size * part, lat, size, hole) for part in range(parts)]
    ),
    st.floats(95.2, 140.5),
    st.floats(-10.9, 5.9),
    st.floats(0.0002, 0.02),
    st.booleans(),
    st.integers(1, 3),
)


class TestTheWayBack:
    @pytest.mark.parametrize("crs", ["decimal", "dms", "utm", "tm3"])
    @given(shape=PARCELS)
    @settings(max_examples=60, deadline=None)
    def test_a_written_table_reads_back_within_a_centimetre(
        self, crs: str, shape: MultiPolygon
    ) -> None:
        assume(abs(shape.bounds[1]) > 0.02)
        system = coordinates.system_of(shape, crs)
        text = coordinates.text(shape, crs)
        heading = "" if system.in_degrees else "No; X; Y\n"
        outline = read_table(heading + text, crs=system.code)
        again = outline.shape
        assert [len(part.interiors) for part in again.geoms] == [
            len(part.interiors) for part in shape.geoms
        ]
        assert apart(shapely.get_coordinates(again), shapely.get_coordinates(shape)) < 0.01

    @given(
        lon=st.floats(123.51, 123.69),
        lat=st.floats(-10.27, -10.09),
        code=st.sampled_from([32751, 23840]),
    )
    @settings(max_examples=100, deadline=None)
    def test_metres_of_the_town_need_no_system_and_no_heading(
        self, lon: float, lat: float, code: int
    ) -> None:
        shape = MultiPolygon([box_at(lon, lat, 0.001, hole=False)])
        outline = read_table(coordinates.text(shape, f"EPSG:{code}"), near=KUPANG)
        assert outline.crs == f"EPSG:{code}"
        assert apart(shapely.get_coordinates(outline.shape), shapely.get_coordinates(shape)) < 0.01

    def test_a_letter_prints_what_indonesians_write(self) -> None:
        shape = MultiPolygon([Polygon(CORNERS)])
        first = {crs: coordinates.table(shape, crs)[0] for crs in ("decimal", "dms", "utm", "tm3")}
        assert (first["decimal"].x_text, first["decimal"].y_text) == ("123,6012340", "-10,1712340")
        assert first["dms"].x_text == "123° 36' 04,4424\" BT"
        assert first["dms"].y_text == "10° 10' 16,4424\" LS"
        for crs, code in (("utm", 32751), ("tm3", 23840)):
            assert (first[crs].x, first[crs].y) == pytest.approx(projected(code)[0], abs=1e-6)
        assert first["utm"].x_text == "565.858,896"

    def test_seconds_never_round_to_sixty(self) -> None:
        shape = MultiPolygon([Polygon([(123.6, -10 - 59.9999999999 / 3600), *CORNERS[1:]])])
        assert coordinates.table(shape, "dms")[0].y_text == "10° 01' 00,0000\" LS"

    def test_rows_count_parts_rings_and_corners(self) -> None:
        parts = [box_at(123.6, -10.2, 0.001, hole) for hole in (True, False)]
        rows = coordinates.table(MultiPolygon([parts[0], shapely.affinity.translate(parts[1], 1)]))
        assert [(row.part, row.ring, row.number) for row in rows] == [
            *[(1, 0, n) for n in range(1, 5)],
            *[(1, 1, n) for n in range(1, 5)],
            *[(2, 0, n) for n in range(1, 5)],
        ]


class TestSystems:
    def test_the_cadastral_zone_of_kupang_is_51_2(self) -> None:
        assert [one.code for one in projections.offered(KUPANG)] == [
            "EPSG:4326",
            "EPSG:32751",
            "EPSG:23840",
        ]

    def test_names_and_meridians_are_those_of_pyproj(self) -> None:
        from pyproj import CRS

        for one in (*projections.UTM, *projections.TM3):
            crs = CRS.from_user_input(one.code)
            assert crs.name.lower().endswith(
                one.name.lower().replace("-3 zona", "-3 zone").replace("utm zona", "utm zone")
            )
            (meridian,) = (
                parameter.value
                for parameter in crs.coordinate_operation.params
                if parameter.name == "Longitude of natural origin"
            )
            assert meridian == one.meridian
