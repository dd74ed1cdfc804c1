"""From where a visitor looks: a town as she calls it, or a position that her browser gives."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from django.utils.translation import gettext as _

from centers import gazetteer
from centers.distance import distance_km
from centers.models import country_name

MAX_LETTERS = gazetteer.MAX_LETTERS
NAMESAKES = 6  # shown beside the one that is taken
LANGUAGES = ("en", "de", "cs", "sk", "hu", "bg")  # in which a country is understood
_SAME_PLACE_KM = 10
_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,20})?)"
_POSITION = re.compile(rf"\s*{_NUMBER}\s*[,;\s]\s*{_NUMBER}\s*", re.ASCII)
# "Neuhausen, Germany", "Neuhausen (Pforzheim)"
_WITH_HINT = re.compile(r"\s*([^,(]+?)\s*[,(]\s*([^,()]+?)\s*\)?\s*")


@dataclass(frozen=True)
class Origin:
    """A point to look from: (latitude, longitude) in degrees, rounded to a kilometre.

    `text` finds it again; `place` is None for a position; `namesakes` are origins as well.
    """

    text: str
    point: tuple
    place: gazetteer.Place | None = None
    namesakes: tuple = ()

    @property
    def name(self):
        """“Razgrad”, or “your position”."""
        # Translators: as in “near your position”.
        return self.place.spelling if self.place else _("your position")

    @property
    def whereabouts(self):
        """“Razgrad, Bulgaria”; “Neuhausen, Germany (near Singen)”; “43.53, 26.52”"""
        if self.place is None:
            latitude, longitude = self.point
            around = gazetteer.nearest(latitude, longitude)
            where = "{:.2f}, {:.2f}".format(*self.point)
            if around is None:
                return where
            return _("%(position)s (near %(town)s)") % {
                "position": where,
                "town": gazetteer.in_reader_script(around),
            }
        values = {"town": self.place.spelling, "country": country_name(self.place.country)}
        around = self.namesakes and gazetteer.landmark(self.place)
        if around:
            return _("%(town)s, %(country)s (near %(other)s)") % (
                values | {"other": gazetteer.in_reader_script(around)}
            )
        return _("%(town)s, %(country)s") % values


def position(text):
    """(latitude, longitude) of “43.53,26.52”, rounded to two decimals; None if it is none."""
    match = _POSITION.fullmatch(text)
    if match is None:
        return None
    latitude, longitude = map(float, match.groups())
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return round(latitude, 2), round(longitude, 2)


def origin_of(text, *, country=None):
    """The `Origin` that the text means, or None. Among namesakes `country` is preferred."""
    text = (text or "").strip()[:MAX_LETTERS]
    point = position(text)
    if _POSITION.fullmatch(text):
        return point and Origin(text="{:.2f},{:.2f}".format(*point), point=point)
    places = _candidates(text, country)
    if not places:
        return None
    taken, *others = places
    origin = Origin(text=text, point=taken.point, place=taken)
    # Told apart by country or by a town nearby; `whereabouts` asks whether there are others.
    marked = tuple(
        Origin(text=_address(place), point=place.point, place=place, namesakes=(origin,))
        for place in others[:NAMESAKES]
    )
    return replace(origin, namesakes=marked)


def town_called(text):
    """The `Origin` of a town that is called exactly so, or None: no beginnings, no positions."""
    origin = origin_of(text) if position(text or "") is None else None
    return origin if origin and _is_called(origin.place, text) else None


def _is_called(place, name):
    key = gazetteer.folded(name)
    return any(gazetteer.folded(spelling) == key for spelling in place.spellings)


def _candidates(text, country):
    places = _apart(gazetteer.places_named(text, limit=40))
    hinted = _WITH_HINT.fullmatch(text)
    if hinted and not any(_is_called(place, text) for place in places):
        name, hint = hinted.groups()
        places = _by_hint(_apart(gazetteer.places_named(name, limit=40)), name, hint)
        text = name
    called = [place for place in places if _is_called(place, text)]
    # Beginnings of names only when nothing is called so.
    return _preferred(called or places, country)


def _preferred(places, country):
    return sorted(places, key=lambda place: country is not None and place.country != country)


def _by_hint(places, name, hint):
    """The places in the country that the hint names, or the one nearest to the town it names."""
    places = [place for place in places if _is_called(place, name)]
    code = _country_codes().get(gazetteer.folded(hint))
    if code:
        return [place for place in places if place.country == code]
    landmarks = gazetteer.places_named(hint, limit=5)
    if not landmarks:
        return places
    return sorted(
        places,
        key=lambda place: min(distance_km(place.point, each.point) for each in landmarks),
    )


@lru_cache(maxsize=1)
def _country_codes():
    """{folded name or code: code}"""
    codes = {}
    for code in [*gazetteer.NETWORK, *gazetteer.NEIGHBOURS]:
        codes[gazetteer.folded(code)] = code
        for language in LANGUAGES:
            codes[gazetteer.folded(country_name(code, language))] = code
    return codes


def _apart(places):
    """Without those of the same name that are the same place for who looks from there."""
    kept = []
    for place in places:
        if not any(
            other.spelling == place.spelling
            and distance_km(other.point, place.point) < _SAME_PLACE_KM
            for other in kept
        ):
            kept.append(place)
    return kept


def _address(place):
    """The text that finds this place and none of its namesakes."""
    around = gazetteer.landmark(place)
    texts = [f"{place.spelling}, {place.country}"]
    if around:
        texts.append(f"{place.spelling} ({around.name})")
    for text in texts:
        found = _candidates(text, None)
        if found and found[0].point == place.point:
            return text
    return "{:.2f},{:.2f}".format(*place.point)
