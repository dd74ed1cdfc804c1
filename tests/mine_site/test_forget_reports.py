"""What was told is forgotten when its time is over; what came of it stays."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from centers.models import Report
from centers.reports import deciding, forgetting
from centers.reports.parts import PARTS
from centers.reports.receiving import receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(center, coordinator):
    """`told(received=…, decided=…)`: a report of so many days ago; None: not decided."""

    def told(*, received, decided=None):
        report = receive(
            center,
            "name",
            told={"name": "Another name"},
            text="My words",
            email="rada@example.org",
            sender_mark="0123456789abcdef",
        )
        deciding.assign(report, coordinator, by=coordinator)
        deciding.ask_back(report, "Who says so?", by=coordinator)
        deciding.answer(report, "My aunt.")
        if decided is not None:
            deciding.decline(report, Report.Reason.OTHER, by=coordinator, outcome="It is not so.")
            Report.objects.filter(pk=report.pk).update(decided_at=ago(decided))
        Report.objects.filter(pk=report.pk).update(received_at=ago(received))
        return report

    return told


def ago(days):
    return timezone.now() - datetime.timedelta(days, minutes=1)


def kept(report):
    """Which of address, words, words of steps, values and mark are still there."""
    report.refresh_from_db()
    [part] = report.parts.all()
    written = [step.text for step in report.steps.all() if step.text]
    return {
        "address": bool(report.email),
        "words": bool(report.text),
        "steps": bool(written),
        "values": part.told is not None,
        "mark": bool(report.sender_mark),
    }


@pytest.mark.parametrize(
    ("received", "decided", "gone"),
    [
        (29, None, ""),
        (30, None, "mark"),
        (120, 89, "mark"),
        (120, 90, "mark address"),
        (729, None, "mark"),
        (730, None, "mark address"),  # the words wait for a coordinator
        (1000, 10, "mark"),  # decided late: she still hears of it
        (400, 364, "mark address"),
        (400, 365, "mark address words steps values"),
    ],
)
def test_each_is_forgotten_in_its_time(told, received, decided, gone):
    report = told(received=received, decided=decided)

    call_command("forget_reports")

    there = kept(report)
    assert {name for name, is_kept in there.items() if not is_kept} == set(gone.split())


def test_outcome_stays_and_is_read_on_the_receipt(client, told):
    report = told(received=800, decided=700)

    call_command("forget_reports")
    call_command("forget_reports")

    page = client.get(report.get_absolute_url()).content.decode()
    assert "It is not so." in page
    assert "Name: not taken over" in page
    steps = [step.what for step in report.steps.all()]
    assert steps == ["received", "assigned", "asked", "answered", "declined"]


def test_command_says_how_much_was_forgotten(told, capsys):
    for decided in (100, 400, None):
        told(received=500, decided=decided)

    call_command("forget_reports")
    first = capsys.readouterr().out
    call_command("forget_reports")

    assert "2 mail addresses, the words of 1 reports, 0 declined stories, 3 marks" in first
    nothing = "0 mail addresses, the words of 0 reports, 0 declined stories, 0 marks"
    assert nothing in capsys.readouterr().out


@pytest.mark.parametrize("field", list(PARTS))
def test_values_that_are_forgotten_have_no_words(field):
    assert PARTS[field].in_words(None) == ""


def test_page_on_privacy_names_the_periods(client):
    page = client.get("/privacy/").content.decode()

    assert f"forgotten {forgetting.ADDRESS_DAYS} days after the decision" in page
    assert f"for {forgetting.MARK_DAYS} days a mark" in page
    assert (forgetting.UNDECIDED_DAYS, forgetting.WORDS_DAYS) == (2 * 365, 365)
    assert "after two years if nobody decided; your words a year after the decision" in page
