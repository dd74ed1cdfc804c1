"""Finds centers that may be recorded twice: by folded names, place and website.

Each published center has a few keys (`match_keys`), kept in `MatchKey` by `rekey`; centers that
share one may be the same. The keys are made from texts alone, so that a row of a file can be
asked about (`suspects`) before it is a center. Nothing here decides: a person does.
"""

import hashlib
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from math import floor
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Count

from centers.folding import heavy, light
from centers.models import Center, CenterName, MatchKey, NotDuplicate

NAME, PLACE, WEBSITE = REASONS = ("name", "place", "website")
_PREFIX = {NAME: "n", PLACE: "p", WEBSITE: "w"}
_REASON = {prefix: reason for reason, prefix in _PREFIX.items()}
# A key that so many centers share says nothing: a network's website, a name of every town.
MAX_SHARED = 12
MAX_ROWS = 1000  # of a file, that `suspects` looks at in one call
PORTION = 1000  # centers whose keys are made at a time

# Words that many centers have in their names, in the network's languages: they tell none apart.
_GENERIC_WORDS = [
    *light(
        """
        mother mothers mom moms mum mums mama mami mamas parent parents family families
        center centers centre centres centrum centra club house network mothercenter mothercentre
        motherscenter motherscentre mothercenters mine the of for and in at
        mutter mütter mutterzentrum mütterzentrum mütterzentren zentrum treff treffpunkt haus
        familie familien familienzentrum familientreff mehrgenerationenhaus mütterhaus der die das
        des dem den für und im am
        materské mateřské materský mateřský materská mateřská matka matky matek mamy mam maminek
        maminka maminy mamin rodinné rodinný rodina rodin rodiny klub dům dom materskecentrum
        mateřskécentrum rodinnecentrum centrom pre pro ve na
        anya anyák anyai anyaklub anyaközpont központ központja családi család családok ház háza
        mamaklub az és
        майчин майчини майка майки майките център центъра центр центрове семеен семейство
        семейства мама мами клуб дом за
        majka majke majki majčin centar mame mamama porodični porodica porodice obiteljski obitelj
        obitelji kuća klub materinski
        матерински материнский матери мамин семейный мам семьи сім материнський сімейний
        mamy matki matek rodzinne rodzina rodzin dla
        mères mère mamans famille familles centre maison des les pour
        madres madre mamás familia familias centro casa mamme famiglia famiglie per las los del
        moeder moeders moedercentrum gezin huis voor van de het
        ana anne anneler merkezi aile
        """
    ).split(),
    *["ngo", "ong", "nko", "np", "mc", "rc", "mac", "mz", "fz", "cic"],
]
_GENERIC = frozenset(heavy(word) for word in _GENERIC_WORDS)
# Of these, those that are written together with what follows, in both forms; the longest first.
_COMPOUNDS = sorted(
    {form for word in _GENERIC_WORDS if len(word) > 8 for form in (word, heavy(word))},
    key=lambda form: (-len(form), form),
)
# What kind of body it is says nothing either.
_BODIES = frozenset(
    heavy(word)
    for word in light(
        """
        verein vereins gemeinnütziger eingetragener association associations foundation society
        sdružení spolek združenie občianske občanské nezisková organizácia organizace
        egyesület egyesülete alapítvány alapítványa szervezet szervezete udruženje udruga
        fondacija fondacja stowarzyszenie
        сдружение фондация удружение организация ассоциация организација asociace asociácia
        asociația fundația fundacja vereniging stichting ev evo ops zs os oz zu
        """
    ).split()
)
_LEGAL_FORMS = re.compile(r"\b(?:e v|o p s|z s|z u|o s|o z|n o|r s|n p o|n g o)\b")
_PLACE_PREFIXES = frozenset({"gr", "grad", "selo", "obec", "city", "town"})
# After these a place is described, not named: "Kyiv, Ukraine", "Isperih (Razgrad)".
_PLACE_ENDS = re.compile(r"[,;(/|]| [-–—] ")

# Hosts of many: without a path they name nobody.
_PLATFORMS = frozenset(
    {
        "facebook.com", "fb.com", "instagram.com", "twitter.com", "x.com", "youtube.com",
        "youtu.be", "google.com", "sites.google.com", "goo.gl", "bit.ly", "linktr.ee", "vk.com",
        "tiktok.com", "linkedin.com", "wordpress.com", "blogspot.com", "wixsite.com",
    }
)  # fmt: skip
_HOST_PREFIX = re.compile(r"^(?:www\d?|m|mobile|[a-z]{2}-[a-z]{2})\.(?=[^.]+\.[^.])")
_INDEX_PAGE = re.compile(r"/(?:index|default|home)\.(?:html?|php|aspx?)$")
_TRACKING = re.compile(r"^(?:utm_.*|fbclid|gclid|ref|refsrc|locale|lang|hl|_rdr|mibextid)$")

