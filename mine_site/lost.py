"""What may have been meant by an address that leads nowhere.

Addresses are typed from paper, copied from old mails and written in other alphabets. The search
index finds most of them, since it folds spellings (`centers.folding`); of the rest the nearest
names are taken. At most about ten queries, whatever is asked.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext_lazy as _

from centers import folding
from centers.models import Country, SearchEntry, country_name
from centers.models.search import MAX_TERMS
from centers.search import COUNTRY_LANGUAGES
from mine_site.searching import records_named, records_of

MOST = 6  # proposals
MOST_LETTERS = 500  # of the address
LOOKED_AT = 200  # entries of the index that are compared letter by letter
NEAR = 0.75  # how alike two words must be, as `SequenceMatcher.ratio` counts
# What lists are called, rightly or nearly, in an address: {word: name of the list}.
SECTIONS = {
    "center": "centers:list", "centers": "centers:list", "centre": "centers:list",
    "centres": "centers:list", "mothercenters": "centers:list",
    "country": "centers:country_list", "countries": "centers:country_list",
    "organisation": "centers:organisation_list", "organisations": "centers:organisation_list",
    "organization": "centers:organisation_list", "organizations": "centers:organisation_list",
    "network": "centers:organisation_list", "networks": "centers:organisation_list",
    "project": "projects:list", "projects": "projects:list",
    "story": "stories:list", "stories": "stories:list", "voices": "stories:list",
    "change": "changes", "changes": "changes", "news": "changes", "atom": "changes",
    "data": "data", "opendata": "data", "snapshots": "data",
}  # fmt: skip
LISTS = {
    "centers:list": _("All centers"),
    "centers:country_list": _("All countries"),
    "centers:organisation_list": _("Networks and partners"),
    "projects:list": _("All projects"),
    "stories:list": _("Stories and voices"),
    "changes": _("What changed"),
    "data": _("Open data"),
}
# Of which kind the records are that stand behind a list.
KINDS = {
    "centers:list": SearchEntry.Kind.CENTER,
    "centers:organisation_list": SearchEntry.Kind.ORGANISATION,
    "projects:list": SearchEntry.Kind.PROJECT,
    "stories:list": SearchEntry.Kind.STORY,
}
# Programs that look for holes ask for such things by the thousand.
_NO_PAGE = re.compile(r"\.[A-Za-z0-9]{2,5}/?$|wp-|/\.")


@dataclass(frozen=True)
class Proposal:
    """A page that may have been meant; `language` is that of its label, where it is not ours."""

    label: str
    url: str
    language: str = ""


def proposals(path):
    """The pages that may have been meant by the path of an address, best first."""
    path = re.sub(r"\.html?/?$", "", path)
    if _NO_PAGE.search(path):
        return []
    segments = [each for each in path[:MOST_LETTERS].split("/") if each]
    if found := _without_prefix(segments):
        return [found]
    folded = [(each, folding.light(each)) for each in _stripped(segments)]
    section = next((SECTIONS[word] for _each, word in folded if word in SECTIONS), "")
    rest = [each for each, word in folded if word not in SECTIONS and word != "id"]
    found = _meant(rest[-1], section) if rest else []
    if section and not found:
        found.append(Proposal(str(LISTS[section]), reverse(section)))
    return list({each.url: each for each in found}.values())[:MOST]


def _meant(asked, section):
    """Countries and records that the last part of the address may mean."""
    words = folding.forms(asked)[:MAX_TERMS]
    if not words:
        return []
    countries = _countries(asked)
    if countries and section == "centers:country_list":
        return countries
    return countries + _records(words, section)


def _is_language(segment):
    return segment.lower() in dict(settings.LANGUAGES) or re.fullmatch("[A-Za-z]{2}", segment)


def _stripped(segments):
    """The segments without languages at the beginning."""
    while len(segments) > 1 and _is_language(segments[0]):
        segments = segments[1:]
    return segments


def _without_prefix(segments):
    """The same page without the languages before it, where it is there; or None."""
    rest = _stripped(segments)
    if len(rest) == 1 and _is_language(rest[0]):
        rest = []
    if rest == segments:
        return None
    path = "/" + "".join(f"{each}/" for each in rest)
    try:
        match = resolve(path)
    except Resolver404:
        return None
    if match.kwargs or match.namespaces[:1] == ["admin"]:
        return None  # whether that record is there is another question
    label = path if rest else _("Start page")
    return Proposal(str(label), reverse(match.view_name))


def _countries(asked):
    """Countries called so in a language of the network, or nearly so."""
    wanted = folding.heavy(folding.light(asked).replace(" ", ""))
    found = []
    for country in Country.objects.all():
        names = {folding.light(country_name(country.code, each)) for each in COUNTRY_LANGUAGES}
        likeness = max(_likeness(wanted, folding.heavy(name.replace(" ", ""))) for name in names)
        if likeness >= NEAR or asked.upper() == country.code:
            found.append((-likeness, country.name, country.get_absolute_url()))
    return [Proposal(name, url) for _likeness, name, url in sorted(found)[:2]]


def _records(words, section):
    """Records found by all the words; else those whose words are nearest."""
    kind = KINDS.get(section)
    # Of the kind that the address names first; also by its slug, which no index holds.
    ranked = sorted(_found(words) or _near(words), key=lambda row: row[0] != kind)
    slug = "-".join(forms[0] for forms in words)
    named = records_named(kind, slug) if kind else []
    records = [*named, *(record for _kind, record in records_of(ranked[:MOST]))]
    return [_proposal(record) for record in records]


def _proposal(record):
    label, place = str(record), getattr(record, "published_place", "")
    if place and place.lower() not in label.lower():
        label = f"{label}, {place}"
    title = getattr(record, "shown_title", None)
    language = getattr(title, "language", "") or getattr(record, "language", "")
    return Proposal(label, record.get_absolute_url(), language)


def _found(words):
    """[(kind, pk)] of the entries in which every word begins a word, the closest first."""
    entries = SearchEntry.objects.filter(words__begin=words)
    return _ranked(entries, words, least=0)


def _near(words):
    """[(kind, pk)] of the entries with words nearly like these: the same first three letters."""
    stems = [tuple(form[:3] for form in forms) for forms in words if len(forms[0]) > 2]
    if not stems:
        return []
    some = reduce(or_, (Q(words__begin=[stem]) for stem in stems[:4]))
    for condition in (Q(words__begin=stems), some):
        if ranked := _ranked(SearchEntry.objects.filter(condition), words, least=NEAR):
            return ranked
    return []


def _ranked(entries, words, *, least):
    """[(kind, pk)] of up to `LOOKED_AT` entries by how alike they are to the words, at least so."""
    known, ranked = {}, []
    for entry in entries.order_by("pk")[:LOOKED_AT]:
        theirs = entry.words.split()
        score = 0
        for forms in words:
            best = 0
            for form in forms:
                for word in theirs:
                    if (form, word) not in known:
                        known[form, word] = _likeness(form, word)
                    best = max(best, known[form, word])
            score += best
        score /= len(words)
        if score >= least:
            ranked.append((-score, len(theirs), entry.kind, entry.object_id))
    return [(kind, pk) for _score, _length, kind, pk in sorted(ranked)]


def _likeness(one, other):
    """0 to 1; cheap where the words cannot be alike."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < NEAR or matcher.quick_ratio() < NEAR:
        return 0
    return matcher.ratio()
