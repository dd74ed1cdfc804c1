"""The coordinators' desk for countries, organisations and centers."""

from centers.admin import centers, organisations, status, told  # noqa: F401  registers the pages
