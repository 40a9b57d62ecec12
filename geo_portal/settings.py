"""Every setting, read from the environment where an installation may differ."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF

from geo_portal import gdal, local_folder, localdb, static_files

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"
env = environ.Env()

# -- secrets and hosts

SECRET_KEY = env("SECRET_KEY", default="") or local_folder.secret_key(LOCAL_DIR)
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# https://portal.example: the address that letters bear for good. Empty: that of the first request.
SITE_URL = env("SITE_URL", default="")

# Under which terms the public layers are given away, and who answers for them: DCAT and files say
# so.
DATA_LICENCE = env("DATA_LICENCE", default="https://creativecommons.org/licenses/by/4.0/")
DATA_CONTACT = env("DATA_CONTACT", default="")  # an e-mail address
# A download: the most rows of one, and how many a process makes at once.
EXPORT_ROWS = env.int("EXPORT_ROWS", default=1_000_000)
EXPORTS_AT_ONCE = env.int("EXPORTS_AT_ONCE", default=3)

# HTTPS=1 says that a proxy in front ends TLS and sets X-Forwarded-Proto itself.
HTTPS = env.bool("HTTPS", default=False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # The probes of an orchestrator come from inside, without TLS.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SESSION_ENGINE = "geo_portal.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# -- the parts

INSTALLED_APPS = [
    *("geo_portal", "layers", "field_api", "maps"),
    *("rest_framework", "rest_framework_gis", "knox", "django_filters"),
    *("drf_spectacular", "drf_spectacular_sidecar", "csp"),
    *("django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes"),
    *("django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles"),
    *("django.contrib.gis", "django.contrib.postgres"),
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "geo_portal.encodings.Encodings",  # before anybody reads the headers
    "geo_portal.request_ids.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "maps.tiles.views.StoredTiles",
    # Pads what it compresses, so that the length of a page does not give its CSRF token away.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "geo_portal.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "field_api.authentication.TokenExpiry",
]

ROOT_URLCONF = "geo_portal.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# -- PostGIS, and the GDAL and GEOS that GeoDjango loads

GDAL_LIBRARY_PATH = env("GDAL_LIBRARY_PATH", default=None) or gdal.gdal_library()
GEOS_LIBRARY_PATH = env("GEOS_LIBRARY_PATH", default=None) or gdal.geos_library()

# LOCALDB names the local cluster, "run" kept and "test" thrown away; empty: another's server.
if env("DATABASE_URL", default=""):
    LOCALDB, database = "", env.db("DATABASE_URL")
else:
    LOCALDB = env("LOCALDB", default="run")
    database = localdb.Cluster(LOCALDB, BASE_DIR).address()
DATABASES = {
    "default": database
    | {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
            # Compiling a query costs more than any of ours takes.
            "options": "-c jit=off",
        }
        | database.get("OPTIONS", {}),
        # Two test runs side by side each have their own database.
        "TEST": {"NAME": env("TEST_DATABASE", default="test_portal")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- what is done by the clock

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
# A schedule that was missed while nobody worked, for a week at most, is made up for.
PROCRASTINATE_PERIODIC_DEFAULTS = {"max_delay": 8 * 24 * 3600}

# -- people and their language

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Asia/Makassar"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{rule}Validator"}
    for rule in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]

# -- files

# A release has addresses of its own for all of them, relative ones between them included.
STATIC_URL = f"/static/{static_files.version(BASE_DIR)}/"
# Their packed twins, from `manage.py pack_static`.
STATIC_PACKED = Path(env("STATIC_PACKED", default=str(LOCAL_DIR / "packed")))
STATICFILES_DIRS = [("field", BASE_DIR / "field_api" / "app")]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "geo_portal.vendor.NodeModulesFinder",
]
WHITENOISE_USE_FINDERS = True  # found once, at start, where they lie: no collectstatic
if not DEBUG:
    WHITENOISE_IMMUTABLE_FILE_TEST = f"^{STATIC_URL}"

# No address serves this folder: photos leave through views that ask who is looking.
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(LOCAL_DIR / "media")))
# Tiles that everybody may see, as files which a web server may serve by itself. Empty: no store.
TILE_STORE = env("TILE_STORE", default=str(MEDIA_ROOT.parent / "tiles"))
TILE_STORE_BYTES = env.int("TILE_STORE_BYTES", default=10 * 1024**3)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# What phones attach. Originals lie in MEDIA_ROOT/originals, for their sender and the law only.
ATTACHMENT_BYTES = env.int("ATTACHMENT_BYTES", default=25 * 1024**2)
ATTACHMENTS_PER_SUBMISSION = 20
ATTACHMENTS_BEGUN = env.int("ATTACHMENTS_BEGUN", default=200)  # of one person, not complete yet
ATTACHMENT_PENDING_BYTES = 4 * 1024**3  # of one person: unfinished, or without their submission
UPLOAD_DAYS = 30  # an upload that was never finished is forgotten after
ORIGINAL_DAYS = env.int("ORIGINAL_DAYS", default=365)  # then only its hash is kept
SETTLE_IN_BACKGROUND = env.bool("SETTLE_IN_BACKGROUND", default=True)

# What offices hand in as files.
UPLOAD_BYTES = env.int("UPLOAD_BYTES", default=60 * 1000**2)
UPLOAD_BYTES_AT_ONCE = 2 * 1000**2  # what is larger is checked in the background

# -- letters to offices that are late; without a mail server they lie in a folder

EMAIL_HOST = env("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 20
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = LOCAL_DIR / "mail"
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Geo Portal <portal@localhost>")

# -- what may lie under the layers, beside the city's own ground: one of these

# https://tiles.example/{z}/{x}/{y}.png, or a PMTiles archive: a path on this server or an https
# address
BASEMAP_RASTER_URL = env("BASEMAP_RASTER_URL", default="")
BASEMAP_PMTILES = env("BASEMAP_PMTILES", default="")
BASEMAP_ATTRIBUTION = env("BASEMAP_ATTRIBUTION", default="")
# The one host beside ours that a page may ask.
BASEMAP_HOSTS = [
    f"{found.scheme}://{found.netloc}"
    for found in map(urlsplit, (BASEMAP_RASTER_URL, BASEMAP_PMTILES))
    if found.scheme in ("http", "https")
]

# -- what a browser may do with our pages

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{n: [SELF] for n in ("default-src", "base-uri", "form-action")},
        "connect-src": [SELF, *BASEMAP_HOSTS],
        # Import maps and json_script are inline, so scripts may carry the request's nonce.
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:", *BASEMAP_HOSTS],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "frame-ancestors": [SELF],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # a map document stands in a frame of our own pages

# -- the field API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "field_api.authentication.DeviceToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["field_api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "field_api.errors.problem",
    "DEFAULT_THROTTLE_CLASSES": ["field_api.throttles.PerSender"],
    # How many proxies in front append to X-Forwarded-For; what stands before theirs is invented.
    "NUM_PROXIES": env.int("PROXIES", default=int(HTTPS)),
}
# A device's requests: so many at once, and so many more each second. A batch is one request.
DEVICE_BURST = env.int("DEVICE_BURST", default=120)
DEVICE_REFILL = env.float("DEVICE_REFILL", default=2)
REQUESTS_PER_MINUTE = {
    "session": 600,  # a person at a desk
    "address": 120,  # strangers; a mobile network puts many behind one address
    "failure": 30,  # wrong tokens and wrong enrolment codes
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Apart, for whoever asks from many addresses would push everything else out.
    "throttles": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "throttles",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}
KNOX_TOKEN_MODEL = "knox.AuthToken"
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=365),  # a phone may be out of reach for months
    "AUTH_HEADER_PREFIX": "Token",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Geo Portal: field API",
    "DESCRIPTION": "What phones, citizens and other systems may send to the city.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# -- one line per event, to stderr; a request's own data is never part of it

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "geo_portal.request_ids.Line",
            "fmt": "{asctime} {levelname} {name} {request_id}: {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Every 404 of a passing robot is a warning to Django, every HEAD one to gunicorn.
        "django.request": {"level": "ERROR"},
        "gunicorn.http.wsgi": {"level": "ERROR"},
        # Every step of every job is a line, and each task of the schedule at every start.
        "procrastinate": {"level": "WARNING"},
        # Setting a letter tells each of its steps, some hundred lines.
        **{
            name: {"level": "WARNING"}
            for name in ("weasyprint", "weasyprint.progress", "fontTools")
        },
    },
}
