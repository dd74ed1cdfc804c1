"""Overviews: what the registry knows of countries and organisations, beside what is claimed."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import get_language

from centers.alphabet import alphabetical
from centers.coordination import Coordination, coordination_by_country
from centers.country_page import with_center_count
from centers.models import LIVING, Center, Claim, Country, Organisation, Status


@dataclass
class CountryRow:
    """A country with its counted centers and with what is claimed about it."""

    country: Country
    by_status: dict = field(default_factory=lambda: defaultdict(int))
    claims: list = field(default_factory=list)
    coordination: Coordination = field(default_factory=Coordination)

    @property
    def total(self):
        return sum(self.by_status.values())

    @property
    def closed(self):
        return self.by_status[Status.CLOSED]

    @property
    def living(self):
        return sum(self.by_status[status] for status in LIVING)


def countries_by_region():
    """[(name of the region or "", [CountryRow, …])], both in the alphabet of the reader's language.

    Countries whose region is not recorded come last, under "".
    """
    coordinations = coordination_by_country()
    rows = {
        country.code: CountryRow(country, coordination=coordinations[country.code])
        for country in Country.objects.all()
    }
    counted = (
        Center.objects.published().order_by().values_list("country", "status").annotate(Count("pk"))
    )
    for code, status, count in counted:
        rows[code].by_status[status] = count
    for claim in Claim.objects.filter(country__isnull=False).select_related("source"):
        rows[claim.country_id].claims.append(claim)
    regions = defaultdict(list)
    for row in sorted(rows.values(), key=lambda row: alphabetical(row.country.name)):
        regions[row.country.get_region_display()].append(row)
    return sorted(regions.items(), key=lambda item: (not item[0], alphabetical(str(item[0]))))


def organisations_by_kind():
    """[(label of the kind, [organisation with `center_count`, …])], in the reader's alphabet."""
    groups = defaultdict(list)
    organisations = with_center_count(Organisation.objects.all())
    for organisation in sorted(organisations, key=lambda each: alphabetical(each.name)):
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
