"""Every setting, read from the environment. `.env.example` lists what can be set and docs/operations.md says how.

Safe by default: without DEBUG or DEMO this is a production configuration.
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from integration_portal import deployment

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env("SECRET_KEY")
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
if FAULTS := deployment.faults(
    public_url=PUBLIC_URL, allowed_hosts=ALLOWED_HOSTS, secret_key=SECRET_KEY, demo=DEMO, debug=DEBUG
):
    raise ImproperlyConfigured("The portal does not start with these settings.\n" + "\n".join(FAULTS))
HTTPS = PUBLIC_URL.lower().startswith("https://")

INSTALLED_APPS = [
    "integration_portal.apps.PortalConfig",
    "partnerships",
    "indicators",
    "orgs",
    "modeltranslation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "integration_portal.apps.FrontEndConfig",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_celery_beat",
    "django_cotton",
    "django_filters",
    "django_htmx",
    "pghistory",
    "pgtrigger",
    "orgs.mail.apps.MailConfig",
]

if not deployment.is_reachable(public_url=PUBLIC_URL, allowed_hosts=ALLOWED_HOSTS):
    INSTALLED_APPS += ["devtools", "demo"] if DEMO else ["devtools"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "integration_portal.middleware.OnePolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "integration_portal.middleware.PrivacyMiddleware",
    "integration_portal.middleware.ReadableRequestMiddleware",
    "orgs.middleware.TimeZoneMiddleware",
    "integration_portal.public_pages.PublicPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "orgs.middleware.AccountLocaleMiddleware",
    "orgs.middleware.KeepingLoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "orgs.middleware.SecondStepMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "orgs.middleware.SparingUserSessionsMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "integration_portal.urls"
WSGI_APPLICATION = "integration_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "orgs.context_processors.navigation",
            ],
        },
    },
]
# A component is templates/components/NAME.html, used as <c-name>; it sees what it is given and what every page has.
COTTON_DIR = "components"
COTTON_ISOLATE_BY_DEFAULT = True
FORM_RENDERER = "orgs.forms.PortalRenderer"

# --- Data ---------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["ATOMIC_REQUESTS"] = False
# Compiling a query pays only for a fraction of what the planner takes to be dear: a page would spend a tenth of a second on it.
DATABASES["default"]["OPTIONS"] = {"options": "-c jit=off", **DATABASES["default"].get("OPTIONS", {})}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Rate limits and the like need a cache that all processes share. It lives in PostgreSQL, so that no page depends on Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # Who has a message has a session, so no page of everybody's.
# How long a page of everybody's is served as it was made, at most; what changes it is noticed at once.
PUBLIC_PAGES_SECONDS = 900
# How long a process does without looking whether another one has changed the portal's name, languages or time zone.
PORTAL_SECONDS = 10

# --- Work in the background ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = env("REDIS_URL")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 1500
CELERY_TASK_TIME_LIMIT = 1560
CELERY_TASK_PUBLISH_RETRY = False  # A request never waits for Redis: the work is in PostgreSQL and beat catches up.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# For the worker and beat, which may wait; a request that asks for a task waits less (orgs/queue.py).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "retry_on_timeout": False,
    "max_retries": 0,
}
CELERY_BEAT_SCHEDULER = "integration_portal.schedule:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BEAT_SCHEDULE = {
    "roll up what changed": {"task": "indicators.tasks.roll_up", "schedule": 60},
    "check files that were taken in": {"task": "indicators.tasks.work_on_imports", "schedule": 60},
    "check the figures": {"task": "indicators.tasks.audit_figures", "schedule": crontab(hour="2", minute="30")},
    "make releases": {"task": "indicators.tasks.make_releases", "schedule": 60},
    "make the files of releases": {"task": "indicators.tasks.make_release_files", "schedule": 60},
    "send queued mail": {"task": "orgs.tasks.send_queued_mail", "schedule": 30},
    "remind of reports": {"task": "indicators.tasks.send_reminders", "schedule": 24 * 3600},
    "remove files of which no figures came": {"task": "indicators.tasks.remove_old_files", "schedule": 24 * 3600},
    "tell reviewers": {"task": "orgs.tasks.send_reviewer_digests", "schedule": 24 * 3600},
    "remind of renewals": {"task": "orgs.tasks.send_renewal_reminders", "schedule": 24 * 3600},
    "ask whether services are still right": {
        "task": "orgs.tasks.ask_whether_services_are_still_right",
        "schedule": 24 * 3600,
    },
    "tell of needs and offers that meet": {
        "task": "orgs.tasks.tell_of_matching_needs_and_offers",
        "schedule": 24 * 3600,
    },
    "remove stale drafts": {"task": "orgs.tasks.remove_stale_drafts", "schedule": 24 * 3600},
    "forget what nobody read": {"task": "orgs.tasks.forget_what_nobody_read", "schedule": 3600},
    "remove stale files of territories": {"task": "orgs.tasks.remove_stale_territory_files", "schedule": 24 * 3600},
    "check files of organisations": {"task": "orgs.tasks.work_on_organisation_files", "schedule": 60},
    "tell listed organisations": {"task": "orgs.tasks.tell_listed_organisations", "schedule": 60},
    "remove stale files of organisations": {
        "task": "orgs.tasks.remove_stale_organisation_files",
        "schedule": 24 * 3600,
    },
    "remove files without a row": {"task": "orgs.tasks.remove_orphaned_files", "schedule": 24 * 3600},
    "remove public pages": {"task": "orgs.tasks.remove_public_pages", "schedule": 60},
    "forget forms": {"task": "orgs.tasks.forget_forms", "schedule": 3600},
    "remove old mail": {"task": "orgs.tasks.remove_old_mail", "schedule": 24 * 3600},
}
DJANGO_CELERY_BEAT_TZ_AWARE = True

# --- People -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "orgs.User"
AUTHENTICATION_BACKENDS = ["orgs.accounts.authentication.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "orgs.accounts.authentication.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Beside allauth's own. Many people may register from one address, in a library or at an advice day.
ACCOUNT_RATE_LIMITS = {
    "begin_registration": "30/h/ip",
    "send_registration": "20/h/ip,4/h/key",
    "ask_to_join": "20/h/ip,4/h/key",
    "invite_member": "60/h/user,4/h/key",
    "first_administrator": "20/h/ip",
    "voice_need": "10/h/ip",
    "make_remark": "10/h/ip",
}
# How many proxies before the portal write X-Forwarded-For; the limits above, and allauth's, count by the address that they saw.
# TLS is ended by a proxy, so that there is at least one; where there is none, whoever writes the header would choose an address.
ALLAUTH_TRUSTED_PROXY_COUNT = int(env("TRUSTED_PROXY_COUNT", default="") or HTTPS)
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = "orgs.accounts.authentication.display_name"
# Reviewers, stewards, managers and administrators. Without TLS there are no strangers (integration_portal/deployment.py).
SECOND_STEP_REQUIRED = HTTPS
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "orgs.accounts.authentication.SecondStepAdapter"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or DEMO
USERSESSIONS_TRACK_ACTIVITY = True

# --- History: who changed what, told by the requests that may change something --------------------------------------
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# --- Mail: queued in the transaction that causes it, sent by the worker (orgs/mail/) --------------------------------
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20
POST_OFFICE = {"SENDING_ORDER": ["-priority", "scheduled_time", "pk"]}
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="portal@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Languages ----------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("fr", _("French")), ("ar", _("Arabic"))]
# In which the portal may be offered: those of which every text is translated. An administrator chooses among them; in the others only names
# and definitions may be given.
OFFERED_LANGUAGES = ["en", "es", "fr", "ar"]
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
# A name may be there in one language alone, whichever that is. The portal's first language comes before these (`orgs.installation`).
MODELTRANSLATION_FALLBACK_LANGUAGES = tuple(code for code, _name in LANGUAGES)
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["integration_portal.formats"]
USE_TZ = True
# Until an administrator chooses one, and for what runs without a request: commands and the hours of the schedule.
TIME_ZONE = env("TIME_ZONE", default="Europe/Madrid")

# --- Files --------------------------------------------------------------------------------------------------------
NODE_MODULES = BASE_DIR / "node_modules"
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/bootstrap", NODE_MODULES / "bootstrap" / "dist"),
    ("vendor/bootstrap-icons", NODE_MODULES / "bootstrap-icons"),
    ("vendor/echarts", NODE_MODULES / "echarts" / "dist"),
    ("vendor/leaflet", NODE_MODULES / "leaflet" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "orgs.storage.WholeFileStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False
# Uploads are private: no URL serves them but views that ask who may read.
MEDIA_ROOT = VAR_DIR / "media"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # The texts of a file that is being described, each with its code.
DOCUMENT_MAX_BYTES = env.int("DOCUMENT_MAX_BYTES", default=15 * 1024 * 1024)
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=40 * 1024 * 1024)

# --- Safety -------------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_REFERRER_POLICY = "same-origin"
# A browser takes a cookie of such a name from this host alone, over TLS, for every path: no neighbour under the domain can plant one.
HOST_COOKIE = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{HOST_COOKIE}sessionid"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = f"{HOST_COOKIE}csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = f"{HOST_COOKIE}django_language"
CSRF_FAILURE_VIEW = "orgs.forms.forgery.refuse_forgery"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Logs ---------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"refusals in one line": {"()": "integration_portal.logs.RefusalInOneLine"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals in one line"]}
    },
    # Without a handler of ours, post_office adds its own.
    "loggers": {"post_office": {"handlers": ["console"], "propagate": False}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}
