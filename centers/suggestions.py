"""What a visitor may have meant who typed a word that nothing is called by."""

import re
from dataclasses import dataclass
from itertools import product

from centers import folding, gazetteer, search
from centers.edits import allowed, one_slip, slips
from centers.models import SearchEntry
from centers.models.search import MAX_TERMS
from centers.nearby import origin_of, position

MOST = 3
_MOST_MISTYPED = 2  # words of a query; of more nobody could say what was meant
_MOST_COMBINED = 6  # queries that are tried
_ALTERNATIVES = 3  # words looked at for one that is mistyped
_MAX_LETTERS = 30  # of a word that is compared; longer ones are no slip of the pen


@dataclass(frozen=True)
class _Word:
    """A word of the search index that a mistyped one may be, and how far it is from it."""

    distance: int
    text: str


def words_meant(query, *, kind=None):
    """At most `MOST` queries that are like the query and find something of `kind` (of any).

    Words that begin a word of the index stay as they are; each other one is replaced by the
    likest words. Reads the index once, whatever the query.
    """
    terms = folding.forms(query)[:MAX_TERMS]
    if not terms or max(len(term[0]) for term in terms) > _MAX_LETTERS:
        return []
    known = _vocabulary(kind)
    options, mistyped = [], 0
    for term in terms:
        options.append(_options(term, known))
        mistyped += options[-1:] != [[_Word(0, term[0])]]
        if not options[-1] or mistyped > _MOST_MISTYPED:
            return []
    meant = []
    written = query.split()
    combined = sorted(product(*options), key=lambda words: sum(word.distance for word in words))
    for words in combined[:_MOST_COMBINED]:
        spelled = [
            _as_written(written, number, word) if word.distance == 0 else _spelled(word.text, kind)
            for number, word in enumerate(words)
        ]
        text = " ".join(spelled)
        if text not in meant and _finds(text, kind):
            meant.append(text)
        if len(meant) == MOST:
            break
    return meant


def _entries(kind):
    return SearchEntry.objects.of_kind(kind) if kind else SearchEntry.objects.all()


def _vocabulary(kind):
    known = set()
    for words in _entries(kind).values_list("words", flat=True).iterator(chunk_size=5000):
        known.update(words.split())
    return known


def _options(term, known):
    if any(word.startswith(form) for form in term for word in known):
        return [_Word(0, term[0])]
    near = {}
    for form in term:
        if allowed(form) > 1:
            # Who mistakes the first letter seldom mistakes another one.
            for word in known:
                if word[0] == form[0] and slips(form, word, most=2) == 2:
                    near[word] = 2
    for form in term:
        if allowed(form):
            near |= dict.fromkeys(one_slip(form) & known, 1)
    likest = sorted(near, key=lambda word: (near[word], word))[:_ALTERNATIVES]
    return [_Word(near[word], word) for word in likest]


def _as_written(written, number, word):
    return written[number] if number < len(written) else word.text


def _spelled(word, kind):
    """The folded word as it stands in the register: “Beočin” for beocin."""
    for entry in _entries(kind).matching(word)[:20]:
        if word in entry.words.split():
            for text in search.texts_of(entry.kind, entry.object_id):
                for written in re.findall(r"\w+", text or ""):
                    if word in folding.index_words(written).split():
                        return written
    return word


def _finds(text, kind):
    return _entries(kind).matching(text).exists()


def towns_meant(text):
    """At most `MOST` origins of towns whose names begin so, or are like it."""
    if position(text) is not None:
        return []
    places = gazetteer.places_named(text, limit=MOST) or gazetteer.similar(text, limit=MOST)
    origins = (origin_of(place.spelling, country=place.country) for place in places)
    return list({origin.text: origin for origin in origins if origin}.values())
