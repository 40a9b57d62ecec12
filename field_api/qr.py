"""QR codes as pictures, and what ODK Collect reads out of one."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode

import segno


def picture(text: str) -> str:
    """An address (`data:`) of an SVG that cameras read on a light and on a dark page."""
    code = segno.make(text, error="l", boost_error=True, micro=False)
    return code.svg_data_uri(dark="#000", light="#fff", border=4)


def collect_settings(server_url: str, project: str) -> str:
    """Settings of ODK Collect: base64 of zlib of JSON (docs.getodk.org/collect-import-export).
    What they do not name is set to Collect's default; `general` and `admin` must be there."""
    settings = {
        "general": {
            "server_url": server_url,
            "form_update_mode": "match_exactly",
            "autosend": "wifi_and_cellular",
            "app_language": "in",
        },
        "admin": {},
        "project": {"name": project, "icon": "K", "color": "#0b5563"},
    }
    return b64encode(zlib.compress(json.dumps(settings).encode())).decode()
