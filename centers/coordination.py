"""Who looks after a country, as far as it is public, and whom a message about it goes to."""

from collections import defaultdict
from dataclasses import dataclass, field

from centers.alphabet import alphabetical
from centers.models import Coordinator


@dataclass
class Coordination:
    """How a country is looked after: public names, and how many coordinators there are.

    A coordinator decides herself whether she is named; one without a public name counts all the
    same, so that her country is not called vacant.
    """

    names: list = field(default_factory=list)
    count: int = 0

    @property
    def is_vacant(self):
        return self.count == 0


def _active():
    return Coordinator.objects.filter(user__is_active=True, user__is_staff=True)


def coordination_by_country():
    """{code: Coordination} of all countries; one that nobody looks after has an empty one."""
    found = defaultdict(Coordination)
    rows = _active().filter(countries__isnull=False).values_list("countries", "public_name")
    for code, name in rows:
        found[code].count += 1
        if name:
            found[code].names.append(name)
    for each in found.values():
        each.names.sort(key=alphabetical)
    return found


def coordination_of(country):
    """The `Coordination` of one country."""
    rows = _active().filter(countries=country).values_list("public_name", flat=True)
    return Coordination(sorted(filter(None, rows), key=alphabetical), len(rows))


def recipients_for(country):
    """The coordinators whom a message about the country goes to, with their accounts.

    Those who look after it; lead coordinators where nobody does, or nobody can be written to.
    """
    reachable = _active().exclude(user__email="").select_related("user").order_by("pk")
    return list(reachable.filter(countries=country)) or list(reachable.filter(is_lead=True))


def leads():
    """The lead coordinators who can be written to, with their accounts."""
    return list(_active().exclude(user__email="").filter(is_lead=True).select_related("user"))
