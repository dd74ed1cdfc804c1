"""The order of names in a reader's alphabet.

Databases and Python order by code points, where “Österreich” comes after “Zypern”. `alphabetical`
gives a key that orders as the language does, after the collation charts of CLDR, as far as names
need it: letters of their own (Czech č after all of c, ch after h) are told from accents, which only
decide between names that are alike otherwise.
"""

import unicodedata
from functools import lru_cache

from django.utils.translation import get_language

_AFTER = "\x7f"  # after every letter a to z, and before those of other alphabets
# Letters of their own, each with the letter that it follows; longer ones first. After CLDR.
_LETTERS = {
    "cs": {"ch": "h", "č": "c", "ř": "r", "š": "s", "ž": "z"},
    "sk": {"dž": "d" + _AFTER, "dz": "d", "ch": "h", "ä": "a", "č": "c", "ô": "o", "š": "s",
           "ž": "z"},
    "hu": {"dzs": "d" + _AFTER, "cs": "c", "dz": "d", "gy": "g", "ly": "l", "ny": "n", "sz": "s",
           "ty": "t", "zs": "z", "ö": "o", "ő": "o", "ü": "u", "ű": "u"},
}  # fmt: skip


def alphabetical(text, language=None):
    """A key to sort names by as a reader of `language` (default: the active one) expects."""
    return _key(text, (language or get_language() or "en").split("-")[0])


@lru_cache(maxsize=5000)
def _key(text, language):
    folded = unicodedata.normalize("NFC", text).casefold()
    letters = folded
    for letter, before in _LETTERS.get(language, {}).items():
        letters = letters.replace(letter, before + _AFTER)
    plain = "".join(
        sign for sign in unicodedata.normalize("NFD", letters) if not unicodedata.combining(sign)
    )
    words = "".join(sign if sign.isalnum() or sign == _AFTER else " " for sign in plain)
    return " ".join(words.split()), folded, text
