"""The status log: what follows from statements, and the one door through which they come."""

import datetime
import itertools
import threading
import time
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from centers import status_log
from centers.dates import PartialDate
from centers.models import (
    BY_CENTER,
    BY_IMPORT,
    Cause,
    Center,
    StatusCause,
    StatusEntry,
)
from centers.models.status import name_present_causes

# --- What follows from statements ----------------------------------------------------------------

# From death to life.
STATUSES = ["closed", "initiative", "paused", "low_level", "active"]
# So few years that statements often meet.
DATES = st.builds(
    PartialDate.parse,
    st.from_regex(r"200[567](-(0[156]|12)(-(01|15|28))?)?", fullmatch=True),
)
KEYS = itertools.count()


@dataclass(frozen=True)
class Said:
    """A statement, as far as the log looks at it."""

    status: str
    observed: PartialDate
    since: PartialDate | None = None
    named_causes: tuple = ()
    according_to: str = ""
    note: str = ""
    key: str = ""


def said(status, observed, since=None, causes=()):
    return Said(
        status,
        PartialDate.of(observed),
        PartialDate.of(since),
        tuple(StatusCause(cause_id=cause, weight=weight) for cause, weight in causes),
        key=f"{next(KEYS):09}",
    )


STATEMENTS = st.builds(said, st.sampled_from(STATUSES), DATES, st.one_of(st.none(), DATES)).filter(
    lambda entry: entry.since is None or entry.since.earliest <= entry.observed.latest
)
LOGS = st.lists(STATEMENTS, max_size=6)


def story(entries):
    """The periods as (status, since, after, by, last observed), in text."""
    return [
        (
            period.status,
            *(
                None if date is None else str(date)
                for date in (period.since, period.after, period.by, period.last_observed)
            ),
        )
        for period in status_log.periods(entries)
    ]


@given(LOGS, st.data())
def test_what_follows_does_not_depend_on_the_order_of_recording(log, data):
    shuffled = data.draw(st.permutations(log))

    assert status_log.periods(shuffled) == status_log.periods(log)
    assert status_log.kept_columns(shuffled) == status_log.kept_columns(log)
    assert status_log.contradictions(shuffled) == status_log.contradictions(log)


@given(LOGS)
def test_every_statement_is_in_one_period_and_neighbours_differ(log):
    told = status_log.periods(log)

    assert sorted(entry.key for period in told for entry in period.entries) == sorted(
        entry.key for entry in log
    )
    assert [period.status for period in told] == [
        status for status, _group in itertools.groupby(period.status for period in told)
    ]


@given(LOGS.filter(bool), DATES)
def test_a_confirmation_changes_neither_status_nor_since(log, observed):
    before = status_log.kept_columns(log)

    after = status_log.kept_columns([*log, said(before["status"], observed)])

    assert (after["status"], after["status_since"]) == (before["status"], before["status_since"])


@example([said("active", "2006-05-17")], PartialDate(2006), PartialDate(2006, 12))
@given(LOGS.filter(bool), DATES, st.one_of(st.none(), DATES))
def test_a_confirmation_never_makes_a_center_staler(log, observed, since):
    assume(since is None or since.earliest <= observed.latest)
    before = status_log.kept_columns(log)

    after = status_log.kept_columns([*log, said(before["status"], observed, since)])

    assert after["confirmed_on"].earliest >= before["confirmed_on"].earliest


@given(LOGS.filter(bool), st.sampled_from(STATUSES))
def test_the_statement_observed_last_is_shown(log, status):
    last = said(status, "2008")

    assert status_log.kept_columns([*log, last])["status"] == status


@example(said("active", "2016"), said("closed", "2016", since="2010"))
@example(said("active", "2016"), said("closed", "2016-05", since="2010"))
@given(STATEMENTS, STATEMENTS)
def test_statements_agree_only_if_one_order_is_possible_and_told(one, other):
    assume(one.status != other.status)

    assume(not status_log.contradict(one, other))

    earlier, later = sorted([one, other], key=status_log.order_key)
    assert status_log.can_precede(earlier, later) is True
    assert status_log.can_precede(later, earlier) is False


@given(STATEMENTS, STATEMENTS)
def test_contradict_looks_at_both_alike(one, other):
    assert status_log.contradict(one, other) is status_log.contradict(other, one)


