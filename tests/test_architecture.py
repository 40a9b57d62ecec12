"""The house keeps its shape: rules of DESIGN.md that a machine can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from layers.registry import LAYERS

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("geo_portal", "layers", "field_api", "maps")
MEASURES = "catalog/zoning/measures/one"
OVERVIEWS = ("overviews/grid", "overviews/shapes", "overviews/weight")
TILE_CHANGES = ("tile_changes", "tile_sources", "tile_triggers")
SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_theme_of_the_catalog_declares_a_layer() -> None:
    themes = {
        path.stem
        for path in (ROOT / "layers" / "catalog").iterdir()
        if not path.name.startswith("_")
    }
    assert themes == {layer.theme.id for layer in LAYERS.values()}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_module_has_a_name_that_says_nothing(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "core", "misc", "signals"}


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if {"maps", "applicants"} & {*p.parts}], ids=name
)
def test_pages_ask_layers_not_models(path: Path) -> None:
    assert ".objects" not in path.read_text()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_raw_sql_has_one_home(path: Path) -> None:
    homes = {
        f"layers/{home}.py"
        for home in ("features", "tiles", "bulk", "arrow", MEASURES, *OVERVIEWS, *TILE_CHANGES)
    }
    if name(path) in homes or "geo_portal" in path.parts:
        return
    assert not re.search(r"cursor\(\)|RawSQL|\.raw\(|\.extra\(", path.read_text())


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 330
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 60, f"{path.name}:{node.name}"


def test_no_layer_is_a_special_case() -> None:
    outside = [path for path in SOURCES if "catalog" not in path.parts and "demo" not in path.parts]
    for path in outside:
        assert not re.search(r"(layer\.id|layer_id)\s*==\s*[\"']", path.read_text()), name(path)


def test_the_officers_app_knows_no_layer_by_name() -> None:
    """Forms and lists come to the phone declared: a new layer needs no line of the app."""
    forms = [layer.accepts for layer in LAYERS.values() if layer.accepts]
    names = set(LAYERS) | {codes.id for form in forms for codes in form.lists}
    for path in sorted((ROOT / "field_api" / "app").rglob("*.js")):
        literals = set(re.findall(r"""["'`]([^"'`\n]*)["'`]""", path.read_text()))
        assert not literals & names, name(path)


def test_folium_is_known_to_the_documents_only() -> None:
    for path in SOURCES:
        if re.search(r"^\s*(import|from) (folium|branca)", path.read_text(), re.MULTILINE):
            assert name(path).startswith("maps/documents"), name(path)


def test_no_migration_is_forgotten() -> None:
    """In a process of its own: benches have models here that no migration knows."""
    command = [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]
    asked = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "consistent migration history" not in asked.stderr  # it saw a database


def test_locks_hold_hashes_and_no_address() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "http" not in text


def test_django_is_not_one_with_open_holes() -> None:
    import django

    assert django.VERSION >= (5, 2, 19)
