"""The one settings file. Everything that differs between machines comes from the environment.

`.env.example` explains each variable; `.env` beside `manage.py` is read when it is there.
"""

import socket
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# The debug pages show source and settings: only ever for the developer's own eyes.
DEBUG = env.bool("DEBUG", default=False)

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Start with ./run, which writes one to .env, or set it yourself."
    )

# Everything the site writes to disk lives here: database, uploads, collected static files.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)

# Where people reach the site -------------------------------------------------------------------

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default="").rstrip("/")


def local_hosts() -> list[str]:
    """The names this machine answers to when no SITE_URL says what the site is called."""
    hosts = ["localhost", "127.0.0.1", "[::1]"]
    if HOST in {"0.0.0.0", "::"}:  # noqa: S104 - asked for by the operator
        name = socket.gethostname()
        hosts.append(name)
        # A machine whose own name does not resolve is reached by its address only.
        with suppress(socket.gaierror):
            hosts += {
                str(address[4][0]) for address in socket.getaddrinfo(name, None, socket.AF_INET)
            }
        # Debian's own name resolves to 127.0.1.1. This sends nothing; it only asks for the address
        # that leads out.
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            hosts.append(probe.getsockname()[0])
    elif HOST not in hosts:
        hosts.append(HOST)
    return hosts


if SITE_URL:
    parts = urlsplit(SITE_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise ImproperlyConfigured(
            f"SITE_URL is {SITE_URL!r}; it must look like https://chat.example.org, without a path."
        )
    ALLOWED_HOSTS = [parts.hostname, *env.list("ALLOWED_HOSTS", default=[])]
    ALLOWED_ORIGINS = [SITE_URL, *env.list("ALLOWED_ORIGINS", default=[])]
else:
    ALLOWED_HOSTS = [*local_hosts(), *env.list("ALLOWED_HOSTS", default=[])]
    ALLOWED_ORIGINS = [f"http://{host}:{PORT}" for host in ALLOWED_HOSTS]
    ALLOWED_ORIGINS += env.list("ALLOWED_ORIGINS", default=[])
    SITE_URL = f"http://{'127.0.0.1' if HOST in {'0.0.0.0', '::'} else HOST}:{PORT}"  # noqa: S104

HTTPS = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "chatsite_session", "chatsite_csrf"
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Only behind a proxy that sets these headers itself may they be believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Applications ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "chatsite.apps.Administration",  # django.contrib.admin, with a start page of its own
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_tasks",
    "django_tasks_db",
    "accounts",
    "chat",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PersonalSettingsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"

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
            ],
        },
    }
]

# What no page may do: run inline script or style, or load anything from another site.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# What pages may ask a browser for, on this site alone: for voice notes and calls, the sound of a
# notice, Copy, and what the browser's own player offers. Whatever got in could ask for no more.
USED = ("autoplay", "camera", "clipboard-write", "fullscreen", "microphone", "picture-in-picture")
UNUSED = (
    "accelerometer",
    "browsing-topics",
    "display-capture",
    "encrypted-media",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "midi",
    "otp-credentials",
    "payment",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY = dict.fromkeys(USED, "self") | dict.fromkeys(UNUSED, ())

# Engines: embedded by default, Redis and PostgreSQL by one variable each ------------------------

REDIS_URL = env.str("REDIS_URL", default="")
# Sites that share one Redis must not hear each other; pub/sub knows no database numbers.
REDIS_PREFIX = "chatsite-" + sha256(SECRET_KEY.encode()).hexdigest()[:12]

DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR}/chatsite.sqlite3"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
# A thread keeps its connection; each request and each frame first checks that it still works.
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a writer waits for its turn instead of failing with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728;"
        ),
    }
    # Tests post from several threads, and an in-memory database is not shared between them.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
# Where `manage.py backup` keeps its archives, and `doctor` looks how old the newest is.
BACKUP_DIR = Path(env.str("BACKUP_DIR", default="") or DATA_DIR / "backups")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where Redis only helps (cache, limits, who is here), nobody waits for a Redis that is away.
REDIS_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "retry": Retry(NoBackoff(), 1),
}

