"""Mails that came back: known again by our Message-ID alone, and never a status."""

import mailbox
from textwrap import dedent

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from centers.asking.bounces import Found, read, read_one
from centers.models import Contact, ContactAttempt, QuestionMail, YearlyQuestion

pytestmark = pytest.mark.django_db

OURS = "<0123456789abcdef@registry.example.org>"
MailState, State = QuestionMail.State, YearlyQuestion.State


@pytest.fixture
def mail(center):
    person = Contact.objects.create(center=center, name="Maria", email="maria@example.org")
    question = YearlyQuestion.objects.create(center=center, contact=person, address_mark="m")
    return question.mails.create(
        kind="first", state=MailState.SENT, message_id=OURS, sent_at=timezone.now()
    )


def postfix(*, message_id=OURS, action="failed", status="5.1.1", subject="Undelivered"):
    return dedent(f"""\
        Return-Path: <>
        Date: Tue, 24 Nov 2026 10:00:00 +0000 (UTC)
        From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
        Subject: {subject}
        To: registry@registry.example.org
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status;
            boundary="4F1A2.1790000000/mail.example.org"
        Message-Id: <20261124100000.4F1A2@mail.example.org>

        This is a MIME-encapsulated message.

        --4F1A2.1790000000/mail.example.org
        Content-Description: Notification
        Content-Type: text/plain; charset=us-ascii

        This is the mail system at host mail.example.org.

        I'm sorry to have to inform you that your message could not
        be delivered to one or more recipients. It's attached below.

        <maria@example.org>: host mx.example.org[192.0.2.25] said: 550 5.1.1
            <maria@example.org>: Recipient address rejected: User unknown
            (in reply to RCPT TO command)

        --4F1A2.1790000000/mail.example.org
        Content-Description: Delivery report
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mail.example.org
        X-Postfix-Queue-ID: 4F1A2
        X-Postfix-Sender: rfc822; registry@registry.example.org
        Arrival-Date: Tue, 24 Nov 2026 09:59:58 +0000 (UTC)

        Final-Recipient: rfc822; maria@example.org
        Original-Recipient: rfc822;maria@example.org
        Action: {action}
        Status: {status}
        Remote-MTA: dns; mx.example.org
        Diagnostic-Code: smtp; 550 5.1.1 <maria@example.org>: User unknown

        --4F1A2.1790000000/mail.example.org
        Content-Description: Undelivered Message
        Content-Type: message/rfc822

        Return-Path: <registry@registry.example.org>
        Content-Type: text/plain; charset="utf-8"
        MIME-Version: 1.0
        Subject: How is Mother Center Isperih?
        From: registry@registry.example.org
        To: maria@example.org
        Message-ID: {message_id}

        Hello, once a year we ask each Mother Center how it is.

        --4F1A2.1790000000/mail.example.org--
        """).encode()


def exim():
    """Of an older Exim: all in plain words, the mail itself below."""
    return dedent(f"""\
        Return-path: <>
        Received: from Debian-exim by mail.example.org with local (Exim 4.96.1)
        X-Failed-Recipients: maria@example.org
        Auto-Submitted: auto-replied
        From: Mail Delivery System <Mailer-Daemon@mail.example.org>
        To: registry@registry.example.org
        Subject: Mail delivery failed: returning message to sender
        Message-Id: <E1abcde-0001xy-2z@mail.example.org>

        This message was created automatically by mail delivery software.

        A message that you sent could not be delivered to one or more of its
        recipients. This is a permanent error. The following address(es) failed:

          maria@example.org
            host mx.example.org [192.0.2.25]
            SMTP error from remote mail server after RCPT TO:<maria@example.org>:
            550 no such mailbox

        ------ This is a copy of the message, including all the headers. ------

        Return-path: <registry@registry.example.org>
        Subject: How is Mother Center Isperih?
        Message-ID: {OURS}

        Hello,
        """).encode()


def gmail():
    return dedent(f"""\
        Return-Path: <>
        From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
        To: registry@registry.example.org
        Auto-Submitted: auto-replied
        Subject: Delivery Status Notification (Failure)
        References: {OURS}
        In-Reply-To: {OURS}
        X-Failed-Recipients: maria@example.org
        Message-ID: <6745f000.170a0220.1234.abcd.GMR@mx.google.com>
        MIME-Version: 1.0
        Content-Type: multipart/report; boundary="0000000000001234"; report-type=delivery-status

        --0000000000001234
        Content-Type: multipart/related; boundary="000000000000abcd"

        --000000000000abcd
        Content-Type: multipart/alternative; boundary="000000000000ffff"

        --000000000000ffff
        Content-Type: text/plain; charset="UTF-8"

        ** Address not found **

        Your message wasn't delivered to maria@example.org because the address couldn't be found.

        --000000000000ffff--

        --000000000000abcd--

        --0000000000001234
        Content-Type: message/delivery-status

        Reporting-MTA: dns; googlemail.com
        Received-From-MTA: dns; registry@registry.example.org
        Arrival-Date: Tue, 24 Nov 2026 02:00:00 -0800 (PST)
        X-Original-Message-ID: {OURS}

        Final-Recipient: rfc822; maria@example.org
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
        Last-Attempt-Date: Tue, 24 Nov 2026 02:00:01 -0800 (PST)

        --0000000000001234
        Content-Type: text/rfc822-headers

        Received: by mail.example.org
        Subject: How is Mother Center Isperih?
        Message-ID:
         {OURS}

        --0000000000001234--
        """).encode()