@given(LOGS)
def test_contradictions_are_the_pairs_that_contradict(log):
    expected = {
        frozenset({one.key, other.key})
        for one, other in itertools.combinations(log, 2)
        if status_log.contradict(one, other)
    }

    found = [frozenset({one.key, other.key}) for one, other in status_log.contradictions(log)]

    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Apart: one after the other.
        (("active", "2006"), ("closed", "2016"), False),
        (("closed", "2010"), ("active", "2012"), False),
        # The same or nested dates: nothing says which came last.
        (("active", "2016"), ("closed", "2016"), True),
        (("active", "2016-05"), ("closed", "2016"), True),
        (("active", "2016-05-17"), ("closed", "2016-05"), True),
        (("active", "2016-05"), ("closed", "2016-06"), False),
        # A beginning says more than the day of observation.
        (("active", "2014"), ("paused", "2016", "2015-05"), False),
        (("active", "2015-05"), ("paused", "2016", "2015-05"), False),
        (("active", "2015-06"), ("paused", "2016", "2015-05"), True),
        (("active", "2015"), ("closed", "2017", "2010"), True),
        (("active", "2016", "2006"), ("closed", "2016", "2007"), True),
        # An observation is not older than the beginning, nor a beginning later than what was seen.
        (("active", "2016-05"), ("closed", "2016", "2016-11"), False),
        (("closed", "2016-05", "2016"), ("active", "2016-06"), False),
        # Seen alive after it had closed: it opened again.
        (("closed", "2010", "2010"), ("active", "2016"), False),
        (("closed", "2010", "2010"), ("active", "2016", "2012"), False),
        # The same status never contradicts itself.
        (("closed", "2016", "2010"), ("closed", "2016", "2012"), False),
    ],
)
def test_contradict_knows_whether_two_statements_tell_one_story(one, other, expected):
    assert status_log.contradict(said(*one), said(*other)) is expected


def test_an_empty_log_is_unknown():
    assert status_log.periods([]) == []
    assert status_log.kept_columns([]) == {
        "status": "unknown",
        "status_since": None,
        "status_after": None,
        "status_by": None,
        "confirmed_on": None,
        "is_disputed": False,
    }


def test_periods_tell_that_it_closed_between_two_observations():
    log = [said("active", "2006", "2006"), said("active", "2010"), said("closed", "2016")]

    assert story(log) == [
        ("active", "2006", None, "2006", "2010"),
        ("closed", None, "2010", "2016", "2016"),
    ]


def test_kept_columns_say_closed_between_2006_and_2016():
    log = [said("active", "2006", "2006"), said("closed", "2016")]

    assert status_log.kept_columns(log) == {
        "status": "closed",
        "status_since": None,
        "status_after": PartialDate(2006),
        "status_by": PartialDate(2016),
        "confirmed_on": PartialDate(2016),
        "is_disputed": False,
    }


def test_periods_tell_closing_and_opening_again():
    log = [
        said("active", "2012"),
        said("closed", "2010", "2009"),
        said("active", "2006"),
        said("active", "2014"),
    ]

    assert story(log) == [
        ("active", None, None, "2006", "2006"),
        ("closed", "2009", "2006", "2010", "2010"),
        ("active", None, "2010", "2012", "2014"),
    ]


@pytest.mark.parametrize(
    ("sinces", "expected"),
    [
        (["2010", None], "2010"),
        ([None, "2010"], "2010"),
        (["2010-05", "2010"], "2010-05"),
        (["2010", "2010-05", "2010"], "2010-05"),
        (["2009", "2010"], "2010"),
    ],
)
def test_since_is_the_most_precise_date_then_the_one_said_last(sinces, expected):
    log = [said("closed", f"201{year}", since) for year, since in enumerate(sinces, start=2)]

    assert story(log)[0][1] == expected


@given(st.permutations(STATUSES), DATES, st.one_of(st.none(), DATES))
def test_between_equal_dates_the_status_nearest_to_life_is_shown(statuses, observed, since):
    assume(since is None or since.earliest <= observed.latest)
    log = [said(status, observed, since) for status in statuses[:3]]

    kept = status_log.kept_columns(log)

    nearest = max(statuses[:3], key=STATUSES.index)
    assert (kept["status"], kept["is_disputed"]) == (nearest, True)


