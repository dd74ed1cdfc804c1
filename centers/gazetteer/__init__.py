"""Towns and villages of the network's countries, found by name or place, without a database.

The data is GeoNames (https://www.geonames.org/, CC BY 4.0) as three committed text files, made by
`.ci/build_gazetteer.py` and read where they lie: a search looks at some twenty lines of a file that
is mapped into memory, and nothing is loaded but the list of the map's squares (a few milliseconds,
once a process).

- `places.tsv`: a line a place, the biggest first: latitude, longitude (degrees), country, number
  of inhabitants (0: unknown), name, other spellings. A place's key is where its line begins, so
  that of two keys the smaller is that of the bigger place.
- `names.tsv`: folded name and the keys of the places that are called so, sorted.
- `squares.tsv`: a line a square of one degree, with the keys of the places in it.
"""

import heapq
import math
import mmap
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from django.utils.translation import get_language

from centers.distance import distance_km
from centers.edits import allowed, one_slip, slips
from centers.folding import heavy, light

# The countries of the register (`mine_site/register/data/countries.csv`): every place of 500
# inhabitants; and their neighbours in Europe, from where a center across the border is near: towns.
# fmt: off
NETWORK = [
    "AL", "AR", "AT", "BA", "BG", "CA", "CH", "CM", "CZ", "DE", "DK", "HU", "IT", "KE", "LI", "NL",
    "NP", "PL", "RS", "RU", "RW", "SI", "SK", "TR", "US",
]
# fmt: on
NEIGHBOURS = ["BE", "FR", "GR", "HR", "LU", "MD", "ME", "MK", "RO", "UA", "XK"]
FOLDER = Path(__file__).parent
MAX_LETTERS = 100  # no town has a longer name
_CYRILLIC = re.compile(r"[\u0400-\u04ff -]+")
_BIG_CITY = 500_000  # inhabitants
_MOST_PREFIXED = 20_000  # lines of names that are looked at for one beginning


@dataclass(frozen=True)
class Place:
    """A town or village as GeoNames knows it.

    `name` is its spelling in English or in its country, `spelling` the one that was searched for
    (“München” for Munich). Degrees are those of its centre, north and east positive; `population`
    is 0 where it is unknown.
    """

    name: str
    country: str
    latitude: float
    longitude: float
    population: int
    spellings: tuple = ()
    spelling: str = ""

    @property
    def point(self):
        """(latitude, longitude) in degrees."""
        return self.latitude, self.longitude


def folded(name):
    """The key under which a name stands: its words as the search folds them at their heaviest."""
    return " ".join(heavy(word) for word in light(name[:MAX_LETTERS]).split())


@cache
def _mapped(name):
    with (FOLDER / name).open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


@lru_cache(maxsize=1)
def _squares():
    """{(degrees south, degrees west): keys as text}"""
    squares = {}
    for line in (FOLDER / "squares.tsv").read_bytes().splitlines():
        south, west, keys = line.split(b"\t")
        squares[int(south), int(west)] = keys
    return squares


def _place(key, searched="", written=""):
    places = _mapped("places.tsv")
    line = places[key : places.find(b"\n", key)].decode()
    latitude, longitude, country, population, name, *others = line.split("\t")
    return Place(
        name=name,
        country=country,
        latitude=float(latitude),
        longitude=float(longitude),
        population=int(population),
        spellings=(name, *others),
        spelling=_spelling((name, *others), searched, written) if searched else name,
    )


def _spelling(spellings, searched, written=""):
    """The spelling nearest to what was searched for, in the script that it was written in.

    `written` is what was typed, where something like it is searched for. The first one if none is
    in that script.
    """
    key, lightly, is_latin = folded(searched), light(searched), _is_latin(written or searched)

    def unlikeness(spelling):
        return not folded(spelling).startswith(key), not light(spelling).startswith(lightly)

    alike = [each for each in spellings if _is_latin(each) == is_latin]
    return min(alike, key=unlikeness, default=spellings[0])


def _weight(place):
    """Its inhabitants; a tenth of them when it is asked for by another name than its own."""
    return place.population if place.spelling == place.name else place.population / 10


def _is_latin(text):
    return not any("\u0370" <= letter < "\u1e00" for letter in text)


def _first_line(names, key):
    """Where the first line begins that is not before `key`; by bisection over the bytes."""
    low, high = 0, len(names)
    while low < high:
        middle = (low + high) // 2
        start = names.rfind(b"\n", low, middle) + 1 or low
        end = names.find(b"\n", start) + 1
        if names[start : end - 1] < key:
            low = end
        else:
            high = start
    return low


def _lines_from(key):
    """(folded name, its keys) of `names.tsv` from `key` on."""
    names = _mapped("names.tsv")
    start = _first_line(names, key)
    while start < len(names):
        end = names.find(b"\n", start)
        name, _tab, keys = names[start:end].partition(b"\t")
        yield name, keys
        start = end + 1