# Nobody asks the connection that waits for messages whether it still stands, but the kernel: after
# 30 seconds of silence, three times. Not every system has all of these.
KEEPALIVE = {
    getattr(socket, name): value
    for name, value in (
        ("TCP_KEEPIDLE", 30),  # seconds
        ("TCP_KEEPINTVL", 10),  # seconds
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 60_000),  # milliseconds that what was sent may stay unacknowledged
    )
    if hasattr(socket, name)
}
REDIS_KEEPALIVE = {"socket_keepalive": True, "socket_keepalive_options": KEEPALIVE}
if REDIS_URL.startswith("unix:"):
    REDIS_KEEPALIVE = {}

if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # The layer waits for messages as long as it takes; a socket timeout would end the wait.
            # It connects again by itself, which a Retry of the synchronous client would prevent.
            "CONFIG": {
                "prefix": REDIS_PREFIX,
                "hosts": [
                    {
                        "address": REDIS_URL,
                        "socket_connect_timeout": 1,
                        "socket_timeout": None,
                        **REDIS_KEEPALIVE,
                    }
                ],
            },
        }
    }
    CACHES = {
        "default": {
            "BACKEND": "chat.respite.Cache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": REDIS_PREFIX,
            "OPTIONS": {"CONNECTION_POOL_KWARGS": REDIS_OPTIONS},
        }
    }
else:
    FOR_EVER = 10 * 365 * 86400
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            # The hub holds one channel for the whole process: it must neither fill up nor expire.
            "CONFIG": {"capacity": 100_000, "expiry": FOR_EVER, "group_expiry": FOR_EVER},
        }
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Background work: a queue in the database -------------------------------------------------------

# What asks other sites has a queue, and a thread, of its own: they may take their time.
TASKS = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "outside"]}
}
# How many tasks ./run does at the same time by itself; 0 where `manage.py worker` does them.
WORKERS = env.int("WORKERS", default=2)

# Files -----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# Uploads are written here while they come in: where /tmp is memory, a few large ones would fill it.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
MB = 1_000_000
MAX_FILE_BYTES = env.int("MAX_FILE_MB", default=100) * MB
# Of all files of one person together; guests come and go without a name.
QUOTA_BYTES = env.int("QUOTA_MB", default=2000) * MB
GUEST_QUOTA_BYTES = env.int("GUEST_QUOTA_MB", default=100) * MB
# For pictures of videos and how long they are; with an empty value it is not used.
FFMPEG = env.str("FFMPEG", default="ffmpeg")
# Title, text and picture of linked pages, which the site's workers fetch.
LINK_PREVIEWS = env.bool("LINK_PREVIEWS", default=True)
# A bucket of S3, or of what speaks like it; keys and region come from the usual AWS_ variables.
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="") or None
STORAGES: dict[str, dict] = {
    "default": {
        "BACKEND": "chatsite.bucket.Bucket",
        "OPTIONS": {"bucket_name": S3_BUCKET, "endpoint_url": S3_ENDPOINT_URL},
    }
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatsite.staticfiles.HashedStaticFilesStorage"},
}

# People ----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "accounts.passwords.MinimumLengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
    )
]
LOGIN_URL, LOGIN_REDIRECT_URL = "account_login", "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_SESSION_REMEMBER = True
# `optional` lets people in at once; `mandatory` only after they opened the link in a letter.
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="optional")
if ACCOUNT_EMAIL_VERIFICATION not in {"mandatory", "optional", "none"}:
    raise ImproperlyConfigured("EMAIL_VERIFICATION must be mandatory, optional or none.")
# Letters that say the password, an address or the second factor has changed.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Chatsite] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Whoever finds a browser open cannot take over the account: they are asked for the password.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# In allauth's words: amount/time/per what; `key` is the name that was tried.
ACCOUNT_RATE_LIMITS = {
    "login": env.str("LIMIT_LOGINS", default="30/m/ip"),
    "login_failed": env.str("LIMIT_FAILED_LOGINS", default="10/m/ip,5/5m/key"),
    "signup": env.str("LIMIT_SIGNUPS", default="20/m/ip"),
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Chatsite"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateCodeForm",
    "activate_totp": "accounts.forms.ActivateTOTPForm",
}

SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.SocialSignupForm"}
# Who says they own an address must not get into the account of who does.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict] = {}


def sign_in_with(provider: str, prefix: str, needed=(), app=None, **config) -> None:
    """Switch a provider on when its variables are set. Half of them stops the start."""
    names = [*needed, f"{prefix}_CLIENT_ID", f"{prefix}_CLIENT_SECRET"]
    values = [env.str(name, default="") for name in names]
    if not any(values):
        return
    if not all(values):
        raise ImproperlyConfigured(f"{', '.join(names)} belong together: set all of them or none.")
    app = {"client_id": values[-2], "secret": values[-1], **(app or {})}
    SOCIALACCOUNT_PROVIDERS[provider] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True, **config}


# GitHub Enterprise has an address of its own.
GITHUB_URL = env.str("GITHUB_URL", default="").rstrip("/")
sign_in_with("github", "GITHUB", **({"GITHUB_URL": GITHUB_URL} if GITHUB_URL else {}))
sign_in_with("google", "GOOGLE")
OIDC_ISSUER_URL = env.str("OIDC_ISSUER_URL", default="").rstrip("/")
sign_in_with(
    "openid_connect",
    "OIDC",
    needed=["OIDC_ISSUER_URL"],
    app={
        "provider_id": "sso",
        "name": env.str("OIDC_NAME", default="OpenID Connect"),
        "settings": {"server_url": OIDC_ISSUER_URL, "oauth_pkce_enabled": True},
    },
)

# Notices ----------------------------------------------------------------------------------------

# Web Push: who the site is to push services. Browsers subscribe by it; a new one loses them all.
PUSH_KEY = env.str("PUSH_KEY", default="")
PUSH_KEY_FILE = DATA_DIR / "push.pem"
# Only tests talk to this machine where people name an address.
REACHES_LOOPBACK = False

# Words and times -------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
# Ours, and how we have allauth say what it says.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale/allauth"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

# Letters ---------------------------------------------------------------------------------------

vars().update(env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"Chatsite <chatsite@{urlsplit(SITE_URL).hostname}>"
)

# How often one person may do a thing, in the words of the `limits` library ----------------------

LIMITS = {
    "message": env.str("LIMIT_MESSAGES", default="20 per 10 seconds"),
    "edit": env.str("LIMIT_EDITS", default="20 per 10 seconds"),
    "react": env.str("LIMIT_REACTIONS", default="30 per 10 seconds"),
    "upload": env.str("LIMIT_UPLOADS", default="60 per minute"),
    "preview": env.str("LIMIT_PREVIEWS", default="20 per minute"),
    "later": env.str("LIMIT_LATER", default="30 per minute"),
    "search": env.str("LIMIT_SEARCHES", default="60 per minute"),
    "typing": env.str("LIMIT_TYPING", default="30 per 10 seconds"),
    "profile": env.str("LIMIT_PROFILES", default="20 per 10 minutes"),
    "sync": env.str("LIMIT_SYNCS", default="60 per 10 seconds"),
    "join": env.str("LIMIT_JOINS", default="60 per minute"),
    "connect": env.str("LIMIT_CONNECTIONS", default="60 per minute"),
    "frame": env.str("LIMIT_FRAMES", default="300 per 10 seconds"),
    "room": env.str("LIMIT_NEW_ROOMS", default="20 per hour"),
    "report": env.str("LIMIT_REPORTS", default="20 per hour"),
    "conversation": env.str("LIMIT_NEW_CONVERSATIONS", default="30 per hour"),
    "guest": env.str("LIMIT_GUESTS", default="30 per hour"),
}


def log_in_a_line(record) -> bool:
    """What was refused is no fault of ours: like what is not found, it has no traceback."""
    if getattr(record, "status_code", None) in (400, 403):
        record.exc_info = None
    return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"refusals": {"()": "django.utils.log.CallbackFilter", "callback": log_in_a_line}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "django.request": {"filters": ["refusals"]},
        # For another Host; below django.security, whose filters it would pass by.
        "django.security.DisallowedHost": {"filters": ["refusals"]},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
