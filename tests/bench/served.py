"""The portal with the made-up ground among its layers:
`gunicorn tests.bench.served:application`."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geo_portal.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from tests.bench import ground  # noqa: E402 - models need a started Django

ground.join()
