"""The mails of the yearly question: noted first, sent once, and what becomes of them."""

import datetime
import re
from email import message_from_bytes
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as mails
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from centers.asking.due import to_remind
from centers.asking.links import address_mark, link_to, open_question, stop_link, stopped_by
from centers.asking.sending import (
    ask,
    begin_if_due,
    begin_reminder,
    mark_stopped,
    remind,
    renew,
    send_again,
)
from centers.asking.stopping import stop
from centers.models import Center, Contact, ContactAttempt, QuestionMail, YearlyQuestion

pytestmark = pytest.mark.django_db

NOW = timezone.now()
Kind, MailState, State = QuestionMail.Kind, QuestionMail.State, YearlyQuestion.State


def days(number):
    return datetime.timedelta(number)


@pytest.fixture(autouse=True)
def _mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"


@pytest.fixture
def person(center):
    return Contact.objects.create(
        center=center, name="Мария", email="maria@example.org", language="bg"
    )


@pytest.fixture
def server(monkeypatch):
    """`server(error)`: from now on the mail server answers with this; None: it takes all."""
    takes = EmailBackend.send_messages

    def server(error):
        def send_messages(self, messages):
            if error:
                raise error
            return takes(self, messages)

        monkeypatch.setattr(EmailBackend, "send_messages", send_messages)

    return server


def refusal(code, answer):
    return SMTPRecipientsRefused({"maria@example.org": (code, answer)})


def token_in(text):
    return re.search(r"/confirm/([^/\s]+)/\s", text)[1]


def test_ask_sends_one_mail_in_her_language_with_the_link(center, person):
    mail = ask(center, contact=person)
    [sent] = mails.outbox
    html = sent.alternatives[0].content

    assert (mail.kind, mail.state, mail.question.language) == (Kind.FIRST, MailState.SENT, "bg")
    assert mail.sent_at is not None
    assert sent.to == ["maria@example.org"]
    assert "/bg/confirm/" in link_to(mail.question)
    assert link_to(mail.question) in sent.body
    assert link_to(mail.question) in html
    assert open_question(token_in(sent.body)) == mail.question
    assert "Мария" in sent.body
    assert "Mother Center Isperih" in sent.subject


def test_ask_says_in_the_head_who_sends_and_how_to_stop(center, person):
    mail = ask(center, contact=person)
    message = message_from_bytes(mails.outbox[0].message().as_bytes())
    stop_url = stop_link(mail.question)

    assert message["Message-ID"] == mail.message_id
    assert mail.message_id.endswith("@registry.example.org>")
    assert message["List-Unsubscribe"].strip() == f"<{stop_url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert stop_url in mails.outbox[0].body


def test_ask_writes_to_the_center_itself_where_nobody_is_named(center):
    center.email = "center@example.org"
    center.save()
    mail = ask(center, contact=None, language="de")

    assert mail.question.contact is None
    assert mail.question.language == "de"
    assert mail.question.address_mark == address_mark("center@example.org")
    assert mails.outbox[0].to == ["center@example.org"]


def test_ask_does_not_tell_a_withheld_place(center, person):
    center.precision = Center.Precision.WITHHELD
    center.name = "Our house"
    center.save()
    ask(center, contact=person)

    assert "Our house" in mails.outbox[0].body
    assert "Isperih" not in mails.outbox[0].body


def test_ask_refuses_to_ask_twice_unless_anew(center, person):
    first = ask(center, contact=person).question
    with pytest.raises(ValidationError, match="asked already"):
        ask(center, contact=person)
    second = ask(center, contact=person, anew=True).question
    first.refresh_from_db()

    assert (first.state, second.state) == (State.ENDED, State.OPEN)
    assert len(mails.outbox) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wants_no_mail": True}, "wants no mail"),
        ({"email": "", "phone": "1"}, "no mail address"),
    ],
)
def test_ask_refuses_in_plain_words(center, person, change, words):
    for name, value in change.items():
        setattr(person, name, value)
    person.save()
    with pytest.raises(ValidationError, match=words):
        ask(center, contact=person, anew=True)

    assert not YearlyQuestion.objects.exists()


def test_ask_without_mail_server_changes_nothing(center, person, settings):
    settings.EMAIL_HOST, settings.MAIL_OUTBOX = "", None
    with pytest.raises(ValidationError, match="no mail server"):
        ask(center, contact=person)

    assert not YearlyQuestion.objects.exists()