CELL = 0.1  # degrees; points nearer than half of it (about 5 km) share a cell


def match_keys(*, names, place, country, website, public_point=None):
    """The keys under which a center of these texts may be the same as another.

    `names` are all its names; `place` its town and `website` its address on the web, "" if not
    known; `country` the ISO code; `public_point` (latitude, longitude) in degrees, or None.
    Nonsense gives fewer keys, never an error.
    """
    keys = set()
    town = _town(place)
    # A number in a name is no town's: the center 7 in district 7 is not that of district 7.
    words_of_town = (
        {heavy(word) for word in light(place or "").split() if not word.isdigit()}
        if town
        else set()
    )
    country = (country or "").strip().upper()
    for name in names if country else ():
        words = _significant(name)
        if not words:
            continue
        core = [word for word in words if word not in words_of_town and word != town]
        heart = "" if all(word in _GENERIC for word in core) else "".join(sorted(core))
        # In the order written, so that "Sun Flower" is "Sunflower", and in none. A center that
        # is called by nothing but its town has the town for a name.
        in_order, in_none = "".join(words), "".join(sorted(words))
        if town and not heart:
            in_none = town
            in_order = town if all(word in _GENERIC for word in words) else in_order
        whole = {in_order, in_none}
        keys |= {_key(NAME, country, each) for each in whole}
        if town:
            keys |= {_key(PLACE, country, town, each) for each in {heart, *whole}}
        keys |= {_key(PLACE, country, cell, in_order) for cell in _cells(public_point)}
    if address := _address(website):
        keys.add(_key(WEBSITE, address))
    return keys


def _key(reason, *parts):
    text = ":".join((_PREFIX[reason], *parts))
    text = text.encode(errors="ignore").decode().replace("\0", "")  # what no database takes
    if len(text) > 120:
        text = text[:80] + "~" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return text


def _significant(name):
    """The folded words of a name that tell it from others; all of them if none would be left."""
    words = _LEGAL_FORMS.sub(" ", light(name or "")).split()
    # Numbers as they are: 11 is not 1, although mmuter is muter.
    folded = [
        word if word.isdigit() else _uncompounded(heavy(_uncompounded(word))) for word in words
    ]
    # A single letter inside is "and" or "in" in one of the languages; at the end it counts.
    inner = {i for i, word in enumerate(folded[:-1]) if len(word) == 1 and word.isalpha()}
    for dropped in (_GENERIC | _BODIES, _GENERIC, frozenset()):
        kept = [w for i, w in enumerate(folded) if w not in dropped and (i not in inner)]
        if kept:
            return kept
    return folded


def _uncompounded(word):
    """What a compound such as Mütterzentrumsonne says beside the generic word in it."""
    for compound in _COMPOUNDS:
        for rest in (word.removeprefix(compound), word.removesuffix(compound)):
            if rest != word and len(rest) > 2:
                return rest
    return word


def _town(place):
    """The town folded to one word, without numbers of districts and posts; "" if not known."""
    words = [heavy(word) for word in light(_PLACE_ENDS.split(place or "", maxsplit=1)[0]).split()]
    named = [word for word in words if not word.isdigit() and word not in _PLACE_PREFIXES]
    return "".join(named or words)


def _cells(point):
    """Four overlapping cells of the map around a point, so that near points share one."""
    try:
        latitude, longitude = (float(degrees) for degrees in point or ())
        return [
            f"@{floor(latitude / CELL + north)},{floor(longitude / CELL + east)}{north}{east}"
            for north, east in itertools.product((0, 0.5), repeat=2)
        ]
    except (TypeError, ValueError, OverflowError):
        return []


def _address(website):
    """Host without www, and path: what two spellings of an address on the web share; or ""."""
    text = (website or "").strip()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    host = _HOST_PREFIX.sub("", host)
    path = _INDEX_PAGE.sub("", unquote(parts.path).lower()).rstrip("/")
    query = "&".join(
        sorted(f"{name}={value}" for name, value in parse_qsl(parts.query)
               if not _TRACKING.match(name.lower()))
    )  # fmt: skip
    if "." not in host or (host in _PLATFORMS and not path.strip("/")):
        return ""
    return f"{host}{path}?{query}" if query else f"{host}{path}"


