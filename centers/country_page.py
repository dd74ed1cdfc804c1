"""What a country's page tells: its centers, how they fared, and who is there for them."""

from collections import Counter
from functools import cached_property

from django.db.models import Count, Q
from django.utils.translation import ngettext

from centers.alphabet import alphabetical
from centers.charts.columns import column_chart
from centers.coordination import coordination_of
from centers.drawn_map import MapPanel
from centers.models import LIVING, Center, Status
from centers.models.status import name_present_causes
from centers.statistics.over_time import counts_by_year

# Cards of open centers and lines of closed ones; the list has them all.
MOST = 24


def with_center_count(organisations):
    """Annotates `center_count`: the published centers that are or were with the organisation."""
    published = Q(affiliations__center__merged_into__isnull=True)
    return organisations.annotate(
        center_count=Count("affiliations__center", filter=published, distinct=True)
    )


class CountryPage:
    """A country with all that its page shows, on the day `on`; a fixed number of queries."""

    def __init__(self, country, *, on):
        self.country = country
        self.on = on
        self.centers = Center.objects.published().filter(country=country)

    @cached_property
    def _rows(self):
        return list(self.centers.order_by().values_list("pk", "name", "slug", "status"))

    @cached_property
    def by_status(self):
        """[(status, number)] of those that occur, in the order of the statuses."""
        counts = Counter(status for _pk, _name, _slug, status in self._rows)
        return [(status, counts[status]) for status in Status.values if counts[status]]

    @property
    def total(self):
        return len(self._rows)

    @cached_property
    def closed_count(self):
        return dict(self.by_status).get(Status.CLOSED, 0)

    @property
    def open_count(self):
        return self.total - self.closed_count

    @property
    def open_centers(self):
        """The first of those that are not closed: the living first, each in the alphabet."""
        return self._shown[0]

    @property
    def closed_centers(self):
        return self._shown[1]

    @cached_property
    def _shown(self):
        def first(rows, rank):
            def order(row):
                _pk, name, slug, status = row
                return rank(status), alphabetical(name), slug

            return [pk for pk, *_rest in sorted(rows, key=order)[:MOST]]

        is_closed = [row for row in self._rows if row[3] == Status.CLOSED]
        is_open = [row for row in self._rows if row[3] != Status.CLOSED]
        pks = first(is_open, lambda status: status not in LIVING), first(is_closed, lambda _: 0)
        found = Center.objects.filter(pk__in=[*pks[0], *pks[1]]).prefetch_related("names")
        centers = {center.pk: center for center in found}
        name_present_causes(centers.values())
        return [[centers[pk] for pk in each] for each in pks]

    @cached_property
    def map(self):
        return MapPanel(self.centers.not_closed(), f"?country={self.country.code}")

    @cached_property
    def chart(self):
        return column_chart(counts_by_year(self.centers, on=self.on))

    @cached_property
    def coordination(self):
        return coordination_of(self.country)

    @cached_property
    def organisations(self):
        rows = with_center_count(self.country.organisations.all())
        return sorted(rows, key=lambda row: alphabetical(row.name))

    @cached_property
    def projects(self):
        rows = self.country.projects.with_texts()
        return sorted(rows, key=lambda row: alphabetical(str(row.shown_title or row.slug)))

    @cached_property
    def claims(self):
        return self.country.claims.select_related("source")


def country_picture(country):
    """The arguments of `centers.share_images.picture_response` for a country."""
    number = Center.objects.published().not_closed().filter(country=country).count()
    said = ngettext("%(number)s center", "%(number)s centers", number) % {"number": number}
    return {"title": country.name, "said": said if number else ""}
