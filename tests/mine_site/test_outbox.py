"""The outbox: mails as files, for a registry without a mail server."""

import email
import email.policy
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMessage

from centers.mail import mail_is_configured, send_mail
from mine_site import outbox
from mine_site.management.commands import set_up

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EMAIL_HOST = ""
    settings.MAIL_OUTBOX = tmp_path / "var" / "outbox"
    settings.EMAIL_BACKEND = "mine_site.outbox.EmailBackend"
    return settings.MAIL_OUTBOX


MESSAGE = {
    "code": "BG",
    "looks_after_it": True,
    "name": "Мария",
    "email": "maria@example.org",
    "message": "Как сте?",
}


def mails_in(folder):
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted(folder.iterdir())
    ]


def write(subject="Hello", **more):
    return EmailMessage(subject, "Text\n", to=["anna@example.org"], **more).send()


def test_outbox_counts_as_a_way_to_send(settings):
    assert mail_is_configured() is True
    settings.MAIL_OUTBOX = None
    assert mail_is_configured() is False


def test_mail_is_a_file_that_a_mail_program_reads(folder, settings):
    settings.SITE_URL = "http://127.0.0.1:8118"
    settings.DEFAULT_FROM_EMAIL = "Регистър <registry@example.org>"

    assert send_mail("contact", to="vesna@example.org", language="bg", context=MESSAGE)

    [sent] = mails_in(folder)
    assert "България" in sent["Subject"]
    assert (str(sent["To"]), str(sent["From"])) == (
        "vesna@example.org",
        "Регистър <registry@example.org>",
    )
    text = sent.get_body(["plain"]).get_content()
    html = sent.get_body(["html"]).get_content()
    assert "Как сте?" in text
    assert "Как сте?" in html
    assert "http://127.0.0.1:8118/" in text


def test_links_can_be_read_in_the_file_as_they_are(folder):
    link = "http://127.0.0.1:8000/bg/confirm/" + "ab12" * 30 + "/"
    EmailMessage("Здравейте", f"Отговорете тук: {link}\n", to=["a@example.org"]).send()
    assert link.encode() in next(folder.iterdir()).read_bytes()


def test_names_of_files_tell_the_time_and_nothing_else(folder):
    assert (write("A secret"), write("A secret")) == (1, 1)
    names = [file.name for file in folder.iterdir()]
    assert len(set(names)) == 2
    assert [name for name in names if not outbox.NAME.fullmatch(name)] == []
    assert all(name.startswith(f"{datetime.now(UTC):%Y%m}") for name in names)


def test_mails_are_for_their_owner_alone(folder):
    write()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]


def test_mails_at_the_same_moment_do_not_meet(folder):
    with ThreadPoolExecutor(8) as together:
        files = list(together.map(lambda _: outbox.write(b"mail", folder), range(100)))
    assert len(set(files)) == len(list(folder.glob("*.eml"))) == 100


def test_mail_to_nobody_is_none(folder):
    assert EmailMessage("Hello", "Text").send() == 0
    assert not folder.exists()


def test_folder_that_cannot_be_written_to_is_a_refusal(folder, caplog):
    folder.parent.mkdir()
    folder.write_text("a file in its place")

    assert not send_mail("contact", to="a@example.org", language="en", context=MESSAGE)

    assert "was not taken: FileExistsError" in caplog.text
    assert write(connection=outbox.EmailBackend(fail_silently=True)) == 0
    with pytest.raises(FileExistsError):
        write()


def test_half_a_mail_is_never_left(folder, monkeypatch):
    def full(*files):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.rename", full)
    with pytest.raises(OSError, match="no space"):
        write()
    assert list(folder.iterdir()) == []


def test_old_mails_are_forgotten_and_other_files_stay(folder):
    folder.mkdir(parents=True)
    kept = ["20261026T120000.000000Z-00000000.eml", "notes-1.eml", "20269999T120000.000000Z-0.eml"]
    kept += ["20269926T120000.000000Z-00000000.eml"]
    for name in [
        *kept, "20261025T115959.000000Z-00000000.eml", "20251025T115959.000000Z-00000000.part"
    ]:  # fmt: skip
        (folder / name).write_text("")
        os.utime(folder / name, (0, 0))

    assert outbox.forget_old(folder, at=NOW) == 2

    assert sorted(file.name for file in folder.iterdir()) == sorted(kept)
    assert outbox.forget_old(folder / "none", at=NOW) == 0


class TestSetUp:
    def test_start_says_where_mails_are(self, folder):
        assert set_up.where_mails_go() == (
            f"Mails are written to {folder}; no mail server is named."
        )

    @pytest.mark.parametrize(
        ("host", "has_outbox", "line"),
        [
            ("mail.example.org", True, "Mails are written to .*/outbox; MAIL_OUTBOX is set."),
            ("mail.example.org", False, "Mails go to the mail server mail.example.org."),
            ("", False, "No mails are sent; no mail server is named."),
        ],
    )
    def test_start_says_what_becomes_of_mails(self, settings, folder, host, has_outbox, line):
        settings.EMAIL_HOST = host
        settings.MAIL_OUTBOX = folder if has_outbox else None
        assert re.fullmatch(line, set_up.where_mails_go())

    def test_start_forgets_old_mails(self, folder):
        write()
        old = datetime.now(UTC) - timedelta(days=31)
        (folder / f"{old:%Y%m%dT%H%M%S}.000000Z-00000000.eml").write_text("")

        set_up.where_mails_go()

        assert len(list(folder.iterdir())) == 1
