"""The command of the yearly question: against a real mail server, and what it says."""

import datetime
import io

import pytest
from django.core import mail as mails
from django.core.management import CommandError, call_command
from django.utils import timezone

from centers.asking import runs
from centers.models import Center, Contact, ContactAttempt, QuestionMail, YearlyQuestion
from mine_site.management.commands import send_confirmations
from tests.mail_server import mail_server as real_mail_server

pytestmark = pytest.mark.django_db

State, MailState = YearlyQuestion.State, QuestionMail.State


@pytest.fixture
def server(settings):
    """A mail server that mails really go to."""
    with real_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.SITE_URL = "https://registry.example.org"
        yield server.handler


@pytest.fixture
def centers(bulgaria):
    """`centers("maria", "gone")`: for each name a center with a person of that address."""

    def centers(*names):
        made = []
        for name in names:
            center = Center.objects.create(name=f"Center {name}", slug=name, country=bulgaria)
            Contact.objects.create(center=center, name=name, email=f"{name}@example.org")
            made.append(center)
        return made

    return centers


def run(*arguments, **options):
    out = io.StringIO()
    options.setdefault("rate", 100_000)
    try:
        call_command("send_confirmations", *arguments, stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def taken(server):
    return [address.split("@")[0] for _message_id, address in server.taken]


def states():
    rows = QuestionMail.objects.select_related("question__contact")
    return {row.question.contact.name: (row.state, row.question.state) for row in rows}


def test_run_sends_each_due_question_once_over_one_connection(server, centers):
    centers("anna", "maria", "vera")
    told, error = run("--due")
    again, _error = run("--due")

    assert taken(server) == ["anna", "maria", "vera"]
    assert set(states().values()) == {("sent", "open")}
    assert len(server.connections) == 1
    assert (told, error) == ("3 sent\n", "")
    assert again == "Nothing was to be sent.\n"


def test_run_tells_apart_what_the_mail_server_says(server, centers):
    closed, *_others = centers("anna", "gone", "later", "relay", "drop", "lost", "maria")
    told, error = run("--due")

    assert taken(server) == ["anna", "drop", "lost", "maria"]
    assert states() == {
        "anna": ("sent", "open"),
        "gone": ("failed", "unreachable"),
        "drop": ("sent", "open"),
        "lost": ("doubt", "open"),
        "maria": ("sent", "open"),
    }
    assert ContactAttempt.objects.get().center.name == "Center gone"
    assert error == ""
    assert set(Center.objects.values_list("status", flat=True)) == {"unknown"}
    assert "3 sent" in told
    assert "1 in doubt" in told
    assert "2 not taken" in told
    assert "@" not in told
    assert "anna" not in told
    assert closed.name not in told


def test_next_run_tries_again_what_was_not_taken_and_asks_the_next_person(server, centers):
    [center] = centers("gone")
    Contact.objects.create(center=center, name="second", email="second@example.org")
    Contact.objects.filter(name="gone").update(confirmed_on="2026", confirmed_on_earliest=_day())
    centers("later", "lost")
    run("--due")
    run("--due")

    assert taken(server) == ["lost", "second"]
    assert not QuestionMail.objects.filter(question__contact__name="later").exists()


def _day():
    return datetime.date(2026, 1, 1)


def test_run_ends_with_an_error_if_the_mail_server_takes_nothing(server, centers):
    centers("later", "later2")
    _told, error = run("--due")

    assert error == "The mail server took none of the mails."
    assert not YearlyQuestion.objects.exists()


def test_run_gives_up_where_nothing_is_taken_from_us(server, centers):
    centers(*(f"relay{number:02}" for number in range(12)), "zora")
    told, error = run("--due")

    assert "Stopped early: the mail server refused 10 mails in a row" in error
    assert not YearlyQuestion.objects.exists()
    assert "10 not taken" in told


def test_run_gives_up_before_many_are_in_doubt(server, centers):
    centers(*(f"lost{number}" for number in range(5)))
    _told, error = run("--due")

    assert "3 mails are in doubt" in error
    assert QuestionMail.objects.filter(state="doubt").count() == 3


def test_run_without_a_mail_server_that_answers_changes_nothing(server, centers, settings):
    settings.EMAIL_PORT = 1
    centers("anna")
    _told, error = run("--due")

    assert error == "The mail server took none of the mails."
    assert not YearlyQuestion.objects.exists()


def test_run_keeps_limit_and_rate(server, centers):
    centers("anna", "maria", "vera")
    pauses = []
    done = runs.run(rate=30, limit=2, sleep=pauses.append)

    assert done.fates.total() == 2
    [pause] = pauses
    assert 1 < pause <= 2


def test_run_reminds_and_ends_what_was_settled_otherwise(server, centers, coordinator):
    _anna, maria, vera = centers("anna", "maria", "vera")
    run("--due")
    long_ago = timezone.now() - datetime.timedelta(22)
    YearlyQuestion.objects.update(asked_at=long_ago, link_made_at=long_ago)
    YearlyQuestion.objects.filter(center=vera).update(state=State.ANSWERED, ended_at=long_ago)
    maria.record_status("paused", observed=timezone.localdate(), by=coordinator)
    told, _error = run("--due")
    run("--due")

    assert taken(server) == ["anna", "maria", "vera", "anna"]
    assert maria.questions.get().state == State.ENDED
    assert "1 questions ended" in told


def test_run_marks_what_was_stopped_half_way(server, centers):
    centers("anna", "maria")
    run("--due")
    before = timezone.now() - datetime.timedelta(minutes=11)
    QuestionMail.objects.filter(question__contact__name="anna").update(
        state=MailState.SENDING, sent_at=None, begun_at=before
    )
    told, _error = run("--due")

    assert states() == {"anna": ("doubt", "open"), "maria": ("sent", "open")}
    assert taken(server) == ["anna", "maria"]
    assert "1 mails of a run that was stopped" in told


def test_run_tells_first_of_urgent_reports_that_nobody_was_told_of(server, centers, monkeypatch):
    centers("anna")
    monkeypatch.setattr(send_confirmations, "tell_untold", lambda: 1 + 10 * len(server.taken))
    told, _error = run("--due")

    assert told == "1 urgent reports were told of late.\n1 sent\n"


# --- Without sending -------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["--due", "--dry-run"]])
def test_dry_run_says_what_would_be_sent_and_changes_nothing(centers, mail_server, arguments):
    centers("anna", "maria")
    Contact.objects.filter(name="maria").update(email="", phone="1")
    told, error = run(*arguments)

    assert (mails.outbox, error) == ([], "")
    assert not YearlyQuestion.objects.exists()
    assert "1 questions, 0 reminders" in told
    assert "1 centers are due and have no mail address" in told


def test_command_without_mail_server_says_so(centers, settings):
    settings.EMAIL_HOST, settings.MAIL_OUTBOX = "", None
    centers("anna")
    _told, error = run("--due")

    assert "No mail server" in error
    assert not YearlyQuestion.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (["--due"], {"rate": 0}, "--rate"),
        (["--due"], {"rate": float("nan")}, "--rate"),
        (["--due"], {"limit": -1}, "--limit"),
        (["--due", "bcdfg23"], {}, "no sense"),
        (["bcdfg23"], {}, "no center bcdfg23"),
    ],
)
def test_command_refuses_what_makes_no_sense(mail_server, centers, arguments, options, words):
    centers("anna")
    _told, error = run(*arguments, **options)

    assert words in error
    assert mails.outbox == []


# --- By name ---------------------------------------------------------------------------------


def test_named_centers_are_asked_now_and_not_twice(centers, mail_server, coordinator):
    anna, maria = centers("anna", "maria")
    anna.record_status("active", observed=timezone.localdate(), by=coordinator)
    dry, _error = run(anna.public_id, "--dry-run")
    told, error = run(anna.public_id)
    again, error_again = run(anna.public_id, maria.public_id)

    assert dry == f"{anna.public_id}: would be asked\n"
    assert (told, error) == (f"{anna.public_id}: sent\n", "")
    assert f"{anna.public_id}: This center was asked already" in again
    assert error_again == "1 of 2 were not asked."
    assert sorted(sent.to[0] for sent in mails.outbox) == ["anna@example.org", "maria@example.org"]


def test_every_fate_has_words():
    assert set(send_confirmations.WORDS) == set(runs.Fate)
