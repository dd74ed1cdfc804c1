"""What becomes of a report: accepted, partly, asked back, declined; whole or not at all."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centers import search
from centers.models import Cause, Center, Contact, Report, ReportPart, SearchEntry, StatusEntry
from centers.reports import deciding, letters
from centers.reports.deciding import DecidedMeanwhile
from centers.reports.receiving import receive
from tests.centers.test_status_log import at_once

pytestmark = pytest.mark.django_db

CLOSED = {"status": "closed", "since": "2016-05", "observed": "2016-06", "causes": [["rent", ""]]}


@pytest.fixture
def rent(db):
    return Cause.objects.get_or_create(slug="rent", group="space")[0]


@pytest.fixture
def mails(monkeypatch):
    """Mails that left, as (template, address, language); `mails.works = False`: none does."""

    class Mails(list):
        works = True

        def send(self, template, *, to, language, context):
            if self.works:
                self.append((template, to, language))
            return self.works

    mails = Mails()
    monkeypatch.setattr(letters, "send_mail", mails.send)
    return mails


def states_of(report):
    return dict(report.parts.values_list("field", "state"))


def steps_of(report):
    return list(report.steps.values_list("what", flat=True))


# --- Accepted --------------------------------------------------------------------------------


def test_whole_report_is_accepted_and_written(center, coordinator):
    report = receive(center, "contact", told={"phone": "+359 84 1", "website": "https://a.example"})

    closed = deciding.accept(report, by=coordinator, outcome=" Thank you. ")

    center.refresh_from_db()
    assert (center.phone, center.website) == ("+359 84 1", "https://a.example")
    assert (closed.state, closed.outcome, closed.decided_by) == (
        "accepted", "Thank you.", coordinator,
    )  # fmt: skip
    assert closed.decided_at <= timezone.now()
    assert states_of(report) == {"phone": "accepted", "website": "accepted"}
    assert steps_of(report) == ["received", "accepted"]


def test_chosen_parts_are_written_and_the_others_declined(center, coordinator):
    report = receive(center, "contact", told={"phone": "+359 84 1", "website": "https://a.example"})

    closed = deciding.accept(report, ["phone"], by=coordinator)

    center.refresh_from_db()
    assert (center.phone, center.website, closed.state) == ("+359 84 1", "", "partly")
    assert states_of(report) == {"phone": "accepted", "website": "declined"}


@pytest.mark.parametrize("chosen", [[], ["name"], ["nonsense"]])
def test_none_of_several_is_no_choice(center, coordinator, chosen):
    report = receive(center, "contact", told={"phone": "+359 84 1"})

    with pytest.raises(ValidationError) as refusal:
        deciding.accept(report, chosen, by=coordinator)

    assert refusal.value.messages == [
        "Choose at least one thing that is right, or decline the report."
    ]
    report.refresh_from_db()
    assert (report.state, states_of(report)) == ("waiting", {"phone": "waiting"})


def test_what_has_no_parts_was_done_by_hand(center, coordinator):
    report = receive(center, "duplicate", text="It is there twice.")

    assert deciding.accept(report, [], by=coordinator).state == "accepted"


def test_all_or_nothing_is_written_and_each_problem_told_by_its_part(center, coordinator):
    future = CLOSED | {"observed": f"{timezone.localdate().year + 2}"}
    report = receive(
        center,
        "yearly",
        told={"phone": "+359 84 1", "website": "no address", "status": future},
        origin=Report.Origin.CENTER,
    )

    with pytest.raises(ValidationError) as refusal:
        deciding.accept(report, by=coordinator)

    assert set(refusal.value.message_dict) == {"website", "status"}
    center.refresh_from_db()
    report.refresh_from_db()
    assert (center.phone, center.status, report.state) == ("", "unknown", "waiting")
    assert set(states_of(report).values()) == {"waiting"}
    assert steps_of(report) == ["received"]
    assert not StatusEntry.objects.exists()


def test_center_that_says_it_is_closed_is_the_source_of_it(client, center, coordinator, rent):
    report = receive(center, "yearly", told={"status": CLOSED}, origin=Report.Origin.CENTER)

    deciding.accept(report, by=coordinator)

    entry = center.status_entries.get()
    assert (entry.via, entry.recorded_by, entry.status) == ("center", coordinator, "closed")
    assert [cause.slug for cause in entry.causes.all()] == ["rent"]
    page = client.get(center.get_absolute_url()).content.decode()
    assert "According to: the center itself." in page


def test_visitor_who_says_it_is_closed_is_the_source_of_it(client, center, coordinator, rent):
    report = receive(center, "status", told={"status": CLOSED})

    deciding.accept(report, by=coordinator)

    entry = center.status_entries.get()
    assert (entry.via, entry.recorded_by) == ("staff", coordinator)
    page = client.get(center.get_absolute_url()).content.decode()
    assert "According to: a visitor of this site." in page
    assert "the center itself" not in page


def test_name_that_is_taken_over_is_found_and_keeps_its_address(center, coordinator):
    search.reindex(SearchEntry.Kind.CENTER, [center.pk])
    report = receive(center, "name", told={"name": "Слънце", "place": "Ruse"})

    deciding.accept(report, by=coordinator)

    center.refresh_from_db()
    assert (center.name, center.place, center.slug) == ("Слънце", "Ruse", "isperih")
    assert not center.former_slugs.exists()
    found = search.found(SearchEntry.Kind.CENTER, "Slance")
    assert list(Center.objects.filter(pk__in=found)) == [center]
    assert search.disagreements() == []


def test_history_says_who_took_it_over_and_from_which_report(center, coordinator):
    report = receive(center, "contact", told={"phone": "+359 84 1"})

    deciding.accept(report, by=coordinator)

    version = center.history.first()
    assert version.history_user == coordinator
    assert version.history_change_reason == f"Report {report.reference}"


# --- Declined, asked back, taken on ------------------------------------------------------------


def test_declined_report_changes_nothing_and_says_why(center, coordinator):
    report = receive(center, "contact", told={"phone": "+359 84 1"})

    closed = deciding.decline(report, "not_confirmed", by=coordinator)

    center.refresh_from_db()
    assert (center.phone, closed.state, closed.reason) == ("", "declined", "not_confirmed")
    assert states_of(report) == {"phone": "declined"}


@pytest.mark.parametrize(("reason", "outcome"), [("", "No."), ("nonsense", "No."), ("other", " ")])
def test_declining_needs_a_reason(center, coordinator, reason, outcome):
    report = receive(center, "other", text="Hello")

    with pytest.raises(ValidationError, match="Say why"):
        deciding.decline(report, reason, by=coordinator, outcome=outcome)
    with pytest.raises(ValidationError, match="Say why"):
        deciding.decline_many(Report.objects.all(), reason, by=coordinator, outcome=outcome)

    report.refresh_from_db()
    assert report.state == "waiting"


def test_report_waits_for_her_who_is_asked_and_then_for_us(center, coordinator):
    report = receive(center, "other", text="Hello")

    asked = deciding.ask_back(report, " Which door? ", by=coordinator)
    assert (asked.state, report.steps.last().text) == ("asked", "Which door?")
    answered = deciding.answer(report, "The left one")

    assert answered.state == "waiting"
    assert steps_of(report) == ["received", "asked", "answered"]
    assert (report.steps.last().text, report.steps.last().by) == ("The left one", None)


def test_question_without_words_is_none(center, coordinator):
    report = receive(center, "other", text="Hello")

    with pytest.raises(ValidationError) as refusal:
        deciding.ask_back(report, "  ", by=coordinator)

    assert refusal.value.message_dict == {"question": ["Write what you want to know."]}


def test_taking_on_is_noted_once(center, coordinator):
    report = receive(center, "other", text="Hello")

    for _click in range(2):
        report = deciding.assign(report, coordinator, by=coordinator)

    assert (report.assigned_to, steps_of(report)) == (coordinator, ["received", "assigned"])


# --- Applied at once ---------------------------------------------------------------------------


def test_plain_confirmation_is_applied_at_once_and_closes_the_report(center):
    told = {"status": {"status": "active", "observed": "2026-11"}}
    report = receive(center, "yearly", told=told, origin=Report.Origin.CENTER)

    closed = deciding.apply_at_once(report, "status")

    assert (closed.state, closed.decided_by) == ("accepted", None)
    assert (center.status_entries.get().via, center.status_entries.get().recorded_by) == (
        "center", None,
    )  # fmt: skip


def test_rest_of_an_answer_waits_and_what_was_applied_stays_when_it_is_declined(
    center, coordinator
):
    told = {"status": {"status": "active", "observed": "2026-11"}, "phone": "+359 84 1"}
    report = receive(center, "yearly", told=told, origin=Report.Origin.CENTER)

    assert deciding.apply_at_once(report, "status").state == "waiting"
    closed = deciding.decline(report, "unclear", by=coordinator)

    center.refresh_from_db()
    assert (closed.state, center.status, center.phone) == ("partly", "active", "")
    assert states_of(report) == {"status": "accepted", "phone": "declined"}


# --- Many at once ------------------------------------------------------------------------------


def test_many_are_declined_as_one_is(center, coordinator):
    told = {"status": {"status": "active", "observed": "2026-11"}, "phone": "+359 84 1"}
    applied = receive(center, "yearly", told=told, origin=Report.Origin.CENTER)
    deciding.apply_at_once(applied, "status")
    plain = receive(center, "contact", told={"phone": "+359 84 2"})
    before = deciding.accept(receive(center, "other", text="Hello"), by=coordinator)

    closed = deciding.decline_many(
        Report.objects.all(), "told_before", by=coordinator, outcome="We know."
    )

    assert {report.pk for report in closed} == {applied.pk, plain.pk}
    for report, state in [(applied, "partly"), (plain, "declined"), (before, "accepted")]:
        report.refresh_from_db()
        assert report.state == state
    assert (plain.reason, plain.outcome, plain.decided_by) == (
        "told_before", "We know.", coordinator,
    )  # fmt: skip
    assert states_of(plain) == {"phone": "declined"}
    assert steps_of(plain) == ["received", "declined"]


def test_only_so_many_are_declined_together_the_oldest_first(center, coordinator, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_AT_ONCE", 2)
    reports = [receive(center, "other", text=f"{number}") for number in range(3)]

    closed = deciding.decline_many(Report.objects.all(), "not_meant", by=coordinator)

    assert [report.pk for report in closed] == [report.pk for report in reports[:2]]
    assert Report.objects.waiting().get() == reports[2]


def test_declining_more_takes_hardly_more_questions_to_the_database(center, coordinator):
    def asked(number):
        for _each in range(number):
            receive(center, "contact", told={"phone": "+359 84 1"})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            deciding.decline_many(Report.objects.all(), "not_meant", by=coordinator)
        return len(queries)

    assert asked(1) == asked(30)


# --- Mails -----------------------------------------------------------------------------------


def test_outcome_goes_to_her_who_left_an_address_in_her_language(center, coordinator, mails):
    told = receive(center, "other", text="A", email="rada@example.org", language="bg")
    silent = receive(center, "other", text="B")

    for report in (told, silent):
        letters.tell_reporter(deciding.accept(report, by=coordinator), "decided")

    assert mails == [("report_decided", "rada@example.org", "bg")]
    assert (steps_of(told)[-1], steps_of(silent)[-1]) == ("mailed", "accepted")
    assert told.steps.last().text == "decided"


def test_address_in_a_report_that_was_not_meant_hears_nothing(center, coordinator, mails):
    report = receive(center, "other", text="A", email="victim@example.org")

    closed = deciding.decline(report, "not_meant", by=coordinator)

    assert not letters.tell_reporter(closed, "decided")
    assert letters.tell_declined([closed]) == 0
    assert mails == []


def test_many_declined_are_told_up_to_a_bound(center, coordinator, mails, monkeypatch):
    monkeypatch.setattr(letters, "MOST_AT_ONCE", 2)
    for number in range(4):
        receive(
            center, "other", text=f"{number}", email=(number and f"a{number}@example.org") or ""
        )
    closed = deciding.decline_many(Report.objects.all(), "unclear", by=coordinator)

    assert letters.tell_declined(closed) == 1
    assert len(mails) == 2


def test_mail_that_did_not_leave_is_known_until_one_does(center, coordinator, mails):
    report = receive(center, "other", text="A", email="rada@example.org")
    mails.works = False
    closed = deciding.accept(report, by=coordinator)

    letters.tell_reporter(closed, "decided")
    assert letters.failed_step(report).text == "decided"
    mails.works = True
    letters.tell_reporter(closed, "decided")

    assert letters.failed_step(report) is None


# --- Two people at once ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", [1, -1])
def test_of_two_who_decide_at_once_one_is_told_that_the_other_has(center, coordinator, order):
    pk = receive(center, "contact", told={"phone": "+359 84 1"}).pk
    said = []

    def accept():
        decide(lambda report: deciding.accept(report, by=coordinator))

    def decline():
        decide(lambda report: deciding.decline(report, "unclear", by=coordinator))

    def decide(how):
        try:
            said.append(how(Report.objects.get(pk=pk)).state)
        except DecidedMeanwhile as error:
            said.append(error.messages[0])

    at_once(*[accept, decline][::order])

    winner = {1: "accepted", -1: "declined"}[order]
    assert said == [winner, "Somebody else has decided this report meanwhile."]
    assert Report.objects.get().state == winner
    assert ReportPart.objects.get().state == winner
    assert Center.objects.get().phone == {1: "+359 84 1", -1: ""}[order]


@pytest.mark.django_db(transaction=True)
def test_what_is_accepted_meanwhile_is_not_declined_with_the_many(center, coordinator):
    first, second = (receive(center, "other", text=f"{number}") for number in range(2))
    closed = []

    at_once(
        lambda: deciding.accept(first, by=coordinator),
        lambda: closed.extend(
            deciding.decline_many(Report.objects.all(), "not_meant", by=coordinator)
        ),
    )

    assert [report.pk for report in closed] == [second.pk]
    first.refresh_from_db()
    assert first.state == "accepted"


@pytest.mark.parametrize(
    "act",
    [
        lambda report, user: deciding.accept(report, by=user),
        lambda report, user: deciding.decline(report, "unclear", by=user),
        lambda report, user: deciding.ask_back(report, "Which?", by=user),
        lambda report, user: deciding.answer(report, "That."),
        lambda report, user: deciding.assign(report, user, by=user),
    ],
)
def test_decided_report_stays_as_it_is(center, coordinator, act):
    report = receive(center, "other", text="A")
    deciding.accept(report, by=coordinator, outcome="Done.")

    with pytest.raises(DecidedMeanwhile):
        act(report, coordinator)

    report.refresh_from_db()
    assert (report.state, report.outcome, report.assigned_to) == ("accepted", "Done.", None)


def test_report_outlives_the_contact_person_who_sent_it(center, coordinator):
    contact = Contact.objects.create(center=center, name="Anna", email="anna@example.org")
    report = receive(center, "yearly", told={"phone": "1"}, origin="center", contact=contact)
    contact.delete()

    report.refresh_from_db()

    assert (report.contact, deciding.accept(report, by=coordinator).state) == (None, "accepted")