def texts_of(center):
    """What `match_keys` takes of a center."""
    return {
        "names": [center.name, *(name.value for name in center.names.all())],
        "place": center.place,
        "country": center.country_id,
        "website": center.website,
        "public_point": center.published_point,
    }


def _keys_of(pks):
    """{pk: keys} of those of the centers that are published."""
    centers = Center.objects.published().filter(pk__in=pks).order_by()
    rows = centers.values_list(
        "pk", "name", "place", "country", "website", "published_latitude", "published_longitude"
    )
    names = defaultdict(list)
    for pk, name in (
        CenterName.objects.filter(center__in=pks).order_by().values_list("center", "value")
    ):
        names[pk].append(name)
    return {
        pk: match_keys(
            names=[name, *names[pk]],
            place=place,
            country=country,
            website=website,
            public_point=None if latitude is None else (latitude, longitude),
        )
        for pk, name, place, country, website, latitude, longitude in rows
    }


def _compared(pks):
    """By and by, (the keys that should be, {key that is kept: its row}) as pairs of pk and key.

    In portions, so that memory does not grow with the register; `pks` None is all centers.
    """
    if pks is None:
        pks = Center.objects.order_by("pk").values_list("pk", flat=True)
    pks = list(pks)
    for start in range(0, len(pks), PORTION):
        some = pks[start : start + PORTION]
        kept = MatchKey.objects.filter(center__in=some).values_list("pk", "center", "key")
        yield (
            {(pk, key) for pk, keys in _keys_of(some).items() for key in keys},
            {(pk, key): row for row, pk, key in kept},
        )


@transaction.atomic
def rekey(pks=None):
    """Bring the match keys of all centers, or of those with the keys `pks`, into agreement."""
    for expected, present in _compared(pks):
        stale = [row for pair, row in present.items() if pair not in expected]
        MatchKey.objects.filter(pk__in=stale).delete()
        MatchKey.objects.bulk_create(
            [MatchKey(center_id=pk, key=key) for pk, key in sorted(expected - present.keys())],
            ignore_conflicts=True,  # somebody else may bring them into agreement at this moment
        )


def disagreements():
    """Sentences on where the match keys are not what the register says."""
    for expected, present in _compared(None):
        for pk in sorted({pk for pk, _key in expected ^ present.keys()}):
            yield f"duplicates: center {pk} is not compared by what it is called now"


def suspects(rows, *, also_elsewhere=False):
    """For each row, which published centers it may be: {pk: {"name", "place", "website"}}.

    `rows` are at most 1,000 dicts with the arguments of `match_keys`; the answers come in their
    order, by the same number of queries for one row and for many. A center in another known town
    is not suspected for its name alone: many towns have a "Sunshine".
    """
    if len(rows) > MAX_ROWS:
        raise ValueError(f"Ask for {MAX_ROWS} rows at a time, not {len(rows)}.")
    keys = [match_keys(**row) for row in rows]
    wanted = set().union(*keys)
    telling = (
        MatchKey.objects.filter(key__in=wanted)
        .order_by()
        .values("key")
        .annotate(centers=Count("pk"))
        .filter(centers__lt=MAX_SHARED)
        .values("key")
    )
    centers, places = defaultdict(list), {}
    for key, pk, place in (
        MatchKey.objects.filter(key__in=telling)
        .order_by()
        .values_list("key", "center", "center__place")
    ):
        centers[key].append(pk)
        places[pk] = place
    answers = []
    for row, its_keys in zip(rows, keys, strict=True):
        found = defaultdict(set)
        for key in its_keys:
            for pk in centers[key]:
                found[pk].add(_REASON[key[0]])
        elsewhere = {
            pk
            for pk, why in found.items()
            if not also_elsewhere and why == {NAME} and row["place"] and places[pk]
        }
        answers.append({pk: why for pk, why in found.items() if pk not in elsewhere})
    return answers


# --- Pairs ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Two centers that may be the same, and why: some of `REASONS`."""

    a: Center
    b: Center
    reasons: tuple

    @property
    def is_elsewhere(self):
        """Whether they share a name alone, and lie in different towns."""
        return self.reasons == (NAME,) and bool(self.a.place and self.b.place)


