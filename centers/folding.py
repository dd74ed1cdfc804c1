"""Folds names, so that all their spellings fall together in the search.

Mütter, Muetter and Mutter; Beočin, Беочин and Beochin; Исперих and Isperih. Each word is kept in
two forms: *light*, in which letters lose their marks and scripts become Latin, and *heavy*, in
which the digraphs of transliteration fall together as well. A search term finds a word when one
of its forms is the beginning of one of the word's forms.
"""

import re
from functools import lru_cache

from anyascii import anyascii

# Where anyascii's general transliteration is not the one that the network's countries use.
_LETTERS = str.maketrans(
    {
        "ä": "a", "ö": "o", "ü": "u", "ő": "o", "ű": "u", "å": "a", "ø": "o", "æ": "ae",
        "œ": "oe", "ß": "ss", "ı": "i", "đ": "d", "ð": "d", "ł": "l", "þ": "th",
        "ъ": "a", "ь": "", "щ": "sht", "ю": "yu", "я": "ya", "й": "y", "х": "h", "ц": "ts",
        "ж": "zh", "ч": "ch", "ш": "sh", "ђ": "d", "ћ": "c", "љ": "lj", "њ": "nj", "џ": "dz",
        "ј": "j", "ѓ": "g", "ќ": "k", "ё": "e", "э": "e", "ы": "i",
    }
)  # fmt: skip
# In this order; the later ones see what the earlier ones left.
_DIGRAPHS = [
    ("sch", "s"), ("tsch", "c"), ("dzh", "dz"), ("ch", "c"), ("sh", "s"), ("zh", "z"),
    ("kh", "h"), ("ts", "c"), ("tz", "c"), ("cz", "c"), ("sz", "s"), ("dj", "d"), ("gj", "g"),
    ("ae", "a"), ("oe", "o"), ("ue", "u"), ("yu", "u"), ("ju", "u"), ("iu", "u"),
    ("ya", "a"), ("ja", "a"), ("ia", "a"), ("ph", "f"), ("th", "t"),
    ("j", "i"), ("y", "i"), ("w", "v"),
]  # fmt: skip
# PostgreSQL's index takes words of 2046 letters, and silently spoils longer ones.
MAX_LETTERS = 60
_DOUBLED = re.compile(r"([a-z])\1+")  # letters: 1999 is not 19
_WORD = re.compile(r"[a-z0-9]+")


def light(text):
    """The text in lower-case ASCII, its words with single blanks between."""
    return " ".join(_WORD.findall(anyascii(text.lower().translate(_LETTERS)).lower()))


@lru_cache(maxsize=20_000)  # the same few words stand in most names
def heavy(word):
    """A light word with the digraphs of transliteration folded and doubled letters made one."""
    for digraph, letter in _DIGRAPHS:
        word = word.replace(digraph, letter)
    return _DOUBLED.sub(r"\1", word)


def forms(text):
    """For each word of the text, in order, the tuple of its forms (one or two)."""
    return list(_forms(text))


@lru_cache(maxsize=5000)  # names of countries and networks come again with each center
def _forms(text):
    words = [word[:MAX_LETTERS] for word in light(text).split()]
    return tuple(tuple(dict.fromkeys((word, _worthwhile(word)))) for word in words)


def _worthwhile(word):
    """The heavy form, unless so little is left of the word that it would find anything."""
    folded = heavy(word)
    return folded if len(folded) >= min(len(word), 2) else word


def index_words(*texts):
    """All forms of all words of the texts, each once, sorted, with blanks between."""
    return " ".join(sorted({form for text in texts for word in forms(text or "") for form in word}))
