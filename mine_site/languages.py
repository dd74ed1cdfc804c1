"""The languages of the site: the same page in each, and which one a reader may wish for.

The language of a page follows from its address alone. What the browser wishes is offered, in that
language, and never forced.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from mine_site.addresses import addresses_by_language


@dataclass(frozen=True)
class PageInLanguage:
    """The present page in one language: its code, its own name, the whole address."""

    code: str
    name: str
    url: str
    is_current: bool


def languages_of(request):
    """A `PageInLanguage` for each language of the site; filters and page number are kept."""
    names, current = dict(settings.LANGUAGES), translation.get_language()
    return [
        PageInLanguage(code, names[code], address, code == current)
        for code, address in addresses_by_language(request)
    ]


def wished_language(request):
    """The language of the site that the browser names before all others, or None."""
    known = dict(settings.LANGUAGES)
    for code, weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if not weight:
            continue  # “de;q=0” says: anything but German
        found = next((each for each in (code, code.split("-")[0]) if each in known), None)
        if found:
            return found
    return None


def offered_language(request):
    """(page in the language that the browser wishes, the offer in that language), or None.

    None where the reader has that language already, and where the page answers to no GET.
    """
    wished = wished_language(request)
    if wished is None or wished == translation.get_language():
        return None
    page = next(each for each in languages_of(request) if each.code == wished)
    with translation.override(wished):
        # Translators: put the name of your language in place of “English”.
        return page, _("This page is also there in English.")