@pytest.mark.parametrize("error", [refusal(451, b"4.7.1 later"), ConnectionRefusedError()])
def test_ask_of_a_server_that_takes_nothing_now_leaves_all_as_it_was(center, person, server, error):
    before = ask(center, contact=person).question
    server(error)
    with pytest.raises(ValidationError, match="try again later"):
        ask(center, contact=person, anew=True)
    before.refresh_from_db()

    assert YearlyQuestion.objects.count() == 1
    assert (before.state, before.ended_at) == (State.OPEN, None)


def test_ask_of_a_refused_address_calls_it_unreachable_and_nothing_closed(center, person, server):
    center.record_status("active", observed="2020", by=_staff())
    server(refusal(550, b"5.1.1 nobody <maria@example.org> here"))
    mail = ask(center, contact=person)
    center.refresh_from_db()
    attempt = ContactAttempt.objects.get(center=center)

    assert (mail.state, mail.failure) == (MailState.FAILED, "5.1.1")
    assert mail.question.state == State.UNREACHABLE
    assert (attempt.by, attempt.means) == (None, "mail, not delivered")
    assert center.status == "active"
    with pytest.raises(ValidationError, match="could not be delivered"):
        ask(center, contact=person)


def _staff():
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user("staff", is_staff=True)


def test_reminder_is_sent_once_after_three_weeks_with_the_same_link(center, person):
    question = ask(center, contact=person, at=NOW - days(21)).question
    first = mails.outbox[0].body
    assert remind(question, at=NOW - days(1)) is None
    mail = remind(question, at=NOW)
    again = remind(question, at=NOW + days(30))

    assert (mail.kind, mail.state, again) == (Kind.REMINDER, MailState.SENT, None)
    assert token_in(mails.outbox[1].body) == token_in(first)
    assert len(mails.outbox) == 2


@pytest.mark.parametrize("what", ["address", "no mail", "told", "answered", "stopped"])
def test_reminder_is_not_sent_where_it_is_no_use(center, person, coordinator, what):
    question = ask(center, contact=person, at=NOW - days(30)).question
    if what == "address":
        person.email = "other@example.org"
    person.wants_no_mail = what == "no mail"
    person.save()
    if what == "told":
        center.record_status("active", observed=timezone.localdate(), by=coordinator)
    if what == "answered":
        YearlyQuestion.objects.update(state=State.ANSWERED, ended_at=NOW)
    if what == "stopped":
        YearlyQuestion.objects.update(wants_no_more=True)

    assert remind(question, at=NOW) is None
    assert len(mails.outbox) == 1


def test_reminder_that_was_not_taken_is_sent_later(center, person, server):
    question = ask(center, contact=person, at=NOW - days(30)).question
    server(refusal(451, b"4.3.0 busy"))
    with pytest.raises(ValidationError):
        remind(question, at=NOW)
    server(None)

    assert remind(question, at=NOW).state == MailState.SENT


def test_stopped_mail_is_in_doubt_and_sent_again_with_the_same_id(center, person):
    begun = begin_if_due(center, at=NOW)
    assert mark_stopped(at=NOW + datetime.timedelta(minutes=5)) == 0
    assert mark_stopped(at=NOW + datetime.timedelta(minutes=11)) == 1
    begun.mail.refresh_from_db()
    assert begun.mail.state == MailState.DOUBT
    assert begin_if_due(center, at=NOW + days(1)) is None
    mail = send_again(begun.mail)

    assert (mail.pk, mail.state) == (begun.mail.pk, MailState.SENT)
    assert mails.outbox[0].message()["Message-ID"] == begun.mail.message_id


def test_sent_mail_is_not_sent_again(center, person):
    mail = ask(center, contact=person)
    with pytest.raises(ValidationError, match="not in doubt"):
        send_again(mail)


def test_mail_is_not_sent_again_to_another_address(center, person):
    begun = begin_if_due(center, at=NOW)
    mark_stopped(at=NOW + days(1))
    person.email = "other@example.org"
    person.save()
    with pytest.raises(ValidationError, match="another one by now"):
        send_again(begun.mail)

    assert mails.outbox == []


def test_failed_mail_can_be_sent_again_and_opens_the_question(center, person, server):
    server(refusal(550, b"5.2.2 full"))
    mail = ask(center, contact=person)
    server(None)
    mail = send_again(mail)

    assert (mail.state, mail.question.state, mail.failure) == (MailState.SENT, State.OPEN, "")


def test_send_again_that_is_not_taken_stays_in_doubt(center, person, server):
    begun = begin_if_due(center, at=NOW)
    mark_stopped(at=NOW + days(1))
    server(SMTPServerDisconnected())
    with pytest.raises(ValidationError, match="try again later"):
        send_again(begun.mail)
    begun.mail.refresh_from_db()

    assert (begun.mail.state, begun.mail.failure) == (MailState.DOUBT, "stopped")


