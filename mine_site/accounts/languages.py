"""The languages that somebody may choose for her mails."""

from centers.alphabet import alphabetical
from centers.models.base import language_name

# Those of the network's countries. A mail comes in English until its language has a catalogue.
CODES = "bg bs cs de el en es fr hr hu it ka mk nl pl pt ro ru rw sk sl sq sr sr-Latn sv sw tr uk"


def language_choices(*further):
    """[(code, name)] in the reader's own language, by name; with further codes if given."""
    codes = {*CODES.split(), *filter(None, further)}
    return sorted(
        ((code, language_name(code)) for code in codes), key=lambda pair: alphabetical(pair[1])
    )
