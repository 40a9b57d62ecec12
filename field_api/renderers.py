"""JSON, written quickly."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer


class QuickJSONRenderer(JSONRenderer):
    """DRF's own does what orjson cannot: indenting, and strings that are translated late."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = dict(renderer_context or {})
        if data is not None and self.get_indent(accepted_media_type or "", context) is None:
            with suppress(orjson.JSONEncodeError):
                return orjson.dumps(data)
        return super().render(data, accepted_media_type, renderer_context)
