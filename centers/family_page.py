"""The page of who helped whom to start: families of centers, some countries' if asked, in pages."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import Count, Q

from centers.alphabet import alphabetical
from centers.countries_asked import CountriesAsked
from centers.country_page import with_center_count
from centers.family import Tie, families, in_circles
from centers.family_drawing import DOT, HINT_SIZE, NAME_SIZE, WIDTH, drawing, fitted, path_of
from centers.gazetteer import town_for_reader
from centers.models import Center, CenterLink, Organisation, Status, country_name
from centers.models.base import related_model

KINDS = CenterLink.Kind.values
COLUMNS = ["from_public_id", "from_name", "kind", "to_public_id", "to_name", "source"]


def published_links():
    """The ties between centers that have pages of their own; one query."""
    links = CenterLink.objects.filter(
        center__merged_into__isnull=True, other__merged_into__isnull=True
    )
    return links.select_related("center", "other", "source").order_by("pk")


def tie_of(link):
    """The link with the center first that was there first."""
    if link.kind == CenterLink.Kind.HELPED_TO_START:
        return Tie(link.center_id, link.other_id, link.kind, link)
    return Tie(link.other_id, link.center_id, link.kind, link)


def shared_projects():
    """Projects in which two centers or more took part, with `center_count`; by title."""
    participations = related_model(Center, "participations")
    projects = related_model(participations.model, "project")
    published = Q(participations__center__merged_into__isnull=True)
    rows = projects.with_texts().annotate(
        center_count=Count("participations__center", filter=published, distinct=True)
    )
    return sorted(
        rows.filter(center_count__gt=1),
        key=lambda row: alphabetical(str(row.shown_title or row.slug)),
    )


def networks():
    """National networks with centers that are or were in them, and `center_count`; by name."""
    rows = with_center_count(Organisation.objects.filter(kind=Organisation.Kind.NETWORK))
    return sorted(rows.filter(center_count__gt=0), key=lambda row: alphabetical(row.name))


class FamilyPage(CountriesAsked):
    """Families of centers, biggest first, those with a center in one of the countries asked for.

    A fixed number of queries for the whole page.
    """

    page_size = 12

    @cached_property
    def ties(self):
        return [tie_of(link) for link in published_links()]

    @cached_property
    def centers(self):
        """{number: center} of all that have a tie."""
        links = [tie.link for tie in self.ties]
        return {center.pk: center for link in links for center in (link.center, link.other)}

    @cached_property
    def choices(self):
        """[(code, name)] of the countries with a center that has a tie, by name."""
        codes = {center.country_id for center in self.centers.values()}
        names = [(code, country_name(code)) for code in codes]
        return sorted(names, key=lambda row: alphabetical(row[1]))

    @cached_property
    def families(self):
        """The families asked for."""
        found = families(self.ties)
        if not self.countries:
            return found
        wanted = {pk for pk, each in self.centers.items() if each.country_id in self.countries}
        return [family for family in found if wanted.intersection(family.members)]

    @cached_property
    def paginator(self):
        return Paginator(self.families, self.page_size)

    @cached_property
    def figures(self):
        """The families of the page as drawn and told."""
        first = self.page.start_index()
        return [
            FamilyFigure(family, self.centers, number)
            for number, family in enumerate(self.page, start=first)
        ]

    @property
    def rows(self):
        """The ties of all families asked for, in the words of the register: a row of `COLUMNS`."""
        for family in self.families:
            for tie in family.ties:
                link = tie.link
                yield [
                    link.center.public_id, link.center.name, link.kind,
                    link.other.public_id, link.other.name,
                    link.source.title if link.source else "",
                ]  # fmt: skip

    @cached_property
    def networks(self):
        return networks()

    @cached_property
    def projects(self):
        return shared_projects()


@dataclass(frozen=True)
class Node:
    """A center in the drawing: its dot, and the words that fit beside it, in a box to click on."""

    center: Center
    label: str
    name: str
    about: str
    x: int
    y: int
    words_x: int
    box_x: int
    box_width: int


class FamilyFigure:
    """A family: its drawing, and the same in words."""

    def __init__(self, family, centers, number):
        self.family, self.number = family, number
        self.drawing = drawing(family)
        self._centers = centers
        self.circle = in_circles(family.ties)

    @property
    def key(self):
        """An identifier in the page."""
        return f"family-{self.number}"

    @cached_property
    def members(self):
        """All its centers: those drawn, in the order of the drawing, then the others by name."""
        drawn = [place.center for place in self.drawing.places]
        rest = set(self.family.members) - set(drawn)
        others = sorted((self._centers[pk] for pk in rest), key=lambda row: alphabetical(row.name))
        return [self._centers[pk] for pk in drawn] + others

    @property
    def first(self):
        """The center that stands first."""
        return self.members[0]

    @property
    def total(self):
        return len(self.members)

    @property
    def countries(self):
        """The names of its countries."""
        codes = {center.country_id for center in self.members}
        return sorted(map(country_name, codes), key=alphabetical)

    @property
    def nodes(self):
        return [self._node(place) for place in self.drawing.places]

    def _node(self, place):
        center = self._centers[place.center]
        town = town_for_reader(center.published_place, center.country_id)
        where = ", ".join(filter(None, [town, country_name(center.country_id)]))
        about = f"{Status(center.status).label} · {where}"
        x, room = self.drawing.x(place.lane), self.drawing.room(place.lane)
        return Node(
            center=center,
            label=f"{center.name}: {about}",
            name=fitted(center.name, room, NAME_SIZE),
            about=fitted(about, room, HINT_SIZE),
            x=x,
            y=self.drawing.y(place.row),
            words_x=WIDTH - room,
            box_x=x - DOT - 2,
            box_width=WIDTH - x + DOT + 1,
        )

    @property
    def lines(self):
        """[(line, its path, the path of its tip)]."""
        at = {place.center: place for place in self.drawing.places}
        return [(line, *path_of(line, at, self.drawing)) for line in self.drawing.lines]

    @cached_property
    def told(self):
        """[(center, [(kind, center after it, link, whether in a circle), …]), …] of all members."""
        after = defaultdict(list)
        for tie in self.family.ties:
            other = self._centers[tie.then]
            after[tie.first].append((tie.kind, other, tie.link, tie in self.circle))

        def order(row):
            return KINDS.index(row[0]), alphabetical(row[1].name)

        return [(center, sorted(after[center.pk], key=order)) for center in self.members]
