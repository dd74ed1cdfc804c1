"""The yearly question at the desk: what stands there, what can be done, and what never changes."""

import datetime

import pytest
from django.core import mail as mails
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from centers.asking.letters import write_letter
from centers.asking.links import address_mark
from centers.asking.sending import ask, remind
from centers.asking.undelivered import note_undelivered
from centers.models import BY_IMPORT, Center, Contact, QuestionMail, Report, YearlyQuestion
from mine_site.accounts.digest import send_digests
from mine_site.desk import tasks_for
from tests.forms import Form, message_of

pytestmark = pytest.mark.django_db

Kind, MailState = QuestionMail.Kind, QuestionMail.State
Means, State = YearlyQuestion.Means, YearlyQuestion.State
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
LIST = "/admin/centers/yearlyquestion/"


def days(number):
    return datetime.timedelta(days=number)


@pytest.fixture(autouse=True)
def _mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"


@pytest.fixture
def person(center):
    return Contact.objects.create(
        center=center, name="Marker of a person", email="marker@example.org", language="bg"
    )


@pytest.fixture
def asked(center, person):
    """`asked(days ago, reminded=days ago, state=…, doubt=…)`: a question, with its mails."""

    def asked(ago=0, *, reminded=None, doubt=False, of=center, **values):
        if values.get("means") != Means.LETTER and of == center:
            values = {"contact": person, "address_mark": address_mark(person.email)} | values
        if values.get("state", State.OPEN) != State.OPEN:
            values["ended_at"] = NOW
        question = YearlyQuestion.objects.create(center=of, asked_at=NOW - days(ago), **values)
        if question.means == Means.MAIL:
            sent(question, Kind.FIRST, ago, doubt=doubt)
        if reminded is not None:
            sent(question, Kind.REMINDER, reminded)
        return question

    def sent(question, kind, ago, *, doubt=False):
        QuestionMail.objects.create(
            question=question,
            kind=kind,
            state=MailState.DOUBT if doubt else MailState.SENT,
            message_id=f"<{question.pk}.{kind}@example.org>",
            begun_at=NOW - days(ago),
            sent_at=None if doubt else NOW - days(ago),
        )

    return asked


@pytest.fixture
def answers(monkeypatch):
    """`answers(error)`: from now on the mail server answers so."""

    def answers(error):
        def send_messages(self, messages):
            raise error

        monkeypatch.setattr(EmailBackend, "send_messages", send_messages)

    return answers


def page_of(center, name="ask"):
    return reverse(f"admin:centers_center_{name}", args=[center.pk])


def press(client, center, does, **values):
    """Press a button of the page, as it is now."""
    form = Form(client.get(page_of(center))).data
    return client.post(page_of(center), form | {"do": does} | values)


# --- Which questions need somebody ------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "is_overdue"),
    [
        ({"ago": 41}, False),
        ({"ago": 43}, True),  # the reminder never went out
        ({"ago": 43, "reminded": 20}, False),
        ({"ago": 43, "reminded": 22}, True),
        ({"ago": 41, "means": Means.LETTER}, False),
        ({"ago": 43, "means": Means.LETTER}, True),
        ({"ago": 99, "state": State.ANSWERED}, False),
        ({"ago": 99, "state": State.UNREACHABLE}, False),
    ],
)
def test_question_is_overdue_three_weeks_after_the_reminder(asked, values, is_overdue):
    asked(**values)

    assert YearlyQuestion.objects.overdue(on=TODAY).exists() is is_overdue


@pytest.mark.parametrize(
    ("observed", "counts"),
    [(0, True), (10, True), (11, False)],  # days ago
)
def test_what_she_told_on_the_telephone_counts_as_an_answer(asked, center, observed, counts):
    asked(10)
    center.record_status("active", observed=TODAY - days(observed), by=BY_IMPORT)

    assert YearlyQuestion.objects.unanswered().exists() is not counts


def test_withdrawn_statement_is_no_answer(asked, center, staff):
    asked(60)
    entry = center.record_status("active", observed=TODAY, by=BY_IMPORT)
    before = YearlyQuestion.objects.overdue(on=TODAY).exists()
    entry.withdraw("By mistake.", by=staff("lead"))

    assert (before, YearlyQuestion.objects.overdue(on=TODAY).exists()) == (False, True)