ANSWER = dedent(f"""\
    From: maria@example.org
    To: registry@registry.example.org
    Subject: Re: How is Mother Center Isperih?
    In-Reply-To: {OURS}
    Message-ID: <1@example.org>

    550 families came this year. 5.1.1 we do not know what you mean.
    """).encode()
AWAY = dedent(f"""\
    From: maria@example.org
    Subject: Out of office
    Auto-Submitted: auto-replied
    In-Reply-To: {OURS}

    I am away until 5 January.
    """).encode()


@pytest.mark.parametrize(
    ("bounce", "code"),
    [(postfix(), "5.1.1"), (exim(), "550"), (gmail(), "5.1.1"), (postfix(status=""), "5.0.0")],
    ids=["Postfix", "Exim", "Gmail", "no code"],
)
def test_bounce_makes_the_address_unreachable_and_nothing_closed(center, mail, bounce, code):
    assert read_one(bounce) == Found.UNREACHABLE
    mail.refresh_from_db()
    mail.question.refresh_from_db()
    center.refresh_from_db()
    attempt = ContactAttempt.objects.get()

    assert (mail.state, mail.failure) == (MailState.FAILED, code)
    assert mail.question.state == State.UNREACHABLE
    assert (attempt.center, attempt.by, attempt.means) == (center, None, "mail, not delivered")
    assert center.status == "unknown"


@pytest.mark.parametrize(
    ("bounce", "found"),
    [
        (postfix(action="delayed", status="4.4.1"), Found.TEMPORARY),
        (postfix(status="4.4.1"), Found.TEMPORARY),
        (postfix(status="5.7.26"), Found.OF_US),
        (postfix(action="delivered", status="2.0.0"), Found.TEMPORARY),
        (postfix(message_id="<forged@registry.example.org>"), Found.FOREIGN),
        (ANSWER, Found.OTHER),
        (AWAY, Found.OTHER),
        (b"", Found.OTHER),
        (bytes(range(256)) * 20, Found.OTHER),
        (b"X-Failed-Recipients: a\nReferences: <\x00@x>\n\n550 no", Found.FOREIGN),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 3000, Found.OTHER),
        (postfix() + b"x" * 2_000_000, Found.OTHER),
    ],
)
def test_what_is_no_bounce_of_ours_changes_nothing(mail, bounce, found):
    assert read_one(bounce) == found
    mail.refresh_from_db()
    mail.question.refresh_from_db()

    assert (mail.state, mail.question.state) == (MailState.SENT, State.OPEN)
    assert not ContactAttempt.objects.exists()


def test_bounce_of_an_answered_question_leaves_the_answer(mail):
    YearlyQuestion.objects.update(state=State.ANSWERED, ended_at=timezone.now())
    assert read_one(postfix()) == Found.UNREACHABLE
    mail.refresh_from_db()
    mail.question.refresh_from_db()

    assert (mail.state, mail.question.state) == (MailState.FAILED, State.ANSWERED)
    assert not ContactAttempt.objects.exists()


def box_of(path, kind, *mails):
    box = kind(path, create=True)
    for raw in mails:
        box.add(raw)
    box.close()
    return path


def count_of(path, kind):
    box = kind(path, create=False)
    try:
        return len(box)
    finally:
        box.close()


@pytest.mark.parametrize("kind", [mailbox.mbox, mailbox.Maildir])
def test_mailbox_is_read_twice_and_stays_as_it_is(tmp_path, mail, kind, capsys):
    path = box_of(tmp_path / "box", kind, postfix(), ANSWER, gmail(), postfix(action="delayed"))
    first = read(path)
    second = read(path)
    call_command("read_bounces", path)
    told = capsys.readouterr().out

    assert first == {Found.UNREACHABLE: 1, Found.OTHER: 1, Found.KNOWN: 1, Found.TEMPORARY: 1}
    assert second == {Found.KNOWN: 2, Found.OTHER: 1, Found.TEMPORARY: 1}
    assert ContactAttempt.objects.count() == 1
    assert "2 known already" in told
    assert "@" not in told
    assert count_of(path, kind) == 4


@pytest.mark.parametrize("made", ["nothing", "folder", "garbage"])
def test_mailbox_that_is_none_is_told(tmp_path, mail, made, capsys):
    path = tmp_path / "box"
    if made == "folder":
        path.mkdir()
    if made == "garbage":
        path.write_bytes(b"\x00\xff" * 100)
        call_command("read_bounces", path)
        assert "no mail in it" in capsys.readouterr().out
    else:
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("read_bounces", path)
    mail.refresh_from_db()
    assert mail.state == MailState.SENT
