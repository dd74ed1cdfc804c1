"""The coordinators' desk for countries, organisations and centers."""

from centers.admin import (  # noqa: F401  registers the pages
    centers,
    contacts,
    imports,
    merges,
    organisations,
    questions,
    reports,
    status,
    told,
)