class OpenPairs:
    """Pairs of published centers that may be the same and that nobody has decided on yet.

    Those of which she may change at least one, if `rights` are given; in one country, if one is
    given. `elsewhere` gives the pairs that share a name and lie in different towns, which are
    seldom the same and left out otherwise. A sequence for Django's `Paginator`, the most likely
    first: two queries for a page, one to count, however many there are.
    """

    def __init__(self, rights=None, *, country="", elsewhere=False):
        self.rights, self.country, self.elsewhere = rights, country, elsewhere

    def count(self):
        if not hasattr(self, "_count"):
            with connection.cursor() as cursor:
                sql, params = self._sql()
                cursor.execute(f"SELECT COUNT(*) FROM ({sql}) open_pairs", params)
                self._count = cursor.fetchone()[0]
        return self._count

    __len__ = count

    def __getitem__(self, wanted):
        """The pairs of a slice with a start and an end, as `Pair`."""
        start, stop = wanted.start or 0, wanted.stop
        sql, params = self._sql()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT * FROM ({sql}) open_pairs ORDER BY by_name + by_place + by_website DESC, "
                "by_website DESC, by_place DESC, a, b LIMIT %s OFFSET %s",
                [*params, stop - start, start],
            )
            rows = cursor.fetchall()
        centers = Center.objects.select_related("country").in_bulk(
            {pk for a, b, *_reasons in rows for pk in (a, b)}
        )
        return [
            Pair(
                centers[a],
                centers[b],
                tuple(reason for reason, is_so in zip(REASONS, why, strict=True) if is_so),
            )
            for a, b, *why in rows
            if a in centers and b in centers
        ]

    def _sql(self):
        """SELECT a, b, by_name, by_place, by_website for every open pair, with its parameters."""
        table, key = MatchKey._meta.db_table, connection.ops.quote_name("key")
        reasons = ", ".join(
            f"MAX(CASE WHEN SUBSTR(one.{key}, 1, 1) = '{_PREFIX[reason]}' THEN 1 ELSE 0 END) "
            f"AS by_{reason}"
            for reason in REASONS
        )
        only_named = "pairs.by_place + pairs.by_website = 0 AND ca.place <> '' AND cb.place <> ''"
        conditions = [
            f"NOT EXISTS (SELECT 1 FROM {NotDuplicate._meta.db_table} decided "
            "WHERE decided.a_id = pairs.a AND decided.b_id = pairs.b)",
            only_named if self.elsewhere else f"NOT ({only_named})",
        ]
        params = [MAX_SHARED]
        if self.country:
            conditions.append("(ca.country_id = %s OR cb.country_id = %s)")
            params += [self.country] * 2
        if self.rights is not None and not self.rights.is_lead:
            hers, hers_params = _compiled(self.rights.changeable(Center.objects.order_by()))
            conditions.append(f"(pairs.a IN ({hers}) OR pairs.b IN ({hers}))")
            params += [*hers_params] * 2
        return (
            "SELECT pairs.a, pairs.b, pairs.by_name, pairs.by_place, pairs.by_website FROM ("
            f"SELECT one.center_id AS a, other.center_id AS b, {reasons} FROM ("
            f"SELECT {key} FROM {table} GROUP BY {key} HAVING COUNT(*) BETWEEN 2 AND %s) shared "
            f"JOIN {table} one ON one.{key} = shared.{key} "
            f"JOIN {table} other ON other.{key} = one.{key} AND other.center_id > one.center_id "
            "GROUP BY one.center_id, other.center_id) pairs "
            f"JOIN {Center._meta.db_table} ca ON ca.id = pairs.a "
            f"JOIN {Center._meta.db_table} cb ON cb.id = pairs.b "
            f"WHERE {' AND '.join(conditions)}"
        ), params


def _compiled(centers):
    """SQL and parameters of a subquery for the primary keys of the centers."""
    try:
        return centers.values("pk").query.sql_with_params()
    except EmptyResultSet:  # whoever is responsible for nothing
        return "SELECT 0", []


def pairs_waiting(rights):
    """How many pairs wait for somebody with these rights to look at them."""
    return OpenPairs(rights).count()


@transaction.atomic
def remember_different(a, b, *, by):
    """Remember that the two centers are not the same; returns the record. Twice is once."""
    one, other = sorted((a.pk, b.pk))
    return NotDuplicate.objects.get_or_create(a_id=one, b_id=other, defaults={"by": by})[0]
