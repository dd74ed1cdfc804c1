"""The entry point for a production server: `gunicorn --no-control-socket mine_site.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mine_site.settings")

application = get_wsgi_application()