def test_no_center_is_shown_closed_while_a_source_of_the_same_date_says_that_it_lives():
    log = [said("active", "2016"), said("closed", "2016", since="2010")]

    assert status_log.kept_columns(log)["status"] == "active"


@pytest.mark.parametrize(
    ("log", "status"),
    [
        ([("active", "2016-05"), ("closed", "2016")], "active"),
        ([("active", "2016"), ("closed", "2016-05")], "closed"),
        ([("active", "2016"), ("closed", "2016-01")], "closed"),
        ([("active", "2016-05"), ("closed", "2016-05-01")], "closed"),
    ],
)
def test_of_nested_dates_the_more_precise_is_shown_and_disputed(log, status):
    kept = status_log.kept_columns([said(*each) for each in log])

    assert (kept["status"], kept["is_disputed"]) == (status, True)


def test_a_former_dispute_does_not_make_the_present_disputed():
    log = [said("closed", "2010"), said("paused", "2010"), said("active", "2016")]

    assert status_log.kept_columns(log)["is_disputed"] is False
    assert len(status_log.contradictions(log)) == 1


def test_causes_of_a_period_are_named_once_with_main_ones_first():
    log = [
        said("closed", "2015", causes=[("rent", ""), ("skills", "contributing")]),
        said("closed", "2016", causes=[("rent", "main"), ("emigration", "")]),
    ]

    [period] = status_log.periods(log)

    assert [(link.cause_id, link.weight) for link in period.causes] == [
        ("rent", "main"),
        ("skills", "contributing"),
        ("emigration", ""),
    ]


@pytest.mark.parametrize("weights", list(itertools.permutations(["", "contributing", "main"], 2)))
def test_a_cause_keeps_the_weightiest_word_that_was_said(weights):
    log = [
        said("closed", f"201{year}", causes=[("rent", weight)])
        for year, weight in enumerate(weights)
    ]

    [period] = status_log.periods(log)

    expected = "main" if "main" in weights else "contributing"
    assert [link.weight for link in period.causes] == [expected]


# --- The one door --------------------------------------------------------------------------------

KEPT = (
    "status",
    "status_since",
    "status_after",
    "status_by",
    "confirmed_on",
    "confirmed_on_earliest",
    "is_disputed",
)


def kept(center):
    """The kept columns as the database has them; dates as text."""
    return [as_text(value) for value in Center.objects.values_list(*KEPT).get(pk=center.pk)]


def as_text(value):
    return value if value is None or isinstance(value, bool) else str(value)


@pytest.fixture
def causes(db):
    for slug in ("rent", "emigration", "skills"):
        Cause.objects.create(slug=slug, group=Cause.Group.OTHER)


def test_kept_columns_are_all_that_this_file_looks_at():
    assert KEPT == Center.KEPT_COLUMNS


def test_record_status_keeps_what_was_said(center, coordinator, causes):
    entry = center.record_status(
        "closed",
        observed="2016",
        since=PartialDate(2015, 5),
        causes=["rent", (Cause.objects.get(pk="emigration"), "main")],
        according_to=" the mayor's office ",
        hint=" some time after the pilot ",
        note=" No room. ",
        by=coordinator,
    )

    entry.refresh_from_db()
    assert (entry.status, str(entry.observed), str(entry.since)) == ("closed", "2016", "2015-05")
    assert entry.cause_weights == {"rent": "", "emigration": "main"}
    assert (entry.according_to, entry.hint, entry.note) == (
        "the mayor's office",
        "some time after the pilot",
        "No room.",
    )
    assert (entry.via, entry.recorded_by) == ("staff", coordinator)


def test_record_status_keeps_the_columns_in_memory_and_database(center):
    center.record_status("active", observed="2006", since="2006", by=BY_IMPORT)
    center.record_status("closed", observed=datetime.date(2016, 3, 1), by=BY_IMPORT)

    expected = ["closed", None, "2006", "2016-03-01", "2016-03-01", "2016-03-01", False]
    assert kept(center) == expected
    assert [str(center.status), str(center.confirmed_on)] == ["closed", "2016-03-01"]
    assert (center.is_closed, center.is_living) == (True, False)


@pytest.mark.parametrize(("by", "via"), [(BY_IMPORT, "import"), (BY_CENTER, "center")])
def test_record_status_says_through_which_door_it_came(center, by, via):
    entry = center.record_status("active", observed="2016", by=by)

    assert (entry.via, entry.recorded_by) == (via, None)