def test_new_link_replaces_the_old_one_once_a_day(center, person):
    question = ask(center, contact=person, at=NOW - days(2)).question
    old = token_in(mails.outbox[0].body)
    mail = renew(question, at=NOW)
    second = renew(question, at=NOW + datetime.timedelta(hours=23))
    new = token_in(mails.outbox[1].body)

    assert (mail.kind, mail.question, second) == (Kind.NEW_LINK, question, None)
    assert open_question(old) is None
    assert open_question(new) == question
    assert renew(question, at=NOW + days(1)).kind == Kind.NEW_LINK


def test_new_link_goes_to_the_address_on_record_now(center, person):
    question = ask(center, contact=person).question
    person.email = "new@example.org"
    person.save()
    mail = renew(question)
    question.refresh_from_db()

    assert mails.outbox[1].to == ["new@example.org"]
    assert question.state == State.ENDED
    assert mail.question.address_mark == address_mark("new@example.org")
    assert open_question(token_in(mails.outbox[1].body)) == mail.question


@pytest.mark.parametrize("state", [State.ANSWERED, State.ENDED, State.UNREACHABLE])
def test_new_link_of_an_ended_question_opens_another(center, person, state):
    question = ask(center, contact=person).question
    YearlyQuestion.objects.update(state=state, ended_at=NOW)
    mail = renew(question)
    question.refresh_from_db()

    assert mail.question != question
    assert (mail.question.state, question.state) == (State.OPEN, state)


def test_new_link_after_an_answer_is_no_question_that_waits(center, person):
    ask(center, contact=person, at=NOW - days(100))
    YearlyQuestion.objects.update(state=State.ANSWERED, ended_at=NOW - days(99))
    mail = renew(YearlyQuestion.objects.get(), at=NOW - days(90))

    assert mail.question.state == State.OPEN
    assert list(YearlyQuestion.objects.overdue(on=timezone.localdate(NOW))) == []
    assert list(to_remind(at=NOW - days(30))) == []


def test_old_link_of_somebody_else_leaves_the_present_one_alone(center, person):
    old = ask(center, contact=person, at=NOW - days(2)).question
    other = Contact.objects.create(center=center, name="Нова", email="nova@example.org")
    present = ask(center, contact=other, anew=True).question
    old.refresh_from_db()

    assert renew(old) is None
    assert open_question(token_in(mails.outbox[1].body)) == present
    assert len(mails.outbox) == 2


def test_new_link_that_is_not_taken_leaves_the_old_one_alive(center, person, server):
    question = ask(center, contact=person).question
    old = token_in(mails.outbox[0].body)
    server(ConnectionRefusedError())

    assert renew(question) is None
    assert open_question(old) == question
    assert not QuestionMail.objects.filter(kind=Kind.NEW_LINK).exists()


def test_new_link_after_she_was_erased_goes_to_nobody(center, person):
    question = ask(center, contact=person).question
    person.delete()
    question.refresh_from_db()

    assert renew(question) is None
    assert len(mails.outbox) == 1


def test_stop_link_stops_this_address_alone_and_never_dies(center, person):
    question = ask(center, contact=person, at=NOW - days(400)).question
    token = re.search(r"/confirm/([^/\s]+)/stop/", mails.outbox[0].body)[1]
    assert stopped_by(token) == question
    assert open_question(token) is None
    stop(stopped_by(token))
    stop(stopped_by(token))
    person.refresh_from_db()

    assert person.wants_no_mail
    assert begin_if_due(center, at=NOW) is None


def test_stop_link_of_a_center_stops_its_own_address(center):
    center.email = "center@example.org"
    center.save()
    question = ask(center, contact=None, at=NOW - days(400)).question
    stop(question)

    assert begin_if_due(center, at=NOW) is None
    with pytest.raises(ValidationError, match="stopped these mails"):
        ask(center, contact=None)


@pytest.mark.parametrize("token", ["", "x", "WzEsIm4iXQ:forged", "\x00", "a" * 5000])
def test_stop_link_that_is_forged_is_nobodys(center, person, token):
    ask(center, contact=person)
    assert stopped_by(token) is None


def test_link_to_the_answer_stops_nothing(center, person):
    ask(center, contact=person)
    assert stopped_by(token_in(mails.outbox[0].body)) is None


def test_reminder_begins_only_while_the_link_can_be_used(center, person):
    question = ask(center, contact=person, at=NOW - days(90)).question
    assert begin_reminder(question, at=NOW) is None
