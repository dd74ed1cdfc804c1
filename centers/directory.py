"""Overviews: what the registry knows of countries and organisations, beside what is claimed."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import get_language

from centers.alphabet import alphabetical
from centers.models import Center, Claim, Country, Organisation, Status


@dataclass
class CountryRow:
    """A country with its counted centers and with what is claimed about it."""

    country: Country
    by_status: dict = field(default_factory=lambda: defaultdict(int))
    claims: list = field(default_factory=list)

    @property
    def total(self):
        return sum(self.by_status.values())

    @property
    def closed(self):
        return self.by_status[Status.CLOSED]

    @property
    def not_closed(self):
        return self.total - self.closed


def country_table():
    """A `CountryRow` for every country, in the alphabet of the reader's language."""
    rows = {country.code: CountryRow(country) for country in Country.objects.all()}
    counted = (
        Center.objects.published().order_by().values_list("country", "status").annotate(Count("pk"))
    )
    for code, status, count in counted:
        rows[code].by_status[status] = count
    for claim in Claim.objects.filter(country__isnull=False).select_related("source"):
        rows[claim.country_id].claims.append(claim)
    return sorted(rows.values(), key=lambda row: alphabetical(row.country.name))


def organisations_by_kind():
    """[(label of the kind, [organisation, …])]"""
    groups = defaultdict(list)
    for organisation in Organisation.objects.prefetch_related("names"):
        groups[organisation.kind].append(organisation)
    return [(label, groups[kind]) for kind, label in Organisation.Kind.choices if groups[kind]]


def projects_of(organisation):
    """[(slug, title)] of the projects that the organisation took part in, funded or studied.

    A title is in the reader's language, else in English, else in any.
    """
    titles = {}
    wanted = [get_language() or "en", "en"]
    for path in ("participations", "funding", "evaluations"):
        rows = Organisation.objects.filter(
            **{"pk": organisation.pk, f"{path}__project__texts__isnull": False}
        ).values_list(
            f"{path}__project__slug",
            f"{path}__project__texts__language",
            f"{path}__project__texts__title",
        )
        for slug, language, title in rows:
            rank = wanted.index(language) if language in wanted else len(wanted)
            titles.setdefault(slug, []).append((rank, language, title))
    best = {slug: min(found)[2] for slug, found in titles.items()}
    return sorted(best.items(), key=lambda item: alphabetical(item[1]))