@pytest.mark.parametrize("by", [None, "somebody", AnonymousUser()])
def test_record_status_refuses_to_record_for_nobody(center, by):
    with pytest.raises(ValueError, match="Say who records it"):
        center.record_status("active", observed="2016", by=by)

    assert StatusEntry.objects.count() == 0


def in_days(days):
    return (timezone.localdate() + datetime.timedelta(days=days)).isoformat()


NEXT_YEAR = str(timezone.localdate().year + 1)


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ({"observed": in_days(1)}, "observed"),
        ({"observed": NEXT_YEAR}, "observed"),
        ({"observed": None}, "observed"),
        ({"observed": ""}, "observed"),
        ({"observed": "2015-5"}, "observed"),
        ({"observed": "2016", "since": "May"}, "since"),
        ({"observed": "2016", "since": "2017"}, "since"),
        ({"observed": "2016-05", "since": "2016-06"}, "since"),
        ({"observed": "2016", "status": "unknown"}, "status"),
        ({"observed": "2016", "status": "open"}, "status"),
        ({"observed": "2016", "causes": ["bad-luck"]}, "causes"),
        ({"observed": "2016", "causes": ["rent", "rent"]}, "causes"),
        ({"observed": "2016", "causes": ["rent", ("rent", "main")]}, "causes"),
        ({"observed": "2016", "causes": [("rent", "heavy")]}, "causes"),
        ({"observed": "2016", "status": "active", "causes": ["rent"]}, "causes"),
        ({"observed": "2016", "status": "initiative", "causes": ["rent"]}, "causes"),
        ({"observed": "2016", "according_to": "x" * 201}, "according_to"),
        ({"observed": "2016", "hint": "x" * 201}, "hint"),
        ({"observed": "2016", "source_page": "x" * 61}, "source_page"),
    ],
)
def test_record_status_refuses_what_cannot_be_meant(center, causes, statement, column):
    with pytest.raises(ValidationError) as refusal:
        center.record_status(**{"status": "closed", "by": BY_IMPORT, **statement})

    assert list(refusal.value.message_dict) == [column]
    assert StatusEntry.objects.count() == 0
    assert kept(center)[0] == "unknown"


def test_record_status_refuses_a_beginning_that_has_not_come_yet(center, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda: datetime.date(2016, 5, 17))

    with pytest.raises(ValidationError) as refusal:
        center.record_status("closed", observed="2016", since="2016-11", by=BY_IMPORT)

    assert list(refusal.value.message_dict) == ["since"]


@pytest.mark.parametrize("observed", ["2016", "2016-05", "2016-05-17"])
def test_record_status_takes_today_and_what_holds_it(center, monkeypatch, observed):
    monkeypatch.setattr(timezone, "localdate", lambda: datetime.date(2016, 5, 17))

    center.record_status("active", observed=observed, by=BY_IMPORT)

    assert kept(center)[4] == observed


@pytest.mark.parametrize("status", ["low_level", "paused", "closed"])
def test_record_status_takes_causes_of_a_bad_state(center, causes, status):
    entry = center.record_status(status, observed="2016", causes=["rent"], by=BY_IMPORT)

    assert entry.cause_weights == {"rent": ""}


def test_the_same_statement_twice_is_one_entry(center, coordinator, causes):
    statement = {
        "status": "closed",
        "observed": "2016",
        "since": "2015",
        "causes": ["rent", ("skills", "main")],
        "according_to": "the host",
        "by": coordinator,
    }
    first = center.record_status(**statement)

    second = center.record_status(**{**statement, "causes": [("skills", "main"), "rent"]})

    assert second == first
    assert StatusEntry.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"status": "paused"},
        {"observed": "2016-01"},
        {"since": None},
        {"causes": []},
        {"causes": [("rent", "main")]},
        {"according_to": "the mayor"},
        {"note": "It rained."},
        {"hint": "in spring"},
        {"by": BY_CENTER},
    ],
)
def test_another_statement_is_another_entry(center, causes, other):
    statement = {"observed": "2016", "since": "2015", "causes": ["rent"], "by": BY_IMPORT}
    center.record_status(**{"status": "closed", **statement})

    center.record_status(**{"status": "closed", **statement, **other})

    assert StatusEntry.objects.count() == 2