def test_question_that_came_back_is_open_until_asked_anew_or_heard_of(asked, center):
    question = asked(5, state=State.UNREACHABLE)
    found = [list(YearlyQuestion.objects.undelivered()) == [question]]
    newer = asked(2)
    found.append(YearlyQuestion.objects.undelivered().exists())
    newer.delete()
    center.record_status("active", observed=TODAY, by=BY_IMPORT)
    found.append(YearlyQuestion.objects.undelivered().exists())

    assert found == [True, False, False]


# --- The desk ---------------------------------------------------------------------------------


def waiting(user):
    return {task.slug: task for task in tasks_for(user, on=TODAY) if task.count}


def test_desk_tells_what_the_yearly_question_leaves_open(client, staff, asked, make, serbia):
    asked(60)
    for number, values in enumerate([{"state": State.UNREACHABLE}, {"doubt": True}]):
        asked(5, of=make(Center, slug=f"hers-{number}"), **values)
    asked(60, of=make(Center, slug="foreign", country=serbia))
    urgent = make(Report, center=Center.objects.get(slug="hers-0"), is_urgent=True, state="asked")
    make(Report, center=urgent.center, is_urgent=True, state="accepted")
    user = staff("hers")
    client.force_login(user)
    found = waiting(user)

    told = ("urgent", "overdue", "undelivered", "doubt")
    assert [found[slug].count for slug in told] == [1, 1, 1, 1]
    assert next(iter(found)) == "urgent"
    for slug in told:
        assert (slug, client.get(found[slug].url).context["cl"].result_count) == (slug, 1)


def test_desk_sends_letters_to_centers_without_a_mail_address(client, staff, make, center):
    make(Center, slug="with-own", email="own@example.org")
    other = make(Center, slug="with-person")
    Contact.objects.create(center=other, name="One", email="one@example.org")
    user = staff("hers")
    client.force_login(user)
    task = waiting(user)["by_letter"]
    listed = [row.pk for row in client.get(task.url).context["cl"].queryset]
    write_letter(center, language="bg")

    assert (task.count, listed) == (1, [center.pk])
    assert "by_letter" not in waiting(user)


def test_leads_are_told_of_vacant_countries_in_the_weekly_mail(staff, asked, make, serbia):
    lead = staff("lead")
    lead.email = "lead@example.org"
    lead.save()
    lead.coordinator.wants_digest = True
    lead.coordinator.save()
    asked(60, of=make(Center, slug="vacant", country=serbia))
    [outcome] = send_digests(TODAY)
    [sent] = mails.outbox

    assert outcome.what == "sent"
    assert "- No answer to the yearly question: 1\n" in sent.body


# --- The list ---------------------------------------------------------------------------------


def test_list_shows_hers_alone_and_can_be_searched(client, staff, asked, center, make, serbia):
    asked(3)
    asked(3, of=make(Center, slug="foreign", name="Foreign", country=serbia))
    client.force_login(staff("hers"))
    page = client.get(LIST).content.decode()
    found = [
        client.get(LIST, {"q": words}).context["cl"].result_count
        for words in ("", center.public_id.upper(), "nobody", "\x00")
    ]

    assert "Marker of a person" in page
    assert "Foreign" not in page
    assert found == [1, 1, 0, 1]  # what is no word is not searched for


def test_list_asks_the_same_number_of_questions_for_one_and_thirty(hers, asked, make):
    asked(60)
    hers.get(LIST)  # what is asked once in a process
    with CaptureQueriesContext(connection) as one:
        hers.get(LIST)
    for number in range(29):
        asked(50, of=make(Center, slug=f"row-{number}"), reminded=20)
    with CaptureQueriesContext(connection) as thirty:
        page = hers.get(LIST)

    assert page.context["cl"].result_count == 30
    assert len(one) == len(thirty)


@pytest.mark.parametrize("kind", ["hers", "lead", "technical"])
def test_rows_are_read_only_for_everybody(client, staff, asked, kind):
    question = asked(3)
    client.force_login(staff(kind))
    row = reverse("admin:centers_yearlyquestion_change", args=[question.pk])

    assert 'name="_save"' not in client.get(row).content.decode()
    for address in (row, f"{LIST}add/", f"{LIST}{question.pk}/delete/"):
        assert client.post(address, {"post": "yes"}).status_code == 403
    assert YearlyQuestion.objects.filter(pk=question.pk, state=State.OPEN).exists()


