"""Dates as people write them: “Mai 2015”, “5/2015”, “17. 5. 2015”, “2015. május 17.”

What a coordinator types becomes a `PartialDate`. Where it can mean two days (5/3/2015), all
readings are given, the likeliest in her language first, so that a form can ask which was meant.
"""

import re
import unicodedata
from functools import cache

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from centers.dates import PartialDate, babel_locale
from centers.folding import light

# Languages in which month names are understood, beside the reader's own.
MONTH_LANGUAGES = [
    "en",
    "de",
    "cs",
    "sk",
    "hu",
    "bg",
    "sr",
    "sr-Latn",
    "sq",
    "sl",
    "nl",
    "it",
    "ro",
]
# Words that may stand around a date and say nothing: year, of the year, on, in.
_FILLERS = {"g", "god", "godina", "r", "rok", "roku", "im", "in", "am", "on", "v", "prez", "den"}
_MONTH_FIRST = {"en"}  # languages in which 5/3/2015 may be the third of May


@cache
def _months(language):
    """{folded month name: number} of the language, wide and abbreviated, in all grammar."""
    names = {}
    for context in babel_locale(language).months.values():
        for width in ("wide", "abbreviated"):
            for number, name in context.get(width, {}).items():
                if folded := "".join(light(name).split()):
                    names.setdefault(folded, number)
    return names


def _month(word, language):
    """The month that the word names or begins to name (three letters at least), or None."""
    for each in [language, *(one for one in MONTH_LANGUAGES if one != language)]:
        months = _months(each)
        if word in months:
            return months[word]
        if len(word) >= 3:
            begun = {number for name, number in months.items() if name.startswith(word)}
            if len(begun) == 1:
                return begun.pop()
    return None


def readings(text, language=None):
    """The `PartialDate`s that the text can mean, the likeliest first; [] for blank text.

    Raises `ValueError`, with what to write instead, for text that is no date.
    """
    language = language or get_language() or settings.LANGUAGE_CODE
    written = unicodedata.normalize("NFKC", text).strip()
    if not written:
        return []
    if not re.fullmatch(r"[^\W_](.*[^\W_])?\.?", written):
        raise _no_date(text)
    separator = "/" if "/" in written else "."
    numbers, month = [], None
    for word in re.findall(r"\d+|[^\W\d_]+", written):
        if word.isdecimal() and word.isascii():
            numbers.append((len(word), int(word)))
            continue
        folded = "".join(light(word).split())
        if folded in _FILLERS:
            continue
        named = _month(folded, language)
        if named is None or month is not None:
            raise _no_date(text)
        month = named
    found = []
    for candidate in _arrangements(numbers, month, separator, language.split("-")[0]):
        try:
            date = PartialDate(*candidate)
        except ValueError:
            continue
        if date not in found:
            found.append(date)
    if not found:
        raise _no_date(text)
    return found


def _arrangements(numbers, month, separator, language):
    """(year, month, day) as the numbers can be arranged; a year has four digits."""
    years = [position for position, (digits, _value) in enumerate(numbers) if digits == 4]
    if len(years) != 1 or any(digits > 2 for digits, _v in numbers if digits != 4):
        return
    year = numbers[years[0]][1]
    others = [value for position, (_d, value) in enumerate(numbers) if position != years[0]]
    if month is not None:
        if len(others) <= 1:
            yield (year, month, *others)
    elif len(others) <= 1:
        yield (year, *others)
    elif len(others) == 2:
        one, other = others
        if years[0] == 0:
            yield (year, one, other)
        elif separator == "/" and language in _MONTH_FIRST:
            yield (year, other, one)
            yield (year, one, other)
        else:
            yield (year, other, one)


def _no_date(text):
    return ValueError(
        _("“%s” is not a date: write for example 2015, 5/2015, May 2015 or 2015-05-17.") % text[:40]
    )
