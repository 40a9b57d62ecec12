"""Scripts and styles: one address for good, packed beforehand, and nothing stale."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.templatetags.static import static
from django.test import Client, override_settings

from geo_portal import static_files
from maps.assets import static_file

SCRIPT = "maps/main.js"


def body(address: str, encoding: str) -> tuple[str, bytes]:
    answer = Client().get(address, headers={"accept-encoding": encoding})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "max-age=315360000, public, immutable"
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return answer.headers.get("Content-Encoding", ""), content


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One script, packed."""
    monkeypatch.setattr(static_files, "_files", lambda: iter([static_file(SCRIPT)]))
    with override_settings(STATIC_PACKED=tmp_path):
        assert static_files.pack() == 2
        yield tmp_path


def test_a_script_comes_packed_as_the_browser_likes_it_best(packs: Path) -> None:
    whole = static_file(SCRIPT).read_bytes()

    name, content = body(static(SCRIPT), "gzip, deflate, br, zstd")
    assert (name, brotli.decompress(content)) == ("br", whole)
    name, content = body(static(SCRIPT), "gzip")
    assert (name, gzip.decompress(content)) == ("gzip", whole)
    assert body(static(SCRIPT), "identity") == ("", whole)


def test_what_is_packed_is_not_packed_again(packs: Path) -> None:
    assert static_files.pack() == 0


def test_what_was_edited_is_never_answered_from_an_older_pack(packs: Path) -> None:
    changed = packs / "changed.js"
    changed.write_bytes(static_file(SCRIPT).read_bytes())
    assert static_files._twins(changed)["br"].exists()
    changed.write_text(changed.read_text() + "// edited\n")
    assert not static_files._twins(changed)["br"].exists()


def test_an_address_of_another_release_is_not_found(packs: Path) -> None:
    assert Client().get(f"/static/0123456789/{SCRIPT}").status_code == 404
    assert Client().get(f"/static/{SCRIPT}").status_code == 404


def test_every_change_that_a_browser_may_see_is_a_new_version(tmp_path: Path) -> None:
    for name in (*static_files.CHOICE, "maps/static/a.js", "field_api/app/b.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    seen = {static_files.version(tmp_path)}
    (tmp_path / "maps/static/a.js").write_text("other")
    seen.add(static_files.version(tmp_path))
    (tmp_path / "maps/static/a.js").rename(tmp_path / "maps/static/c.js")
    seen.add(static_files.version(tmp_path))
    (tmp_path / "package-lock.json").write_text("newer")
    seen.add(static_files.version(tmp_path))
    assert len(seen) == 4


def test_no_file_of_ours_holds_the_address_of_a_release() -> None:
    folders = (settings.BASE_DIR / name for name in static_files.OWN)
    own = [path for folder in folders for path in folder.rglob("*.[cj]s*")]
    assert own
    assert [path.name for path in own if "/static/" in path.read_text()] == []
