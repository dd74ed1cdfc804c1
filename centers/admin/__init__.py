"""The coordinators' desk for countries, organisations and centers."""

from centers.admin import centers, imports, organisations, status  # noqa: F401  registers the pages