def _keys(text):
    return [int(key, 36) for key in text.split()]


def places_named(text, *, country=None, limit=10):
    """The places that are called so, the best first, at most `limit`.

    Whole names come before beginnings of names, spelled alike before merely sounding alike, the
    biggest first; namesakes are told apart by who asks. `country` is a two-letter code. An empty
    list when nothing is called so.
    """
    key = folded(text).encode()
    if not key:
        return []
    exact, begun = [], set()
    for name, keys in islice(_lines_from(key), _MOST_PREFIXED):
        if not name.startswith(key):
            break
        if name == key:
            exact = _keys(keys)
        elif len(key) > 1:
            begun.update(_keys(keys))
    found = [_place(each, text) for each in exact]
    lightly = light(text)
    found.sort(key=lambda place: (light(place.spelling) != lightly, -_weight(place)))
    begun.difference_update(exact)
    if country:
        found = [place for place in found if place.country == country]
    for each in sorted(begun) if country else heapq.nsmallest(limit, begun):
        if len(found) >= limit:
            break
        place = _place(each, text)
        if country in (None, place.country):
            found.append(place)
    return found[:limit]


def similar(text, *, limit=3):
    """Places whose names are a slip or two of the pen away from the text, the likest first."""
    key = folded(text)
    most = allowed(key)
    if not most or len(key) > 40:
        return []
    likeness = {}
    for name in one_slip(key):
        line = next(_lines_from(name.encode()), None)
        if line and line[0] == name.encode():
            likeness[name] = (1, line[1])
    if most > 1:
        start = key[:3].encode()  # who mistakes the beginning seldom mistakes the rest
        for line, keys in islice(_lines_from(start), _MOST_PREFIXED):
            if not line.startswith(start):
                break
            name = line.decode()
            if name not in likeness and slips(key, name, most=most) == most:
                likeness[name] = (most, keys)
    found = {}
    for name, (distance, keys) in likeness.items():
        for each in _keys(keys)[:limit]:
            found[each] = min(found.get(each, (distance, name)), (distance, name))
    # A bigger place has the smaller key.
    best = sorted(found, key=lambda each: (found[each][0], each))[:limit]
    return [_place(each, found[each][1], written=text) for each in best]


def towns_in(south, west, north, east, *, limit=40):
    """The places in a box of degrees, the biggest first, at most `limit`.

    `west` may be greater than `east`: the box then crosses the 180th meridian.
    """
    return list(islice(_in_box(south, west, north, east), limit))


def _in_box(south, west, north, east):
    if not all(map(math.isfinite, (south, west, north, east))):
        return
    spans = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    merged = heapq.merge(
        *(
            _keys(keys)
            for (lower, left), keys in _squares().items()
            if south < lower + 1 and lower <= north
            if any(first < left + 1 and left <= last for first, last in spans)
        )
    )
    for key in merged:
        place = _place(key)
        if south <= place.latitude <= north and any(
            first <= place.longitude <= last for first, last in spans
        ):
            yield place


def nearest(latitude, longitude):
    """The place nearest to a point, or None when there is none within about 200 kilometres."""
    for degrees in (0.1, 0.5, 2):
        aside = degrees / max(math.cos(math.radians(latitude)), 0.01)
        places = towns_in(
            latitude - degrees, longitude - aside, latitude + degrees, longitude + aside, limit=500
        )
        if places:
            return min(places, key=lambda each: distance_km(each.point, (latitude, longitude)))
    return None


def landmark(place):
    """The bigger town near a place, by which it is told from its namesakes; or None.

    None for a big city, which nobody tells by a town nearby, still less by one of its districts.
    """
    if place.population >= _BIG_CITY:
        return None
    latitude, longitude = place.point
    aside = 0.7 / max(math.cos(math.radians(latitude)), 0.01)
    towns = [
        town
        for town in towns_in(latitude - 0.7, longitude - aside, latitude + 0.7, longitude + aside)
        if town.population >= 20_000 and town.name != place.name
    ]
    bigger = [town for town in towns if town.population >= 2 * place.population]
    return min(bigger or towns, key=lambda town: distance_km(town.point, place.point), default=None)


def in_reader_script(place):
    """“Разград” for a Bulgarian reader, else its name. GeoNames does not tell languages apart."""
    if (get_language() or "").startswith("bg") and place.country == "BG":
        key = folded(place.name)
        for spelling in place.spellings:
            if _CYRILLIC.fullmatch(spelling) and folded(spelling) == key:
                return spelling
    return place.name


def town_for_reader(name, country):
    """The name of a town as the reader writes it, where that is known; else as it is given."""
    if country != "BG" or not (get_language() or "").startswith("bg") or not name:
        return name
    key = folded(name)
    named = places_named(name, country=country, limit=3)
    return next((in_reader_script(place) for place in named if folded(place.name) == key), name)
