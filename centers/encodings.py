"""In which encoding a text file was written, if it does not say so itself.

UTF-8 and UTF-16 prove themselves. The older encodings of Windows do not: every file can be read
in each of them, and in the wrong one “ø” silently becomes “ř”. So the guess asks which of them
makes words of one language of its alphabet, and whoever imports the file is shown the outcome.
"""

import codecs
import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

# What can be chosen, the likeliest first.
CHOICES = [
    ("utf-8", _("UTF-8")),
    ("cp1250", _("Windows, Central Europe (cp1250)")),
    ("cp1251", _("Windows, Cyrillic (cp1251)")),
    ("cp1252", _("Windows, Western Europe (cp1252)")),
    ("utf-16", _("UTF-16")),
    ("utf-16-le", _("UTF-16 without mark")),
    ("iso8859_2", _("ISO 8859-2, Central Europe")),
    ("cp852", _("DOS, Central Europe (cp852)")),
    ("mac_latin2", _("Macintosh, Central Europe")),
    ("mac_roman", _("Macintosh, Western Europe")),
]
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъьюя"
# The small letters beyond a–z of the languages that each encoding was made for.
_LETTERS = {
    "cp1250": {
        "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű",
        "pl": "ąćęłńóśźż", "sl": "čšž", "hr": "čćđšž", "ro": "ăâîşţ", "sq": "çë", "de": "äöüß",
    },
    "cp1251": {
        "bg": _CYRILLIC, "ru": _CYRILLIC + "ёыэ", "uk": _CYRILLIC + "єіїґ",
        "sr": "абвгдђежзијклљмнњопрстћуфхцчџш", "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    },
    "cp1252": {
        "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "nl": "áéëïóöü", "da": "æøåéü", "sv": "åäöé",
        "es": "áéíñóúü", "pt": "áâãàçéêíóôõú", "it": "àèéìòù", "fi": "äöå", "sq": "çë",
        "nb": "æøåéòô",
    },
}  # fmt: skip
# Languages of the network come first where several explain a file equally well.
_PREFERRED = ["cs", "sk", "hu", "bg", "de", "sr", "mk", "sl", "hr", "pl", "ro", "sq"]
_LANGUAGES_OF = {
    "CZ": ["cs"], "SK": ["sk", "hu", "cs"], "HU": ["hu"], "BG": ["bg"], "DE": ["de"],
    "AT": ["de"], "CH": ["de", "fr", "it"], "RS": ["sr", "hr", "hu"], "BA": ["hr", "sr"],
    "HR": ["hr"], "SI": ["sl"], "PL": ["pl"], "RO": ["ro", "hu"], "NL": ["nl"], "IT": ["it"],
    "FR": ["fr"], "ES": ["es"], "DK": ["da"], "NO": ["nb"], "SE": ["sv"], "RU": ["ru"],
    "UA": ["uk"], "MK": ["mk"], "XK": ["sq", "sr"], "AL": ["sq"],
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 200_000  # bytes that are looked at
DOUBTFUL = 0.5  # of the words with special letters, that at least are those of one language


@dataclass(frozen=True)
class Encoding:
    """The encoding of a file.

    `is_guess`: the file can be read in others as well; `is_doubtful`: and in none that is known
    here do its words look like those of a language.
    """

    name: str
    is_guess: bool = False
    is_doubtful: bool = False


def encoding_of(data, *, country=None):
    """The encoding of the bytes of a text file; `country` (a code) decides between equals."""
    if data.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16")
    head = data[:4000]
    # In UTF-16 every other byte is that of an alphabet: 0 for Latin and signs, 4 for Cyrillic.
    for name, high in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        alphabets = sum(map(high.count, (0, 1, 2, 3, 4, 0x20)))
        if high.count(0) and alphabets > 0.9 * len(high) and _reads(data, name):
            return Encoding(name)
    if _reads(data, "utf-8"):
        return Encoding("utf-8")
    return _guess(data, country)


def _reads(data, name):
    try:
        return "\x00" not in data.decode(name)
    except UnicodeDecodeError:
        return False


def _guess(data, country):
    """The one that makes the most words of a single language, of those with special letters."""
    sample = _with_special_letters(data)
    wanted = [*_LANGUAGES_OF.get(country, ()), *_PREFERRED]
    scores = {}
    for name, languages in _LETTERS.items():
        words = _words(sample, name)
        for language, letters in languages.items():
            letters = set(letters + letters.upper() + "ß")
            good = sum(_is_word(word, letters, name) for word in words)
            rank = wanted.index(language) if language in wanted else len(wanted)
            scores[name, language] = (good / len(words) if words else 0, -rank)
    best = max(scores, key=scores.get)
    return Encoding(best[0], is_guess=True, is_doubtful=scores[best][0] < DOUBTFUL)


def _with_special_letters(data):
    """The lines of the file that have bytes beyond ASCII, up to a limit."""
    lines = [line for line in data.splitlines() if not line.isascii()]
    return b"\n".join(lines)[:_SAMPLE]


def _words(sample, name):
    """The words that are not ASCII; what cannot be read counts as a word of no language."""
    text = sample.decode(name, errors="replace")
    # A sign that stands inside a word (Plze\xf2, ma\xbe) was a letter.
    words = re.findall(r"[^\W\d_]*(?:[^\W\d_]|[^\x00-\x7f„“”‚‘’–—…§°€«»\u00a0])[^\W\d_]*", text)
    return [word for word in words if not word.isascii()]


def _is_word(word, letters, name):
    if not _WORD.fullmatch(word):
        return False
    if name == "cp1251":
        fits = all(letter in letters for letter in word)
    else:
        fits = all(letter.isascii() or letter in letters for letter in word)
    # “MateŘské”: a capital amid small letters is a letter of another encoding.
    return fits and (word[1:].islower() or word.isupper() or len(word) == 1)
