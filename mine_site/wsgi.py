"""The entry point for a production server.

    gunicorn --no-control-socket --threads 4 mine_site.wsgi

Threads, because a large import takes longer than gunicorn lets a worker without them be silent.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mine_site.settings")

application = get_wsgi_application()
