"""/field/: the officers' app, its service worker and its manifest. The app itself is static."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

APP = Path(__file__).resolve().parent / "app"
PAGE = "field_api/app.html"
WORKER = "service_worker.js"
FONT = "vendor/plus-jakarta-sans/files/plus-jakarta-sans-{}-wght-normal.woff2"
# What the app needs offline beside its own files.
SHELL_EXTRAS = [
    "vendor/idb/index.js",
    *(f"vendor/maplibre-gl/maplibre-gl{end}" for end in (".css", ".mjs", "-shared.mjs")),
    "vendor/maplibre-gl/maplibre-gl-worker.mjs",
    *(FONT.format(script) for script in ("latin", "latin-ext")),
    *(f"maps/{name}" for name in ("mark.svg", "tokens.css", "page.css", "element.js", "map.js")),
    *(f"maps/{name}" for name in ("style.js", "classes.js", "format.js")),
    *(f"maps/{name}" for name in ("stack.js", "overview.js", "hatch.js")),
]


@require_safe
@ensure_csrf_cookie
@cache_control(private=True, no_cache=True)
def app(request: HttpRequest) -> HttpResponse:
    """The same page for everybody: it is kept on the phone."""
    return render(request, PAGE)


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker with the list of the files it keeps; a change in any of them is a new worker."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = reverse("field-app")
    return response


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    content = {
        "name": "Petugas Lapangan Kota Kupang",
        "short_name": "Lapangan",
        "description": "Laporan lapangan, juga tanpa jaringan.",
        "lang": "id",
        "id": reverse("field-app"),
        "start_url": reverse("field-app"),
        "scope": reverse("field-app"),
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b5563",
        "icons": [
            _icon("mark-192", 192),
            _icon("mark-512", 512),
            _icon("mark-maskable-512", 512) | {"purpose": "maskable"},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


def _icon(name: str, side: int) -> dict[str, str]:
    src = static(f"field/icons/{name}.png")
    return {"src": src, "type": "image/png", "sizes": f"{side}x{side}"}


def _worker() -> str:
    return _written() if settings.DEBUG else _written_once()


@lru_cache
def _written_once() -> str:
    return _written()


def _written() -> str:
    files = shell_files()
    digest = hashlib.sha256(render_to_string(PAGE).encode())
    for name in files:
        digest.update(name.encode() + b"\0" + Path(_found(name)).read_bytes())
    worker = (APP / WORKER).read_text()
    digest.update(worker.encode())
    shell = {
        "version": digest.hexdigest()[:16],
        "page": reverse("field-app"),
        "files": [static(name) for name in files],
    }
    # The worker has an address of its own, so what is beside it here is elsewhere for a browser.
    worker = worker.replace('from "./', f'from "{static("field/")}')
    return f"const SHELL = {json.dumps(shell, indent=1)};\n{worker}"


def shell_files() -> list[str]:
    """Every static file that the app consists of, by its name under /static/."""
    own = (path.relative_to(APP) for path in sorted(APP.rglob("*")) if path.is_file())
    icons = re.findall(r'url\("\.\./([^"]+)"\)', (APP / "app.css").read_text())
    return [f"field/{path}" for path in own if str(path) != WORKER] + SHELL_EXTRAS + icons


def _found(name: str) -> str:
    path = finders.find(name)
    if not isinstance(path, str):
        raise LookupError(f"The app lists {name}, which nothing serves.")
    return path
