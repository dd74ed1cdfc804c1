"""The weekly mail: to whom, what, and never twice."""

from datetime import date
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command

from centers.mail import known_language, send_mail
from centers.models import Center, Coordinator, Country
from mine_site import desk
from mine_site.accounts.digest import due, monday, send_digests
from mine_site.desk import Task

pytestmark = pytest.mark.django_db

User = get_user_model()
real_tasks_for = desk.tasks_for
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"


@pytest.fixture(autouse=True)
def tasks(monkeypatch):
    """What waits, by the name of the account; for whoever is not named, one task."""
    by_name = {}
    asked = []
    usual = [
        Task("overdue", "Centers overdue for confirmation", 3, "/admin/centers/center/?overdue=1"),
        Task("reports", "Reports from outside", 0, "/admin/centers/report/"),
    ]

    def tasks_for(user, *, on=None):
        asked.append((user.get_username(), on))
        return by_name.get(user.get_username(), usual)

    monkeypatch.setattr(desk, "tasks_for", tasks_for)
    by_name["asked"] = asked
    return by_name


@pytest.fixture
def row(db):
    def row(name, *, wants_digest=True, email=None, is_active=True, language="en"):
        user = User.objects.create_user(
            name,
            f"{name}@example.org" if email is None else email,
            is_staff=True,
            is_active=is_active,
        )
        return Coordinator.objects.create(user=user, wants_digest=wants_digest, language=language)

    return row


def outcomes(on=FRIDAY, **more):
    return {outcome.row.user.get_username(): outcome.what for outcome in send_digests(on, **more)}


def told():
    return sorted(sent.to[0] for sent in mail.outbox)


def test_digest_says_what_waits_with_links(row, tasks):
    row("anna")
    assert outcomes() == {"anna": "sent"}
    [sent] = mail.outbox
    html = sent.alternatives[0].content
    link = "https://registry.example.org/admin/centers/center/?overdue=1"

    assert sent.subject == "What waits for you in the Mother Center Registry"
    assert f"- Centers overdue for confirmation: 3\n  {link}" in sent.body
    assert f'<a href="{link}">Centers overdue for confirmation: 3</a>' in html
    assert "Reports from outside" not in sent.body + html
    assert "https://registry.example.org/accounts/me/" in sent.body
    assert sent.extra_headers["List-Unsubscribe"] == "<https://registry.example.org/accounts/me/>"
    assert tasks["asked"] == [("anna", FRIDAY)]


def test_digest_counts_her_countries_alone(row, make, center, coordinator, monkeypatch):
    """With the tasks of the desk itself."""
    monkeypatch.setattr(desk, "tasks_for", real_tasks_for)
    elsewhere = Center.objects.create(
        name="Elsewhere", slug="elsewhere", country=make(Country, code="RS")
    )
    for each in (center, elsewhere):
        each.record_status("low_level", observed="2026-11", by=coordinator)
    row("anna").countries.add(center.country)
    row("berta")
    outcome = {o.row.user.get_username(): o for o in send_digests(FRIDAY)}
    [sent] = mail.outbox

    assert {name: each.what for name, each in outcome.items()} == {
        "anna": "sent",
        "berta": "nothing waits",
    }
    assert "- Centers at a low level: 1\n" in sent.body
    assert "https://registry.example.org/admin/centers/center/?whose=mine" in sent.body


def test_digest_goes_to_whoever_wants_it_and_can_be_reached(row):
    row("anna")
    row("berta", wants_digest=False)
    row("closed", is_active=False)
    row("silent", email="")
    User.objects.create_superuser("technical", "technical@example.org")

    assert outcomes() == {"anna": "sent"}
    assert told() == ["anna@example.org"]


def test_second_run_in_a_week_sends_nothing(row):
    row("anna")
    outcomes(date(2026, 11, 16))
    again = outcomes(date(2026, 11, 22))

    assert again == {}
    assert told() == ["anna@example.org"]


def test_next_week_it_is_sent_again(row):
    row("anna")
    outcomes(FRIDAY)

    assert outcomes(MONDAY) == {"anna": "sent"}
    assert Coordinator.objects.get().digest_week == MONDAY


def test_coordinator_with_nothing_waiting_is_left_in_peace(row, tasks):
    row("anna")
    tasks["anna"] = [Task("reports", "Reports", 0, "/")]

    assert outcomes() == {"anna": "nothing waits"}
    assert mail.outbox == []


