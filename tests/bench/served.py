"""The portal with the made-up ground among its layers:
`gunicorn tests.bench.served:application`."""

from geo_portal.wsgi import application  # first of all: models need a started Django
from tests.bench import ground

ground.join()

__all__ = ["application"]
