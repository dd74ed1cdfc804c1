"""The outbox: a folder of mails, for a registry that has no mail server to hand them to.

Each mail is a file of its own (`20261124T163012.123456Z-1f0a9c3e.eml`) that mail programs open.
Mails hold addresses, and links that let somebody in: folder and files are for their owner's eyes
alone, and the names tell nothing but when.
"""

import os
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

KEPT_FOR = timedelta(days=30)
NAME = re.compile(r"(\d{8}T\d{6})\.\d{6}Z-[0-9a-f]{8}\.(eml|part)")


class EmailBackend(BaseEmailBackend):
    """Takes mails as a mail server does; writes each into `MAIL_OUTBOX`, whole or not at all."""

    def send_messages(self, email_messages):
        """How many were written; OSError if the folder cannot be written to."""
        written = 0
        for mail in email_messages:
            if not mail.recipients():
                continue
            try:
                write(mail.message().as_bytes(), Path(settings.MAIL_OUTBOX))
            except OSError:
                if not self.fail_silently:
                    raise
            else:
                written += 1
        return written


def write(content, folder):
    """Write one mail; returns its file. Whoever looks meanwhile never finds half of it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
    unfinished = folder / f"{name}.part"
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(file, "wb") as opened:
            opened.write(content)
        return unfinished.rename(folder / f"{name}.eml")
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def forget_old(folder, *, at):
    """Remove mails that were written more than 30 days before `at`, and no other files.

    Returns how many. A folder that is not there, or not ours to clear, is left as it is.
    """
    gone = 0
    for file in Path(folder).glob("*-*.*"):
        match = NAME.fullmatch(file.name)
        if match and at - written_at(match[1]) > KEPT_FOR:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def written_at(stamp):
    """The moment in a file's name; one that cannot be (month 13) is taken for a young one."""
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