def test_list_of_centers_finds_what_was_asked(hers, asked, center, make):
    asked(60)
    make(Center, slug="quiet")
    found = [
        [
            row.pk
            for row in hers.get("/admin/centers/center/", {"asked": key}).context["cl"].queryset
        ]
        for key in ("unanswered", "overdue", "undelivered")
    ]

    assert found == [[center.pk], [center.pk], []]


# --- On the page of a center ------------------------------------------------------------------


def line(client, center):
    return client.get(page_of(center, "change")).content.decode()


def test_page_of_a_center_tells_how_it_stands(hers, asked, center):
    told = [line(hers, center)]
    question = asked(60, reminded=30)
    told.append(line(hers, center))
    question.report = Report.objects.create(center=center, subject="yearly", origin="center")
    question.state, question.ended_at = State.ANSWERED, NOW
    question.save()
    told.append(line(hers, center))

    assert "Not asked yet." in told[0]
    assert "Reminded on" in told[1]
    assert "No answer for a long time" in told[1]
    assert reverse("admin:centers_report_change", args=[question.report_id]) in told[2]
    assert "No answer for a long time" not in told[2]


def test_others_do_not_see_how_it_stands(client, staff, asked, center):
    asked(60)
    client.force_login(staff("other"))

    assert "No answer" not in line(client, center)
    assert client.get(page_of(center)).status_code == 403
    assert client.post(page_of(center), {"do": "letter", "language": "bg"}).status_code == 403


def test_person_who_was_erased_is_not_taken_for_the_own_address(hers, asked, center, person):
    asked(5)
    person.delete()
    page = hers.get(page_of(center)).content.decode()

    assert "an address that is not there any more" in page
    assert "The address has changed since" in page


# --- What can be done -------------------------------------------------------------------------


def test_asking_by_hand_sends_one_mail_however_often_it_is_pressed(hers, center, person):
    form = Form(hers.get(page_of(center))).data | {"do": "mail", "whom": str(person.pk)}
    said = message_of(hers.post(page_of(center), form), hers)
    second = hers.post(page_of(center), form)

    assert said == ["The mail is on its way."]
    assert "This center was asked already" in second.content.decode()
    assert [sent.to for sent in mails.outbox] == [["marker@example.org"]]
    assert YearlyQuestion.objects.get().contact == person


def test_get_sends_nothing(hers, center, person):
    for answer in (hers.get(page_of(center)), hers.head(page_of(center))):
        assert answer.status_code == 200

    assert (len(mails.outbox), YearlyQuestion.objects.count()) == (0, 0)


def test_own_address_of_the_center_can_be_asked(hers, center):
    Center.objects.filter(pk=center.pk).update(email="own@example.org")
    press(hers, center, "mail", whom="center")

    assert [sent.to for sent in mails.outbox] == [["own@example.org"]]
    assert YearlyQuestion.objects.get().contact is None


def test_another_person_is_asked_in_place_of_the_one_who_is_silent(hers, center, asked):
    silent = asked(60)
    other = Contact.objects.create(center=center, name="Other", email="other@example.org")
    press(hers, center, "mail", whom=str(other.pk))
    silent.refresh_from_db()

    assert [sent.to for sent in mails.outbox] == [["other@example.org"]]
    assert silent.state == State.ENDED


def test_center_that_answered_lately_is_asked_after_a_second_look(hers, center, asked, person):
    asked(60, state=State.ANSWERED)
    refused = press(hers, center, "mail", whom=str(person.pk))
    form = Form(refused).data | {"do": "mail", "anew": "on"}
    taken = hers.post(page_of(center), form)

    assert "Ask all the same" in refused.content.decode()
    assert taken.status_code == 302
    assert len(mails.outbox) == 1


def test_whoever_wants_no_mail_cannot_be_chosen(hers, center, person):
    person.wants_no_mail = True
    person.save()
    page = hers.get(page_of(center)).content.decode()
    hers.post(page_of(center), {"do": "mail", "whom": str(person.pk)})

    assert "Marker of a person wants no mail." in page
    assert (len(mails.outbox), YearlyQuestion.objects.count()) == (0, 0)


@pytest.mark.parametrize("whom", ["", "999999", "nonsense", "\x00", "9" * 400])
def test_nonsense_is_asked_of_nobody(hers, center, person, whom):
    answer = hers.post(page_of(center), {"do": "mail", "whom": whom, "seen": "x"})

    assert answer.status_code == 200
    assert answer.context["ask_form"].errors["whom"]
    assert YearlyQuestion.objects.count() == 0