def test_a_withdrawn_statement_can_be_made_again(center, coordinator):
    first = center.record_status("closed", observed="2016", by=coordinator)
    first.withdraw("mistaken", by=coordinator)

    second = center.record_status("closed", observed="2016", by=coordinator)

    assert second != first
    assert kept(center)[0] == "closed"


RECORDABLE_LOGS = st.lists(
    STATEMENTS, min_size=2, max_size=3, unique_by=lambda e: (e.status, e.observed, e.since)
)


def record(center, entries):
    for entry in entries:
        center.record_status(entry.status, observed=entry.observed, since=entry.since, by=BY_IMPORT)


def few_examples(count):
    """Settings for examples that share a center, since each is undone."""
    return settings(max_examples=count, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few_examples(20)
@given(log=RECORDABLE_LOGS)
def test_every_order_of_recording_keeps_the_same(center, undone, log):
    follows = status_log.kept_columns(log)

    seen = []
    for order in itertools.permutations(log):
        with undone():
            record(center, order)
            seen.append(kept(center))

    expected = [as_text(value) for value in follows.values()]
    expected.insert(5, str(follows["confirmed_on"].earliest))
    assert seen == [expected] * len(seen)


@few_examples(30)
@given(log=RECORDABLE_LOGS, mistake=STATEMENTS)
def test_withdrawing_restores_what_was_kept(center, undone, log, mistake):
    with undone():
        record(center, log)
        before = kept(center)
        entry = center.record_status(
            mistake.status,
            observed=mistake.observed,
            since=mistake.since,
            note="a mistake",
            by=BY_IMPORT,
        )

        entry.withdraw("mistaken", by=BY_IMPORT)

        assert kept(center) == before


@few_examples(30)
@example(log=[said("paused", "2005"), said("active", "2005-05"), said("paused", "2005", "2005-12")])
@given(log=RECORDABLE_LOGS)
def test_lists_name_the_causes_that_the_present_period_names(center, undone, causes, log):
    bad = [entry for entry in log if entry.status in ("low_level", "paused", "closed")]
    with undone():
        record(center, [entry for entry in log if entry not in bad])
        for entry, cause in zip(bad, ("rent", "emigration", "skills"), strict=False):
            center.record_status(
                entry.status,
                observed=entry.observed,
                since=entry.since,
                causes=[cause],
                by=BY_IMPORT,
            )
        center = Center.objects.get(pk=center.pk)

        name_present_causes([center])

        present = status_log.periods(center.standing_entries())[-1]
        assert [slug for slug, _name in center.shown_causes] == sorted(
            link.cause_id for link in present.causes
        )


def test_withdrawing_all_leaves_the_center_unknown(center):
    entry = center.record_status("closed", observed="2016", by=BY_IMPORT)

    entry.withdraw("of another center", by=BY_IMPORT)

    assert kept(center) == ["unknown", None, None, None, None, None, False]


def test_a_withdrawn_entry_stays_to_be_read(center, coordinator):
    entry = center.record_status("closed", observed="2016", note="No room.", by=BY_IMPORT)

    entry.withdraw(" of another center ", by=coordinator)

    stored = StatusEntry.objects.get()
    assert (stored.status, str(stored.observed), stored.note) == ("closed", "2016", "No room.")
    assert (stored.withdrawal_reason, stored.withdrawn_by) == ("of another center", coordinator)
    assert (entry.is_withdrawn, stored.is_withdrawn) == (True, True)
    assert list(StatusEntry.objects.standing()) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_withdrawing_needs_a_reason_that_fits(center, coordinator, reason):
    entry = center.record_status("closed", observed="2016", by=coordinator)

    with pytest.raises(ValidationError) as refusal:
        entry.withdraw(reason, by=coordinator)

    assert len(refusal.value.message_dict) == 1
    assert kept(center)[0] == "closed"


def test_withdrawing_needs_somebody_who_does_it(center):
    entry = center.record_status("closed", observed="2016", by=BY_IMPORT)

    with pytest.raises(ValueError, match="Say who records it"):
        entry.withdraw("mistaken", by=None)

    assert StatusEntry.objects.standing().count() == 1


def test_withdrawing_twice_keeps_the_first_reason(center, coordinator):
    entry = center.record_status("closed", observed="2016", by=coordinator)
    again = StatusEntry.objects.get()
    entry.withdraw("of another center", by=coordinator)

    again.withdraw("another reason", by=BY_IMPORT)

    assert (again.withdrawal_reason, again.withdrawn_by) == ("of another center", coordinator)


def test_redacting_a_note_keeps_the_fact(center, coordinator, causes):
    entry = center.record_status(
        "closed", observed="2016", causes=["rent"], note="Mrs. N. left.", by=coordinator
    )
    before = kept(center)

    entry.redact_note(by=coordinator)

    entry.refresh_from_db()
    assert (entry.note, entry.note_redacted_at is None) == ("", False)
    assert (entry.status, str(entry.observed), entry.cause_weights) == (
        "closed",
        "2016",
        {"rent": ""},
    )
    assert kept(center) == before


def test_redacting_needs_somebody_who_does_it(center):
    entry = center.record_status("closed", observed="2016", note="Mrs. N. left.", by=BY_IMPORT)

    with pytest.raises(ValueError, match="Say who records it"):
        entry.redact_note(by=None)

    entry.refresh_from_db()
    assert entry.note == "Mrs. N. left."


# --- The change history and the log --------------------------------------------------------------


def test_kept_columns_are_not_in_the_change_history():
    fields = {field.name for field in Center.history.model._meta.get_fields()}

    assert fields & set(Center.KEPT_COLUMNS) == set()


def test_recording_a_status_is_no_change_of_the_center(center):
    center.record_status("closed", observed="2016", by=BY_IMPORT)

    assert center.history.count() == 1


def test_reverting_a_name_does_not_reopen_a_center(center):
    center.record_status("active", observed="2006", by=BY_IMPORT)
    center.name = "Renamed"
    center.save()
    center.record_status("closed", observed="2016", by=BY_IMPORT)
    before = kept(center)

    center.history.earliest().instance.save()

    center.refresh_from_db()
    assert center.name == "Mother Center Isperih"
    assert kept(center) == before


def test_saving_a_center_read_before_does_not_undo_a_status_recorded_since(center):
    read_before = Center.objects.get(pk=center.pk)
    center.record_status("closed", observed="2016", by=BY_IMPORT)

    read_before.name = "Renamed"
    read_before.save()

    assert kept(center)[0] == "closed"


# --- Two people at once --------------------------------------------------------------------------


def at_once(first, second):
    """Run `second` in another transaction while that of `first` is not finished.

    SQLite has one writer at a time: there, one comes after the other.
    """
    if connection.vendor == "sqlite":
        first()
        second()
        return

    def in_thread():
        try:
            second()
        finally:
            connection.close()

    thread = threading.Thread(target=in_thread)
    with transaction.atomic():
        first()
        thread.start()
        deadline = time.monotonic() + 5
        while thread.is_alive() and time.monotonic() < deadline and not somebody_waits():
            time.sleep(0.01)
    thread.join(timeout=20)
    assert not thread.is_alive()


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", [1, -1])
def test_two_people_at_once_both_count(center, order):
    def record_closed():
        Center.objects.get(pk=center.pk).record_status("closed", observed="2016", by=BY_IMPORT)

    def record_active():
        Center.objects.get(pk=center.pk).record_status("active", observed="2006", by=BY_IMPORT)

    at_once(*[record_closed, record_active][::order])

    assert StatusEntry.objects.count() == 2
    assert kept(center) == ["closed", None, "2006", "2016", "2016", "2016-01-01", False]


@pytest.mark.django_db(transaction=True)
def test_two_who_say_the_same_at_once_say_it_once(center):
    def record_closed():
        Center.objects.get(pk=center.pk).record_status("closed", observed="2016", by=BY_IMPORT)

    at_once(record_closed, record_closed)

    assert StatusEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", [1, -1])
def test_withdrawing_while_somebody_confirms_keeps_the_confirmation(center, order):
    mistaken = center.record_status("closed", observed="2016", by=BY_IMPORT)

    def withdraw():
        StatusEntry.objects.get(pk=mistaken.pk).withdraw("mistaken", by=BY_IMPORT)

    def record_active():
        Center.objects.get(pk=center.pk).record_status("active", observed="2006", by=BY_IMPORT)

    at_once(*[withdraw, record_active][::order])

    assert kept(center)[:5] == ["active", None, None, "2006", "2006"]
