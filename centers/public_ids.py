"""Permanent public identifiers: opaque, short enough to dictate, with a check character.

Seven random characters out of 31 and an eighth that makes the sum of position times value
divisible by 31. As 31 is prime, every single wrong character and every swap of two is noticed
(the scheme of ISBN-10, with another base).
"""

import secrets

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0 and o, 1, i and l
LENGTH = 8


def check_character(body):
    """The character that completes the first seven."""
    total = sum(
        (position + 2) * ALPHABET.index(character)
        for position, character in enumerate(reversed(body))
    )
    return ALPHABET[-total % len(ALPHABET)]


def new_public_id():
    """A new random identifier; the database's unique constraint guards against a repetition."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def is_public_id(text):
    """Whether the text has the form of an identifier and its check character fits."""
    return (
        len(text) == LENGTH
        and all(character in ALPHABET for character in text)
        and check_character(text[:-1]) == text[-1]
    )


def validate_public_id(text):
    """Raises `ValidationError` for a mistyped identifier."""
    if not is_public_id(text):
        raise ValidationError(
            _("“%(value)s” is mistyped: an identifier has eight characters, the last checks it."),
            params={"value": text},
        )
