"""The settings for tests: those of the site, without what a clean clone or a test does not need.

pytest-django loads settings before any conftest.py, so the key has to be given here.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only for tests")
# Not the one that `make run` may have left in this folder.
os.environ.setdefault("SITE_URL", "http://127.0.0.1:8000")

from mine_site.settings import *  # noqa: F403
from mine_site.settings import STORAGES

_FILES = Path(tempfile.mkdtemp(prefix="registry-tests-"))
atexit.register(shutil.rmtree, _FILES, ignore_errors=True)

MEDIA_ROOT = _FILES / "media"
STATIC_ROOT = _FILES / "static"
STATIC_ROOT.mkdir()
# No manifest: nobody has collected the static files.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Rows that are rolled back leave no trace, so nothing may be remembered from test to test.
    "figures": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Tests that send mails name a mail server, which nobody asks; the others have none.
MAIL_OUTBOX = None
# Tests of the second step ask for it; the others log their leads in without a telephone.
SECOND_STEP_REQUIRED = False
