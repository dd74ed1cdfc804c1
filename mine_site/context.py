"""What every template knows."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from mine_site.languages import languages_of, offered_language


def site(request):
    return {
        "SITE_NAME": settings.SITE_NAME,
        "page_languages": SimpleLazyObject(lambda: languages_of(request)),
        "offered_language": SimpleLazyObject(lambda: offered_language(request)),
    }