def test_mail_server_that_takes_nothing_is_told_and_nothing_is_written(
    hers, center, person, answers
):
    answers(ConnectionRefusedError())
    answer = press(hers, center, "mail", whom=str(person.pk))

    assert "try again later" in answer.content.decode()
    assert YearlyQuestion.objects.count() == 0


def test_mail_in_doubt_is_sent_again_as_the_same_one(hers, center, asked):
    [doubtful] = asked(5, doubt=True).mails.all()
    press(hers, center, "again", mail=str(doubtful.pk))
    again = press(hers, center, "again", mail=str(doubtful.pk))
    doubtful.refresh_from_db()
    [sent] = mails.outbox

    assert sent.extra_headers["Message-ID"] == doubtful.message_id
    assert doubtful.state == MailState.SENT
    assert message_of(again, hers) == ["There is nothing to send again any more."]


def test_mail_that_was_stopped_half_way_can_be_sent_again(hers, center, asked):
    [stopped] = asked(5, doubt=True).mails.all()
    QuestionMail.objects.update(state=MailState.SENDING)
    page = hers.get(page_of(center)).content.decode()
    press(hers, center, "again", mail=str(stopped.pk))
    stopped.refresh_from_db()

    assert "nobody knows whether it went out" in page
    assert (stopped.state, len(mails.outbox)) == (MailState.SENT, 1)


def test_new_link_makes_the_old_one_dead(hers, center, asked):
    question = asked(5)
    before = question.nonce
    press(hers, center, "renew")
    question.refresh_from_db()

    assert question.nonce != before
    assert [sent.to for sent in mails.outbox] == [["marker@example.org"]]


def test_letter_is_made_by_pressing_and_shown(hers, center):
    answer = press(hers, center, "letter", language="de")
    question = YearlyQuestion.objects.get()

    assert answer.url == reverse("admin:centers_yearlyquestion_letter", args=[question.pk])
    assert (question.means, question.language) == (Means.LETTER, "de")


def test_telephone_leads_to_recording_what_the_center_told(hers, center, asked):
    asked(60)
    address = f"{page_of(center, 'record_status')}?heard=center"
    page = hers.get(page_of(center)).content.decode()
    form = Form(hers.get(address)).data
    hers.post(address, form | {"status": "low_level"})

    assert address in page
    assert form["heard"] == ["center"]
    assert center.status_entries.get().via == "center"
    assert not YearlyQuestion.objects.unanswered().exists()


# --- Never a status ---------------------------------------------------------------------------


def test_asking_reminding_bounces_and_silence_change_no_status(client, center, person):
    center.record_status("active", observed="2020", by=BY_IMPORT)
    before = Center.objects.values(*Center.KEPT_COLUMNS).get()
    public = client.get(center.get_absolute_url()).content

    def is_as_it_was():
        now = Center.objects.values(*Center.KEPT_COLUMNS).get()
        shown = client.get(center.get_absolute_url()).content
        return (now, shown, center.status_entries.count()) == (before, public, 1)

    first = ask(center, contact=person, at=NOW - days(60))
    found = [is_as_it_was()]
    remind(first.question, at=NOW - days(30))
    QuestionMail.objects.update(sent_at=NOW - days(30))
    found += [YearlyQuestion.objects.overdue(on=TODAY).exists(), is_as_it_was()]
    note_undelivered(first, failure="5.1.1", at=NOW)
    found += [YearlyQuestion.objects.undelivered().exists(), is_as_it_was()]

    assert found == [True] * 5


# --- The person, and the history --------------------------------------------------------------


def test_page_of_a_person_says_that_mail_comes_back(hers, asked, person):
    address = reverse("admin:centers_contact_change", args=[person.pk])
    before = hers.get(address).content.decode()
    asked(5, state=State.UNREACHABLE)
    after = hers.get(address).content.decode()
    person.email = "another@example.org"
    person.save()

    assert "could not be delivered" not in before
    assert "could not be delivered" in after
    assert "could not be delivered" not in hers.get(address).content.decode()


def test_history_of_a_center_tells_of_the_question_without_addresses(client, staff, asked, center):
    asked(60, reminded=30, state=State.ANSWERED)
    asked(90, state=State.UNREACHABLE)
    client.force_login(staff("other"))
    page = client.get(page_of(center, "history")).content.decode()

    for words in ("asked", "reminded", "answered", "could not be delivered"):
        assert words in page
    assert "the registry" in page
    assert "Marker" not in page
    assert "marker@" not in page
