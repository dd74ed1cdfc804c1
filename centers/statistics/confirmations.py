"""The honest count: how many centers somebody confirmed, and how long ago, by country."""

from collections import Counter, defaultdict

from centers.models import Freshness, Status
from centers.models.center import freshness_of
from centers.status_log import last_observed


def confirmations_of(logs, periods, country_of, *, on):
    """{country: {freshness, or `Status.CLOSED`: number of centers}} on the day `on`.

    Closed centers are counted apart: nobody confirms them any more. `logs` and `periods` are by
    primary key, as is `country_of`, which has all centers.
    """
    counts = defaultdict(Counter)
    for pk, country in country_of.items():
        told = periods.get(pk)
        if not told:
            counts[country][Freshness.NEVER] += 1
        elif told[-1].status == Status.CLOSED:
            counts[country][Status.CLOSED] += 1
        else:
            counts[country][freshness_of(last_observed(logs[pk]), on=on)] += 1
    return {country: {str(kind): n for kind, n in row.items()} for country, row in counts.items()}
