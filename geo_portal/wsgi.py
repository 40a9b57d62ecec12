import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from geo_portal.bodies import ReadableBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geo_portal.settings")

application = ReadableBodies(get_wsgi_application())

# What is loaded by now stays. A batch of submissions makes tens of thousands of objects, and for
# every few of them Python would look through all the others again, a quarter of a batch's time.
import_module(settings.ROOT_URLCONF)
gc.freeze()
