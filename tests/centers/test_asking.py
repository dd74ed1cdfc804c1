"""Which centers are asked how they are, whom of each, and in which language."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centers.asking.due import due, language_for, quiet_since, recipients_of, settled, to_remind
from centers.asking.links import address_mark
from centers.models import Center, Contact, Country, YearlyQuestion

pytestmark = pytest.mark.django_db

ON = datetime.date(2026, 11, 24)
State = YearlyQuestion.State


def moment(day):
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


def ask(center, *, on=ON, state=State.OPEN, email="", **values):
    """A question that was asked on a day."""
    return YearlyQuestion.objects.create(
        center=center,
        asked_at=moment(on),
        link_made_at=moment(on),
        state=state,
        ended_at=None if state == State.OPEN else moment(on),
        address_mark=address_mark(email),
        **values,
    )


def is_due(center, *, on=ON):
    return due(on).filter(pk=center.pk).exists()


def person(center, name, **values):
    values.setdefault("email", f"{name}@example.org")
    return Contact.objects.create(center=center, name=name, **values)


def asked_of(center):
    return recipients_of([center])[center.pk]


@pytest.mark.parametrize(
    ("on", "since"),
    [
        ("2026-11-24", "2025-12-24"),
        ("2026-12-24", "2026-01-24"),
        ("2026-01-31", "2025-02-28"),
        ("2025-01-31", "2024-02-29"),
        ("2026-02-28", "2025-03-28"),
    ],
)
def test_quiet_time_is_eleven_months(on, since):
    assert quiet_since(datetime.date.fromisoformat(on)).isoformat() == since


# --- When -----------------------------------------------------------------------------------


def test_center_of_which_nobody_knows_anything_is_due(center):
    assert is_due(center)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ("2025-12-23", True),
        ("2025-12-24", False),
        ("2026-11-24", False),
        ("2025", True),  # counts from its first day
        ("2026", False),
    ],
)
def test_center_is_due_eleven_months_after_it_was_confirmed(
    center, coordinator, observed, expected
):
    center.record_status("active", observed=observed, by=coordinator)
    assert is_due(center) is expected


def test_closed_center_is_never_due(center, coordinator):
    center.record_status("closed", observed="2015", by=coordinator)
    assert not is_due(center)


@pytest.mark.parametrize("status", ["initiative", "low_level", "paused"])
def test_center_that_is_not_closed_is_due(center, coordinator, status):
    center.record_status(status, observed="2015", by=coordinator)
    assert is_due(center)


def test_merged_center_is_not_due(center, make):
    center.merged_into = make(Center)
    center.save()
    assert not is_due(center)


@pytest.mark.parametrize(
    ("asked", "state", "expected"),
    [
        ("2026-11-01", State.OPEN, False),
        ("2025-12-24", State.OPEN, False),
        ("2025-12-23", State.OPEN, True),  # its link died long ago
        ("2026-11-01", State.ANSWERED, False),
        ("2025-12-24", State.ENDED, False),
        ("2025-12-23", State.ENDED, True),
        ("2025-12-23", State.ANSWERED, True),
        ("2026-11-23", State.UNREACHABLE, True),  # the next person may be asked
    ],
)
def test_center_is_due_eleven_months_after_it_was_asked(center, asked, state, expected):
    ask(center, on=datetime.date.fromisoformat(asked), state=state)
    assert is_due(center) is expected


# --- Whom -----------------------------------------------------------------------------------


def test_person_who_confirmed_last_is_asked(center):
    person(center, "never")
    person(center, "long-ago", confirmed_on="2019", consent_on="2018")
    last = person(center, "last", confirmed_on="2024-05")
    person(center, "before", confirmed_on="2024")

    assert asked_of(center).contact == last


def test_person_with_the_oldest_key_is_asked_of_equal_ones(center):
    person(center, "second", key="bbb")
    first = person(center, "first", key="aaa")

    assert asked_of(center).contact == first


def test_person_without_mail_or_wish_for_it_is_not_asked(center):
    person(center, "telephone", email="", phone="1", confirmed_on="2026")
    person(center, "no-mail", wants_no_mail=True, confirmed_on="2026")
    willing = person(center, "willing")

    assert asked_of(center).contact == willing


def test_next_person_is_asked_where_one_is_unreachable(center):
    person(center, "gone", confirmed_on="2026")
    second = person(center, "second")
    ask(center, state=State.UNREACHABLE, email="Gone@Example.org ")
    assert asked_of(center).contact == second
    center.email = "center@example.org"
    center.save()
    ask(center, state=State.UNREACHABLE, email="second@example.org")
    assert (asked_of(center).contact, asked_of(center).email) == (None, "center@example.org")
    ask(center, state=State.UNREACHABLE, email="center@example.org")
    assert asked_of(center) is None


def test_corrected_address_is_asked(center):
    maria = person(center, "maria")
    ask(center, state=State.UNREACHABLE, email=maria.email)
    assert asked_of(center) is None
    maria.email = "maria.new@example.org"
    maria.save()

    assert asked_of(center).contact == maria


def test_address_that_was_reached_later_is_asked(center):
    maria = person(center, "maria")
    ask(center, state=State.UNREACHABLE, email=maria.email, on=datetime.date(2024, 1, 1))
    ask(center, state=State.ANSWERED, email=maria.email, on=datetime.date(2025, 1, 1))

    assert asked_of(center).contact == maria


def test_own_address_of_a_center_is_not_asked_if_its_reader_wants_no_mail(center):
    center.email = "Maria@example.org"
    center.save()
    person(center, "maria", wants_no_mail=True)

    assert asked_of(center) is None


def test_stopped_address_is_not_asked_under_another_name(center):
    ask(center, state=State.ENDED, email="center@example.org", wants_no_more=True)
    person(center, "center")

    assert asked_of(center) is None


def test_center_without_any_address_has_no_recipient(center):
    assert asked_of(center) is None


def test_recipients_of_many_take_as_many_queries_as_of_one(center, bulgaria):
    for number in range(30):
        other = Center.objects.create(name=f"{number}", slug=f"c{number}", country=bulgaria)
        person(other, f"p{number}")
    person(center, "p")

    def queries(centers):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert None not in recipients_of(centers).values()
        return len(captured)

    assert queries(list(Center.objects.filter(pk=center.pk))) == queries(list(due(ON)))


# --- In which language ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "spoken", "hers", "expected"),
    [
        ("BG", "bg tr rom", "de", "de"),
        ("BG", "rom tr de", "", "de"),
        ("BG", "rom tr de", "tr", "de"),
        ("BG", "rom", "", "bg"),
        ("AT", "", "", "de"),
        ("CH", "", "de-CH", "de"),
        ("SK", "hu, sk", "", "hu"),
        ("RS", "sr-Latn", "sr-Latn", "en"),
        ("XK", "", "", "en"),
        ("CM", "", "", "en"),
    ],
)
def test_question_is_in_a_language_that_is_read_there(db, country, spoken, hers, expected):
    country = Country.objects.get_or_create(code=country, defaults={"region": "western_europe"})[0]
    center = Center(country=country, languages=spoken)

    assert language_for(center, Contact(language=hers)) == expected
    assert language_for(center, None) == language_for(center, Contact(language=""))


# --- Again ----------------------------------------------------------------------------------


def asked(center, *, days_ago, **values):
    question = ask(center, on=ON - datetime.timedelta(days_ago), **values)
    question.mails.create(kind="first", state="sent", message_id=f"<{question.pk}@example.org>")
    return question


@pytest.mark.parametrize(("days_ago", "expected"), [(20, 0), (21, 1), (89, 1), (90, 0)])
def test_reminder_is_due_after_three_weeks_while_the_link_lives(center, days_ago, expected):
    asked(center, days_ago=days_ago)
    assert to_remind(at=moment(ON)).count() == expected


@pytest.mark.parametrize("what", ["letter", "ended", "reminded", "in doubt", "merged"])
def test_reminder_is_not_due(center, make, what):
    question = asked(center, days_ago=30, means="letter" if what == "letter" else "mail")
    if what == "ended":
        YearlyQuestion.objects.update(state=State.ENDED, ended_at=moment(ON))
    if what == "reminded":
        question.mails.create(kind="reminder", state="sent", message_id="<r@example.org>")
    if what == "in doubt":
        question.mails.update(state="doubt")
    if what == "merged":
        center.merged_into = make(Center)
        center.save()

    assert not to_remind(at=moment(ON)).exists()


@pytest.mark.parametrize(
    ("observed", "recorded", "expected"),
    [
        ("2026-11-20", "2026-11-20", True),
        ("2026-10-25", "2026-11-20", True),
        ("2026-10-01", "2026-11-20", False),  # seen before we asked
        ("2026-11-20", None, False),  # withdrawn
    ],
)
def test_question_is_settled_by_whatever_is_told_since(
    center, coordinator, observed, recorded, expected
):
    question = asked(center, days_ago=30)
    entry = center.record_status(
        "active",
        observed=observed,
        by=coordinator,
        recorded_at=moment(datetime.date(2026, 11, 20)),
    )
    if recorded is None:
        entry.withdraw("A mistake.", by=coordinator)

    assert list(settled(at=moment(ON))) == ([question] if expected else [])
    assert list(to_remind(at=moment(ON))) == ([] if expected else [question])