def test_run_that_is_killed_is_taken_up_without_doubles(row, monkeypatch):
    for name in ("anna", "berta", "dora"):
        row(name)
    send = EmailMultiAlternatives.send

    def killed(self):
        if len(mail.outbox) == 1:
            raise KeyboardInterrupt
        return send(self)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            outcomes()
    outcomes()

    # Whoever's mail was under way gets none rather than two.
    assert told() == ["anna@example.org", "dora@example.org"]


def test_address_that_is_refused_does_not_stop_the_others(row, monkeypatch):
    for name in ("anna", "berta", "dora"):
        row(name)
    send = EmailMultiAlternatives.send

    def refuse(self):
        if self.to == ["berta@example.org"]:
            raise SMTPRecipientsRefused({self.to[0]: (550, b"no such person")})
        return send(self)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", refuse)
        first = outcomes()

    assert first == {"anna": "sent", "berta": "failed", "dora": "sent"}
    assert outcomes() == {"berta": "sent"}
    assert told() == ["anna@example.org", "berta@example.org", "dora@example.org"]


def test_two_runs_at_once_send_one(row, tasks):
    """The other run has noted the week after this one has read whom to write to."""
    anna = row("anna")
    run = send_digests(FRIDAY)
    other = Task("x", "x", 1, "/")

    def meanwhile():
        Coordinator.objects.filter(pk=anna.pk).update(digest_week=monday(FRIDAY))
        return [other]

    class Lazily:
        def __iter__(self):
            return iter(meanwhile())

    tasks["anna"] = Lazily()

    assert [*run] == []
    assert mail.outbox == []


def test_dry_run_sends_and_notes_nothing(row, capsys):
    row("anna")
    call_command("send_digest", "--dry-run")

    assert capsys.readouterr().out.splitlines() == ["anna: would send (3)", "1 would send"]
    assert mail.outbox == []
    assert [*due(FRIDAY)] == [*Coordinator.objects.all()]


def test_command_says_what_it_did(row, capsys):
    call_command("send_digest")
    assert capsys.readouterr().out == "Nobody is to be told this week.\n"
    row("anna")
    call_command("send_digest")

    assert capsys.readouterr().out.splitlines() == ["anna: sent (3)", "1 sent"]


def test_command_ends_in_error_when_a_mail_was_refused(row, monkeypatch):
    row("anna")
    monkeypatch.setattr(
        EmailMultiAlternatives, "send", lambda self: (_ for _ in ()).throw(OSError("refused"))
    )
    with pytest.raises(CommandError, match="did not take 1 of the mails; the next run"):
        call_command("send_digest")


def test_command_says_that_there_is_no_mail_server(row, settings):
    settings.EMAIL_HOST = ""
    row("anna")
    with pytest.raises(CommandError, match="No mail server is named"):
        call_command("send_digest")

    assert Coordinator.objects.get().digest_week is None


def test_week_of_the_last_mail_is_no_change_of_the_row(row):
    anna = row("anna")
    before = anna.history.count()
    outcomes()

    assert anna.history.count() == before


# --- Mails in general --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "known", "expected"),
    [("bg", ["en", "bg"], "bg"), ("sr-Latn", ["en", "sr"], "sr"), ("bg", ["en"], "en")],
)
def test_mail_is_in_the_nearest_language_there_is(settings, code, known, expected):
    settings.LANGUAGES = [(each, each) for each in known]

    assert known_language(code) == expected


def test_subject_is_one_line_whatever_stands_in_it(settings):
    settings.SITE_NAME = "Registry\r\nBcc: eve@example.org"
    assert send_mail(
        "password_reset", to="a@example.org", language="en",
        context={"user": User(username="anna"), "url": "https://x"},
    )  # fmt: skip
    [sent] = mail.outbox

    assert "\n" not in sent.subject
    assert sent.recipients() == ["a@example.org"]


def test_name_in_a_mail_is_text_and_never_markup():
    send_mail(
        "password_reset", to="a@example.org", language="en",
        context={"user": User(username="<b>anna</b>"), "url": "https://x"},
    )  # fmt: skip
    [sent] = mail.outbox

    assert "<b>anna</b>" in sent.body
    assert "<b>anna</b>" not in sent.alternatives[0].content


@pytest.mark.parametrize("to", ["", None])
def test_nobody_is_written_to_without_an_address(to):
    assert send_mail("digest", to=to, language="en", context={}) is False
