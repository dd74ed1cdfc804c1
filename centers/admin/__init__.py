"""The coordinators' desk for countries, organisations and centers."""

from centers.admin import centers, merges, organisations, status  # noqa: F401  registers the pages
