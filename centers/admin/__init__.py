"""The coordinators' desk for countries, organisations and centers."""

from centers.admin import centers, merging, organisations, status  # noqa: F401  registers the pages
