import os

from django.core.wsgi import get_wsgi_application

from geo_portal.bodies import ReadableBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geo_portal.settings")

application = ReadableBodies(get_wsgi_application())
