"""Every setting, and the only reader of the environment. `.env.example` explains each variable."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.read_env(BASE_DIR / ".env", parse_comments=True)

ENVIRONMENT = env.str("ENVIRONMENT", default="development")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", default=False)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()

# What must be mended before anything starts; gathered, so that one start tells all of it.
faults: list[str] = []
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    faults.append(f"LOG_LEVEL is “{LOG_LEVEL}”; it is DEBUG, INFO, WARNING, ERROR or CRITICAL")
if ENVIRONMENT not in {"development", "production"}:
    raise ImproperlyConfigured(f"ENVIRONMENT is “{ENVIRONMENT}”; it is development or production.")


def made_at_first_start(name: str, value: str) -> str:
    """A development secret, kept in `var/` so that all processes share it. Two first starts agree on one."""
    path = VAR_DIR / name
    if not path.exists():
        VAR_DIR.mkdir(exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=VAR_DIR)
        with os.fdopen(handle, "w") as file:
            file.write(value)
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            Path(fresh).unlink()
    return path.read_text()


def number[N: (int, float)](name: str, default: N, least: N) -> N:
    """A number from the environment, the default if it is not set; what is no number, or too small, is a fault."""
    given = env.str(name, default="").strip() or str(default)
    try:
        value = type(default)(given)
    except ValueError:
        value = None
    if value is None or not least <= value < float("inf"):
        kind = "a whole number" if isinstance(default, int) else "a number"
        faults.append(f"{name} is “{given}”; it must be {kind} of at least {least:g}")
        return default
    return value


FEWEST_DIFFERENT = 10  # characters of a secret, so that nobody's placeholder passes for one


def secret(name: str, made: str, least: int) -> str:
    """A secret from the environment; in development one made at first start, in production a fault if it is weak."""
    value = env.str(name, default="")
    if PRODUCTION and (len(value) < least or len(set(value)) < FEWEST_DIFFERENT):
        faults.append(f"{name} must be set, to at least {least} random characters")
    return value or (made if PRODUCTION else made_at_first_start(name.lower(), made))


# One key for all processes: django-q2 deletes jobs whose signature it can't verify.
SECRET_KEY = secret("SECRET_KEY", get_random_secret_key(), 50)
# Newest first; the others only decrypt, so that keys can be rotated.
CREDENTIALS_KEYS = secret("CREDENTIALS_KEYS", Fernet.generate_key().decode(), 44).split(",")
for key in CREDENTIALS_KEYS:
    try:
        Fernet(key)
    except ValueError:
        faults.append("CREDENTIALS_KEYS must hold Fernet keys, separated by commas (make one with `make key`)")

PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
if public.hostname and public.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(public.hostname)
CSRF_FAILURE_VIEW = "leads.console.failures.not_from_here"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if public.scheme and public.netloc else []
if PRODUCTION and (public.scheme != "https" or not public.hostname):
    faults.append("PUBLIC_URL must be the https address under which HubSpot and your team reach this installation")
if PRODUCTION and "*" in ALLOWED_HOSTS:
    faults.append("ALLOWED_HOSTS must name the hosts; * accepts every one")
if PRODUCTION and DEBUG:
    faults.append("DEBUG must be off")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = public.scheme == "https"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "salesagent.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_q",
    "leads",
]
MIDDLEWARE = [
    "leads.console.live.unchanged",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "leads.console.zone.operator_zone",
]
ROOT_URLCONF = "salesagent.urls"
WSGI_APPLICATION = "salesagent.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Nothing is loaded from other hosts. The theme's Alpine evaluates the expressions in its attributes, and writes styles
# into them: 'unsafe-eval' and 'unsafe-inline' for styles are for it. No inline script ever runs.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
UNFOLD = {
    "SITE_TITLE": "Sales Agent",
    "SITE_HEADER": "Sales Agent",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "#eef0ff",
            "100": "#e0e4ff",
            "200": "#c7cdfe",
            "300": "#a5aefc",
            "400": "#818cf8",
            "500": "#a5aefc",
            "600": "#4338ca",
            "700": "#3730a3",
            "800": "#312e81",
            "900": "#262b4a",
            "950": "#1b1f3a",
        }
    },
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMBEDDED_POSTGRES_DIR = VAR_DIR / "postgres"
EMBEDDED_DATABASE = "postgresql://postgres@/salesagent"
DATABASE_URL = env.str("DATABASE_URL", default="")
database = urlsplit(DATABASE_URL or EMBEDDED_DATABASE)
if database.scheme not in {"postgres", "postgresql"} or not database.path.strip("/"):
    faults.append("DATABASE_URL must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE; no other database will do")
if PRODUCTION and not DATABASE_URL:
    faults.append("DATABASE_URL must be set (the embedded server is for development)")
DATABASES = {
    "default": {
        **env.db_url_config(EMBEDDED_DATABASE if faults else DATABASE_URL or EMBEDDED_DATABASE),
        "ENGINE": "salesagent.postgres",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
# The same few statements make up every run: prepared, they took a quarter off the server's CPU time.
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "server_side_binding": True,
    "prepare_threshold": 3,
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y H:i"

STATIC_URL = "static/"
LOGIN_REDIRECT_URL = "admin:index"
LOGIN_URL = "admin:login"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "salesagent.static.ManifestStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a folder that is not there

# The largest webhook that is read; HubSpot's batches of 100 events are far smaller.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}

# The ceiling of this deployment; each workspace has a switch of its own below it.
WORKFLOW_MODE = env.str("WORKFLOW_MODE", default="DRAFT_ONLY").upper()
if WORKFLOW_MODE not in {"DRAFT_ONLY", "SEND"}:
    faults.append(f"WORKFLOW_MODE is “{WORKFLOW_MODE}”; it is DRAFT_ONLY or SEND")

# Accounts of the default workspace; what an operator enters in the admin goes before them.
HUBSPOT_ACCESS_TOKEN = env.str("HUBSPOT_ACCESS_TOKEN", default="").strip()
HUBSPOT_CLIENT_SECRET = env.str("HUBSPOT_CLIENT_SECRET", default="").strip()
GOOGLE_CREDENTIALS = env.str("GOOGLE_CREDENTIALS", default="")
GOOGLE_SUBJECT = env.str("GOOGLE_SUBJECT", default="")
# The OAuth client of “Connect Google”, in every workspace.
GOOGLE_OAUTH_CLIENT_ID = env.str("GOOGLE_OAUTH_CLIENT_ID", default="").strip()
GOOGLE_OAUTH_CLIENT_SECRET = env.str("GOOGLE_OAUTH_CLIENT_SECRET", default="").strip()
HUBSPOT_API_URL = env.str("HUBSPOT_API_URL", default="")
GOOGLE_API_URL = env.str("GOOGLE_API_URL", default="")
# Of `manage.py sandbox`, where it stands for all accounts: the console has a page of drills then.
SANDBOX_URL = env.str("SANDBOX_URL", default="").rstrip("/")
if SANDBOX_URL and (PRODUCTION or {HUBSPOT_API_URL, GOOGLE_API_URL} != {SANDBOX_URL}):
    faults.append("SANDBOX_URL is for demos, where HUBSPOT_API_URL and GOOGLE_API_URL are the same; leave it empty")

HTTP_CONNECT_TIMEOUT = number("HTTP_CONNECT_TIMEOUT", 5.0, least=0.1)
HTTP_READ_TIMEOUT = number("HTTP_READ_TIMEOUT", 12.0, least=0.1)

# What the vendors let one workspace's accounts do, of the smallest plan; 0: no limit is kept to.
HUBSPOT_CALLS_PER_10_SECONDS = number("HUBSPOT_CALLS_PER_10_SECONDS", 100, least=0)
HUBSPOT_SEARCHES_PER_SECOND = number("HUBSPOT_SEARCHES_PER_SECOND", 5, least=0)
GMAIL_UNITS_PER_MINUTE = number("GMAIL_UNITS_PER_MINUTE", 6000, least=0)

# A language model that may write instead of the templates, in workspaces that choose it.
LLM_BASE_URL = env.str("LLM_BASE_URL", default="").strip()
LLM_API_KEY = env.str("LLM_API_KEY", default="").strip()
LLM_MODEL = env.str("LLM_MODEL", default="").strip()
LLM_SECONDS = number("LLM_SECONDS", 20.0, least=1.0)
LLM_INPUT_PRICE = number("LLM_INPUT_PRICE", 0.0, least=0.0)
LLM_OUTPUT_PRICE = number("LLM_OUTPUT_PRICE", 0.0, least=0.0)
LLM_CURRENCY = env.str("LLM_CURRENCY", default="USD").strip()

LEASE = timedelta(seconds=number("LEASE_SECONDS", 60.0, least=1.0))
MAX_ATTEMPTS = number("MAX_ATTEMPTS", 20, least=1)
MAX_CLAIMS = number("MAX_CLAIMS", 10, least=1)
BREAKER_MIN_CALLS = number("BREAKER_MIN_CALLS", 10, least=0)  # in a minute, before a circuit may open; 0: none does
BACKOFF_BASE = timedelta(seconds=number("BACKOFF_BASE_SECONDS", 2.0, least=0.0))
BACKOFF_CAP = timedelta(seconds=number("BACKOFF_CAP_SECONDS", 600.0, least=0.0))
QUICK_SECONDS = number("QUICK_SECONDS", 2.0, least=0.0)
MAX_AGE = timedelta(hours=number("MAX_AGE_HOURS", 24.0, least=0.1))
PATIENCE = timedelta(seconds=number("PATIENCE_SECONDS", 60.0, least=0.0))
# Off only to show that the chaos test can fail; production refuses it.
LOOK_BEFORE_REPEAT = env.bool("LOOK_BEFORE_REPEAT", default=True)
if PRODUCTION and not LOOK_BEFORE_REPEAT:
    faults.append("LOOK_BEFORE_REPEAT must be on, or an effect may happen twice")

WORKER_PROCESSES = number("WORKER_PROCESSES", 2, least=1)
RUNS_PER_WORKER = number("RUNS_PER_WORKER", 12, least=1)
DRAIN_SECONDS = number("DRAIN_SECONDS", 60.0, least=0.0)
# Seconds between two looks at a mailbox from which something goes out, or went lately; rarer for others. 0: none.
FOLLOW_SECONDS = number("FOLLOW_SECONDS", 15.0, least=0.0)
POLL_MINUTES = number("POLL_MINUTES", 5.0, least=0.0)  # between two polls of a form; 0: none
SETTINGS_SECONDS = 1.0  # for how long a process may go on with a workspace's settings as it read them
WORKER_MAX_RSS_MB = number("WORKER_MAX_RSS_MB", 768, least=128)

Q_CLUSTER = {
    "name": "salesagent",
    "orm": "default",
    "broker_class": "leads.engine.broker.Broker",
    "workers": WORKER_PROCESSES,
    "poll": 0.02,
    "queue_limit": 1,
    "bulk": 1,
    "timeout": 300,
    "retry": 900,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "scheduler": False,
    "guard_cycle": 0.5,
    # The supervisor watches the workers' memory instead: to it, a worker that ends by itself has died.
    "recycle": 10**9,
    "log_level": "WARNING",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "leads": {"level": LOG_LEVEL},
        "connectors": {"level": LOG_LEVEL},
        "salesagent": {"level": LOG_LEVEL},
        "django.request": {"level": "ERROR"},
        # It quotes addresses, tokens and all; what is to be known of a message `leads.outbox` says without them.
        "apprise": {"handlers": ["nowhere"], "propagate": False},
    },
}

if faults:
    raise ImproperlyConfigured("The server does not start until this is mended:\n- " + "\n- ".join(faults))
