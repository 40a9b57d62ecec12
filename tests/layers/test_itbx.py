"""The use matrix out of a spreadsheet: every fault found, all of it or nothing, and back."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from openpyxl import Workbook, load_workbook

from layers.base import Refused
from layers.catalog.zoning.matrix_cells import Unclear, kbli_told, use_told, use_written
from layers.catalog.zoning.plans import SubZone, Vocabulary
from layers.catalog.zoning.provisions import OverlayKind
from layers.catalog.zoning.rule_files import About, Faulty, load_rules, sheets_of, write_rules
from layers.catalog.zoning.rules import Activity, OverlayRule, RuleSet, UseRule
from layers.demo import fixtures
from layers.ingest import spreadsheet

ABOUT = About(title="Uji", source="Uji", vocabulary="2021", valid_from=date(2026, 1, 1))
HEAD = ["Kode", "Kegiatan", "KBLI", "R-2", "K-1"]
SHEETS: Mapping[str, list[list[Any]]] = {
    "Matriks ITBX": [
        HEAD,
        ["K.1", "Toko", "47111", "T1 B3", "I"],
        ["K.2", "SPBU", "47301", "X", "-"],
    ],
    "Ketentuan": [["Nomor", "Teks"], ["T1", "Paling banyak 250 m²."], ["B3", "Tetangga setuju."]],
    "Intensitas": [["Subzona", "KDB", "KLB", "KDH", "Sumber"], ["R-2", 60, "2,4", "-", "Lampiran"]],
    "Padanan": [["Istilah", "Kode", "Sumber", "Catatan"], ["Permukiman", "R-2", "Rapat FPR", ""]],
    "Ketentuan khusus": [["Jenis", "Kelas", "Putusan", "Teks"], ["krb", "Tinggi", "X", "Tidak."]],
}  # fmt: skip


@pytest.fixture
def words(db: None) -> Vocabulary:
    made = Vocabulary.objects.create(code="2021", name="Permen 2021")
    older = Vocabulary.objects.create(code="2011", name="Perda 2011")
    for vocabulary, code in ((made, "R-2"), (made, "K-1"), (older, "Permukiman")):
        SubZone.objects.create(vocabulary=vocabulary, code=code, name=code, zone_code=code[0])
    return made


def workbook(folder: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    path = folder / "itbx.xlsx"
    book.save(path)
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(Faulty) as faulty:
        load_rules(path, code="itbx", about=ABOUT)
    assert not RuleSet.objects.exists(), "all or nothing"
    return [str(fault) for fault in faulty.value.faults]


class TestCells:
    @pytest.mark.parametrize(
        ("cell", "verdict", "conditions"),
        [
            ("I", "I", []),
            ("X", "X", []),
            ("T", "T", []),
            ("T1", "T", ["T1"]),
            ("b2,b5", "B", ["B2", "B5"]),
            ("T1 B3", "TB", ["T1", "B3"]),
            ("T-1/B.3", "TB", ["T1", "B3"]),
            ("TB", "TB", []),
            ("B2; B2", "B", ["B2"]),
        ],
    )
    def test_what_a_cell_says(self, cell: str, verdict: str, conditions: list[str]) -> None:
        assert use_told(cell) == (verdict, conditions)
        assert use_told(use_written(verdict, conditions)) == (verdict, conditions)

    @pytest.mark.parametrize("cell", ["", "-", " – "])
    def test_nothing_is_no_verdict(self, cell: str) -> None:
        assert use_told(cell) is None

    @pytest.mark.parametrize("cell", ["Y", "I1", "X2", "I T1", "X B2", "T1 x", "ya", "B" * 300])
    def test_what_is_unclear_is_told(self, cell: str) -> None:
        with pytest.raises(Unclear):
            use_told(cell)

    def test_kbli_codes(self) -> None:
        assert kbli_told("47111, 4712;01", as_number=False) == ["47111", "4712", "01"]
        assert kbli_told("-", as_number=False) == []
        for wrong in ("4", "471111", "A47"):
            with pytest.raises(Unclear):
                kbli_told(wrong, as_number=False)
        with pytest.raises(Unclear, match="misalnya 01461"):
            kbli_told("1461", as_number=True)


class TestLoading:
    def test_all_sheets_become_rules(self, words: Vocabulary, tmp_path: Path) -> None:
        rules, notes = load_rules(workbook(tmp_path, SHEETS), code="itbx", about=ABOUT)
        assert notes == []
        assert (rules.status, rules.vocabulary) == ("draft", words)
        uses = rules.uses.order_by("pk").select_related("activity", "sub_zone")
        told = [(use.activity.code, use.sub_zone.code, use.verdict, use.conditions) for use in uses]
        assert told == [
            ("K.1", "R-2", "TB", ["T1", "B3"]),
            ("K.1", "K-1", "I", []),
            ("K.2", "R-2", "X", []),
        ]
        assert Activity.objects.get(code="K.1").kbli == ["47111"]
        intensity = rules.intensities.get()
        assert (intensity.kdb, intensity.klb, intensity.kdh) == (60, 2.4, None)
        equivalent = rules.equivalents.get()
        assert (equivalent.word.code, equivalent.code.code) == ("Permukiman", "R-2")
        overlay = rules.overlay_rules.get()
        assert (overlay.kind.code, overlay.value, overlay.verdict) == ("KRB", "Tinggi", "X")

    def test_loading_a_draft_again_replaces_it_whole(
        self, words: Vocabulary, tmp_path: Path
    ) -> None:
        load_rules(workbook(tmp_path, SHEETS), code="itbx", about=ABOUT)
        fewer = {**SHEETS, "Matriks ITBX": SHEETS["Matriks ITBX"][:2]}
        load_rules(workbook(tmp_path, fewer), code="itbx")
        assert RuleSet.objects.get().title == "Uji"
        assert list(Activity.objects.values_list("code", flat=True)) == ["K.1"]

    def test_rules_in_force_take_no_spreadsheet(self, words: Vocabulary, tmp_path: Path) -> None:
        path = workbook(tmp_path, SHEETS)
        load_rules(path, code="itbx", about=ABOUT)
        RuleSet.objects.update(status="active")
        with pytest.raises(Refused, match="pakai kode baru"):
            load_rules(path, code="itbx")

    def test_new_rules_need_to_be_described(self, words: Vocabulary, tmp_path: Path) -> None:
        path = workbook(tmp_path, SHEETS)
        with pytest.raises(Refused, match="judul, sumber, kosakata"):
            load_rules(path, code="itbx")
        with pytest.raises(Refused, match="Tidak ada kosakata lama"):
            load_rules(path, code="itbx", about=About(vocabulary="lama"))

    def test_a_dry_run_leaves_nothing(self, words: Vocabulary, tmp_path: Path) -> None:
        load_rules(workbook(tmp_path, SHEETS), code="itbx", about=ABOUT, dry_run=True)
        assert not RuleSet.objects.exists()
        assert not OverlayKind.objects.exists()

    def test_a_title_above_and_groups_between_the_rows_are_no_activities(
        self, words: Vocabulary, tmp_path: Path
    ) -> None:
        head, shop, station = SHEETS["Matriks ITBX"]
        rows = [["Lampiran VI"], [], head, ["", "PERDAGANGAN"], shop, [], ["", "ENERGI"], station]
        load_rules(workbook(tmp_path, {**SHEETS, "Matriks ITBX": rows}), code="itbx", about=ABOUT)
        assert list(Activity.objects.values_list("code", flat=True)) == ["K.1", "K.2"]

    def test_sub_zones_of_their_own_sheet_join_the_vocabulary(
        self, words: Vocabulary, tmp_path: Path
    ) -> None:
        matrix = [[*HEAD, "RTH-5"], ["K.1", "Toko", "47111", "I", "I", "X"]]
        more = [["Kode", "Nama", "Kode zona", "Nama zona"], ["RTH-5", "Taman RW", "RTH", "RTH"],
                ["R-2", "Nama lain", "R", "Lain"]]  # fmt: skip
        path = workbook(tmp_path, {**SHEETS, "Matriks ITBX": matrix, "Subzona": more})
        load_rules(path, code="itbx", about=ABOUT)
        assert UseRule.objects.get(sub_zone__code="RTH-5").verdict == "X"
        assert SubZone.objects.get(code="R-2").name == "R-2", "what a name is stays"

    def test_a_sheet_that_nobody_knows_is_told(self, words: Vocabulary, tmp_path: Path) -> None:
        _, notes = load_rules(
            workbook(tmp_path, {**SHEETS, "Catatan": [["x"]]}), code="itbx", about=ABOUT
        )
        assert notes == ["Lembar «Catatan» tidak dikenal dan dilewati."]


class TestFaults:
    @pytest.mark.parametrize(
        ("sheet", "rows", "told"),
        [
            ("Matriks ITBX", [[*HEAD, "R-9"], ["K.1", "Toko", "47111", "I", "I", "I"]],
             "Matriks ITBX!F1: Kode subzona «R-9» tidak ada"),
            ("Matriks ITBX", [[*HEAD, "r-2"], ["K.1", "Toko", "47111", "I", "I", "I"]],
             "Matriks ITBX!F1: Subzona R-2 sudah punya kolom."),
            ("Matriks ITBX", [HEAD, ["K.1", "Toko", "47111", "I", "B7"]],
             "Matriks ITBX!E2: Ketentuan B7 tidak ada di lembar «Ketentuan»."),
            ("Matriks ITBX", [HEAD, ["K.1", "Toko", "47111", "boleh", "I"]],
             "Matriks ITBX!D2: «boleh» bukan I, T, B, X"),
            ("Matriks ITBX", [HEAD, ["K.1", "Toko", "47111", "=D1", "I"]],
             "Matriks ITBX!D2: Sel ini berisi rumus: tuliskan nilainya."),
            ("Matriks ITBX", [HEAD, ["K.1", "Ayam", 1461, "X", "I"]],
             "Matriks ITBX!C2: 1461 tertulis sebagai angka"),
            ("Matriks ITBX", [HEAD, ["K.1", "Toko", "47111", "I"], ["K.2", "Lain", "47111", "X"]],
             "Matriks ITBX!C3: KBLI 47111 sudah dipakai di baris 2"),
            ("Matriks ITBX", [HEAD, ["K.1", "Toko", "47111", "I"], ["K.1", "Lain", "47112", "X"]],
             "Matriks ITBX!A3: Kode K.1 sudah ada di baris 2."),
            ("Matriks ITBX", [HEAD, ["", "Toko", "47111", "I"]],
             "Matriks ITBX!A2: Kolom kode kosong."),
            ("Matriks ITBX", [["Toko", "47111", "I"]],
             "Matriks ITBX!A1: Tidak ada baris judul dengan kolom kode, kegiatan."),
            ("Matriks ITBX", [HEAD], "Matriks ITBX!A1: Matriks tidak berisi kegiatan."),
            ("Ketentuan", [["Nomor", "Teks"], ["T1", "a"], ["B3", "b"], ["T1", "c"]],
             "Ketentuan!A4: Ketentuan T1 sudah ada di atas."),
            ("Ketentuan", [["Nomor", "Teks"], ["T1", "a"], ["B3", "b"], ["lima", "c"]],
             "Ketentuan!A4: «lima» bukan nomor ketentuan seperti T1 atau B3."),
            ("Intensitas", [["Subzona", "KDB", "KLB", "KDH", "Sumber"], ["R-2", 0.6, 2, 10, "x"]],
             "Intensitas!B2: «0.6»: tuliskan KDB dalam persen"),
            ("Intensitas", [["Subzona", "KDB", "KLB", "KDH", "Sumber"], ["R-2", "a", 2, 9, "x"]],
             "Intensitas!B2: «a» bukan nilai KDB."),
            ("Intensitas", [["Subzona", "KDB", "KLB", "KDH", "Sumber"], ["R-2", 60, 2, 10, ""]],
             "Intensitas!E2: Kolom sumber kosong."),
            ("Padanan", [["Istilah", "Kode", "Sumber"], ["Kebun", "R-2", "x"]],
             "Padanan!A2: Istilah «Kebun» tidak ada"),
            ("Padanan", [["Istilah", "Kode", "Sumber"], ["Permukiman", "R-9", "x"]],
             "Padanan!B2: Kode subzona «R-9» tidak ada"),
            ("Ketentuan khusus", [["Jenis", "Kelas", "Putusan", "Teks"], ["JALAN", "", "B", "x"]],
             "Ketentuan khusus!A2: Tidak ada jenis ketentuan khusus «JALAN»."),
            ("Ketentuan khusus", [["Jenis", "Kelas", "Putusan", "Teks"], ["KRB", "", "Z", "x"]],
             "Ketentuan khusus!C2: «Z» bukan I, T, B, TB atau X."),
        ],
    )  # fmt: skip
    def test_a_wrong_cell_is_told_with_its_place(
        self, words: Vocabulary, tmp_path: Path, sheet: str, rows: list[list[Any]], told: str
    ) -> None:
        found = faults(workbook(tmp_path, {**SHEETS, sheet: rows}))
        assert [one for one in found if one.startswith(told)], found

    def test_every_fault_is_told_at_once(self, words: Vocabulary, tmp_path: Path) -> None:
        rows = [[*HEAD, "R-9"], ["K.1", "Toko", "4", "Y", "B7"], ["K.2", "", "47301", "X", "X"]]
        assert len(faults(workbook(tmp_path, {**SHEETS, "Matriks ITBX": rows}))) == 5

    def test_a_percentage_of_the_spreadsheet_is_one(
        self, words: Vocabulary, tmp_path: Path
    ) -> None:
        path = workbook(tmp_path, SHEETS)
        book = load_workbook(path)
        book["Intensitas"]["B2"].value = 0.6
        book["Intensitas"]["B2"].number_format = "0%"
        book.save(path)
        rules, _ = load_rules(path, code="itbx", about=ABOUT)
        assert rules.intensities.get().kdb == 60


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("itbx.xlsx", b"", "bukan berkas XLSX"),
            ("itbx.xlsx", b"PK\x03\x04" + b"\0" * 200, "bukan berkas XLSX"),
            ("itbx.xls", b"\xd0\xcf\x11\xe0", "bukan berkas XLSX"),
            ("itbx.exe", b"MZ", "bukan berkas XLSX"),
            ("itbx.csv", b"x," * 500, "melebihi 5000 baris atau 400 kolom"),
            ("itbx.csv", b"x\n" * 6000, "melebihi 5000 baris atau 400 kolom"),
            ("itbx.csv", b'"' + b"x" * 200_000, "rusak"),
        ],
    )
    def test_what_is_no_spreadsheet_is_told(
        self, tmp_path: Path, name: str, content: bytes, told: str
    ) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(spreadsheet.Unreadable, match=told):
            spreadsheet.read(tmp_path / name)

    def damaged(self, folder: Path, member: str, content: bytes) -> Path:
        """A workbook of which one part is another."""
        path, other = workbook(folder, SHEETS), folder / "rusak.xlsx"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, content if name == member else old.read(name))
        return other

    def test_a_zip_bomb_is_not_unpacked(self, tmp_path: Path) -> None:
        path = self.damaged(tmp_path, "xl/worksheets/sheet1.xml", b" " * (200 * 1024**2))
        assert path.stat().st_size < 1024**2
        with pytest.raises(spreadsheet.Unreadable, match="terlalu besar bila dibuka"):
            spreadsheet.read(path)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<worksheet",
            b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>'
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            b'<sheetData><row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData>'
            b"</worksheet>",
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            b'<sheetData><row r="1"><c t="inlineStr"><is><t>&f;</t></is></c></row></sheetData>'
            b"</worksheet>",
        ],
        ids=["empty", "cut-off", "entities", "a-file-of-the-server"],
    )
    def test_damaged_and_crafted_sheets_are_refused(self, tmp_path: Path, content: bytes) -> None:
        path = self.damaged(tmp_path, "xl/worksheets/sheet1.xml", content)
        with pytest.raises(spreadsheet.Unreadable, match="rusak dan tidak dapat dibaca"):
            spreadsheet.read(path)

    def test_a_workbook_without_its_parts_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "itbx.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
        with pytest.raises(spreadsheet.Unreadable, match="rusak"):
            spreadsheet.read(path)

    @pytest.mark.parametrize("cell", ["A6001", "XFD1", "XFD1048576"])
    def test_a_cell_far_out_is_refused_quickly(self, tmp_path: Path, cell: str) -> None:
        book = Workbook()
        book.worksheets[0][cell] = "jauh"
        book.save(tmp_path / "itbx.xlsx")
        with pytest.raises(spreadsheet.Unreadable, match="melebihi 5000 baris"):
            spreadsheet.read(tmp_path / "itbx.xlsx")


class TestBackAgain:
    @pytest.fixture
    def demo(self, db: None) -> RuleSet:
        """The matrix of the demo city, out of its CSV files."""
        for code, name in (("2021", "zones"), ("2011", "zone-words")):
            words = Vocabulary.objects.create(code=code, name=code)
            SubZone.objects.bulk_create(
                SubZone(vocabulary=words, **row) for row in fixtures.rows(name)
            )
        return load_rules(settings.BASE_DIR / "fixtures" / "itbx.csv", code="a", about=ABOUT)[0]

    def test_what_was_written_is_loaded_as_the_same(self, demo: RuleSet, tmp_path: Path) -> None:
        write_rules(demo, tmp_path / "itbx.xlsx")
        again, notes = load_rules(tmp_path / "itbx.xlsx", code="b", about=ABOUT)
        assert notes == []
        assert sheets_of(again) == sheets_of(demo)
        assert OverlayRule.objects.filter(rule_set=again).count() == 13
        assert again.equivalents.count() == 18

    def test_semicolons_and_old_encodings_of_a_csv_are_understood(
        self, words: Vocabulary, tmp_path: Path
    ) -> None:
        for name, sheet in (("itbx", "Matriks ITBX"), ("itbx-ketentuan", "Ketentuan")):
            with (tmp_path / f"{name}.csv").open("w", encoding="cp1252", newline="") as file:
                csv.writer(file, delimiter=";").writerows(SHEETS[sheet])
        rules, _ = load_rules(tmp_path / "itbx.csv", code="itbx", about=ABOUT)
        assert rules.conditions.get(number="T1").text == "Paling banyak 250 m²."
        assert rules.uses.count() == 3

    def test_the_commands_load_look_and_write(self, words: Vocabulary, tmp_path: Path) -> None:
        def run(*told: Any) -> str:
            out = StringIO()
            call_command("load_itbx", *map(str, told), stdout=out, stderr=out)
            return out.getvalue()

        path = workbook(tmp_path, SHEETS)
        about = ["--title", "ITBX", "--source", "Perwali", "--vocabulary", "2021"]
        about += ["--valid-from", "2026-01-01", "--rules", "itbx"]
        assert "nothing was written" in run(path, *about, "--dry-run")
        assert run(path, *about) == "itbx: loaded, a draft.\n"
        run(tmp_path / "lagi.xlsx", "--rules", "itbx", "--write")
        assert run(tmp_path / "lagi.xlsx", "--rules", "itbx") == "itbx: loaded, a draft.\n"
        wrong = workbook(tmp_path, {**SHEETS, "Ketentuan": [["Nomor", "Teks"], ["T1", "a"]]})
        with pytest.raises(CommandError, match="Nothing was written: 1 sel harus diperbaiki"):
            run(wrong, "--rules", "itbx")
        with pytest.raises(CommandError, match="Tidak ada berkas"):
            run(tmp_path / "tiada.xlsx", "--rules", "itbx")
        with pytest.raises(CommandError, match="no rules 'x'"):
            run(tmp_path / "lagi.xlsx", "--rules", "x", "--write")
