"""Settings of the registry: one file; what differs between machines comes from the environment.

The table in README.md lists every variable. A wrong value stops the start with a sentence that
says how to mend it (`mine_site.environment`); what production needs beyond that is checked by
`manage.py check --deploy` (`mine_site.checks`).
"""

from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

from mine_site import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that this machine makes and git does not know: key, database, media, static files.
VAR_DIR = env.path("VAR_DIR", default=BASE_DIR / "var")

DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = env.secret_key("SECRET_KEY", file=VAR_DIR / "secret-key")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", default=[])
# Plain http is for a registry on one's own machine; the world gets it over https.
HTTPS = env.boolean("HTTPS", default=False)

# Shows a page that says so to all visitors; so does a file VAR_DIR/maintenance.
MAINTENANCE = env.boolean("MAINTENANCE", default=False)

# In the language of the page, unless somebody gave it another name.
SITE_NAME = env.text("SITE_NAME", default="") or _("Mother Center Registry")
# Where somebody who found a hole reports it: an address of a page, or mailto:…
SECURITY_CONTACT = env.text("SECURITY_CONTACT", default="")
# Where readers of a mail find the registry; links in mails begin with it. On one's own machine
# that is where `make run` served it last, also for a command that is run beside it.
SITE_URL = env.site_url(
    "SITE_URL", default=env.kept(VAR_DIR / "site-url", default="http://127.0.0.1:8000")
)

INSTALLED_APPS = [
    "mine_site",
    "stories",
    "projects",
    "centers",
    "mine_site.apps.DeskConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.forms",
    "django_filters",
    "import_export",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "mine_site.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mine_site.compression.CompressionMiddleware",
    "mine_site.maintenance.MaintenanceMiddleware",
    "mine_site.caching.CachingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "mine_site.accounts.second_step.SecondStepMiddleware",
    "mine_site.accounts.sessions.LastUsedMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "mine_site.urls"
WSGI_APPLICATION = "mine_site.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

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
                "mine_site.context.site",
            ],
            "builtins": ["centers.templatetags.register"],
        },
    },
]

# SQLite in write-ahead mode serves a small network well; DATABASE_URL switches to PostgreSQL.
DATABASES = {
    "default": env.database(
        "DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'register.sqlite3'}", parse=dj_database_url
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at the start of a transaction: there is no row lock
        # in SQLite, and a later upgrade from reader to writer could fail half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds to wait for another writer
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The login throttle needs a cache that all workers share.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "mine_site_cache",
    },
    # Figures that are computed once a change of the register; apart, since readers who ask for
    # many of them push out the oldest.
    "figures": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "mine_site_figures",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
}

# --- Staff ---------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    # What coordinators may change follows from their countries and networks.
    "centers.rights.CoordinatorBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "mine_site.accounts.adapter.StaffAccountAdapter"
ACCOUNT_FORMS = {"login": "mine_site.accounts.adapter.StaffLoginForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
# A stranger must not make the registry write to addresses that it does not know.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# What `mine_site.accounts.throttle` makes of the lines that begin with "wrong" stands there.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "5/5m/key",  # codes of the second step, after the right password
    "wrong_from_address_for_name": "5/5m/key",
    "wrong_from_address": "20/m/key",
    "wrong_for_name": "10/m/key",
    "wrong_from_device": "5/5m/key",
    "invitation": "20/m/ip",
}
# The second step at the login: a code from an app, or one of ten written on paper.
SECOND_STEP_REQUIRED = True  # of leads, and of technical accounts where HTTPS is on
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = env.text("SITE_NAME", default="Mother Center Registry")
MFA_TOTP_TOLERANCE = 1  # for slow fingers and clocks: the code before and the one after count too
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up here with somebody else's address
# How many proxies of ours stand in front; 0 means that visitors reach the app directly.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXIES", default=0)

# --- Mail ------------------------------------------------------------------------------------
# A mail server if one is named, else a folder; without both nothing is sent, and the pages say so
# (`centers.mail.mail_is_configured`). docs/mail.md tells how mail is set up for real.
EMAIL_HOST = env.text("EMAIL_HOST", default="")
EMAIL_USE_TLS, EMAIL_USE_SSL = env.mail_security("EMAIL_USE_TLS", "EMAIL_USE_SSL")
EMAIL_PORT = env.number(
    "EMAIL_PORT", default=465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25
)
EMAIL_HOST_USER = env.mail_login("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.mail_login("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 15  # seconds; somebody may be waiting for the page
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", default=f"registry@{env.host_of(SITE_URL)}")
# Where mail servers report what they could not deliver; else that is the sender.
BOUNCE_ADDRESS = env.mail_address("BOUNCE_ADDRESS", default="")
# A folder that mails are written to instead. One that was named goes before the mail server: a copy
# of the registry that is tried out shall write to nobody. On one's own machine there is always one.
MAIL_OUTBOX = env.outbox("MAIL_OUTBOX", default=None if HTTPS or EMAIL_HOST else VAR_DIR / "outbox")
if MAIL_OUTBOX:
    EMAIL_BACKEND = "mine_site.outbox.EmailBackend"
elif EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# --- Language and time -----------------------------------------------------------------------
# English pages stand without a prefix, those in other languages under theirs: /de/, /bg/, …
# Each language by its own name. docs/languages.md says how another one is added.
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("cs", "Čeština"),
    ("sk", "Slovenčina"),
    ("hu", "Magyar"),
    ("bg", "Български"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=VAR_DIR / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o644

# Uploaded import files hold personal data: they wait for confirmation in the cache, which
# forgets them, and not in a temporary folder, which does not.
IMPORT_EXPORT_TMP_STORAGE_CLASS = "import_export.tmp_storages.CacheStorage"
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = False  # centers.resources escapes, and unescapes
IMPORT_EXPORT_SKIP_ADMIN_LOG = False

# --- Safety ----------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # The reference is the one that the reader of an error page was given.
    "filters": {
        "links": {"()": "mine_site.logs.LinkFilter"},
        "reference": {"()": "mine_site.logs.ReferenceFilter"},
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}{reference}", "style": "{"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["links", "reference"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", default="WARNING")},
}
