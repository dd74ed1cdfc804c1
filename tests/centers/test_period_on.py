"""Which status the log tells of a day, and when it tells none."""

import datetime

import pytest

from centers import status_log
from centers.dates import PartialDate
from centers.models import BY_IMPORT, Center, StatusEntry
from centers.models.status import Statement

TODAY = datetime.date(2020, 6, 1)


def said(status, observed, since=None):
    return Statement(
        f"{status}-{observed}", status, since and PartialDate.parse(since),
        PartialDate.parse(observed), "", "",
    )  # fmt: skip


PAUSED_AND_CLOSED = [
    said("active", "2010-03-01", since="2006"),
    said("paused", "2013-05-01", since="2013-01-01"),
    said("closed", "2016"),
]


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2006-12-30", None),  # it may have opened on the last day of 2006
        ("2006-12-31", "active"),
        ("2010-03-01", "active"),
        # The pause began on a known day; until then it was as it had been, for two years.
        ("2012-02-29", "active"),
        ("2012-03-01", None),
        ("2012-12-31", None),
        ("2013-01-01", "paused"),
        ("2013-05-01", "paused"),
        # It closed at some time between: no day is picked.
        ("2013-05-02", None),
        ("2016-12-30", None),
        ("2016-12-31", "closed"),
        ("2020-06-01", "closed"),
    ],
)
def test_status_is_told_as_far_as_the_log_tells_it(day, status):
    told = status_log.periods(PAUSED_AND_CLOSED)

    period = status_log.period_on(told, datetime.date.fromisoformat(day), today=TODAY)

    assert (period and period.status) == status


@pytest.mark.parametrize(
    ("observed", "status"),
    [("2018-06-02", "active"), ("2018-06-01", None), ("2018", None), ("2019", "active")],
)
def test_status_that_nobody_confirmed_for_two_years_is_not_known(observed, status):
    told = status_log.periods([said("active", observed)])

    period = status_log.period_on(told, TODAY, today=TODAY)

    assert (period and period.status) == status


def test_observation_of_this_year_holds_today():
    told = status_log.periods([said("active", "2020")])

    assert status_log.period_on(told, TODAY, today=TODAY).status == "active"
    assert status_log.period_on(told, datetime.date(2019, 12, 31), today=TODAY) is None


@pytest.mark.django_db
def test_known_on_a_day_is_what_stood_in_the_register_at_its_end(make, bulgaria, django_user_model):
    center = make(Center, country=bulgaria, name="Carmen", slug="carmen")

    def record(status, observed, moment):
        moment = datetime.datetime.fromisoformat(moment)
        return center.record_status(status, observed=observed, by=BY_IMPORT, recorded_at=moment)

    record("active", "2010", "2024-03-01T12:00:00+00:00")
    record("closed", "2016", "2024-05-01T22:30:00+00:00")
    mistake = record("paused", "2014", "2024-04-01T12:00:00+00:00")
    mistake.withdraw("It was another one.", by=django_user_model.objects.create_user("anna"))
    StatusEntry.objects.filter(pk=mistake.pk).update(
        withdrawn_at=datetime.datetime.fromisoformat("2024-04-20T12:00:00+00:00")
    )

    def known(day):
        entries = StatusEntry.objects.known_on(day and datetime.date.fromisoformat(day))
        return sorted(entries.values_list("status", flat=True))

    assert known("2024-02-29") == []
    assert known("2024-03-01") == ["active"]
    assert known("2024-04-19") == ["active", "paused"]
    assert known("2024-04-20") == ["active"]
    assert known(None) == known("2024-05-02") == ["active", "closed"]
