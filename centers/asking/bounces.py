"""Mails that came back: read from a mailbox, and known again by our own Message-ID alone.

Anybody can send what looks like a bounce. One that does not name the Message-ID of a mail of ours,
which only those saw who got or carried it, changes nothing. The most that one can change is that
an address counts as unreachable, and that the next person is asked.
"""

import mailbox
import re
from collections import Counter
from email import policy
from email.parser import BytesParser
from enum import StrEnum
from pathlib import Path

from django.utils import timezone

from centers.asking.delivery import is_hers
from centers.asking.undelivered import note_undelivered
from centers.models import QuestionMail

LARGEST = 2_000_000  # bytes; what is larger is no bounce

# Signs that a Message-ID of ours has; no nul bytes, which PostgreSQL refuses.
_ID = r"<[!-;=?-~]{1,118}>"
_REFERENCE = re.compile(_ID)
_MESSAGE_ID = re.compile(rf"^message-id:\s*({_ID})", re.IGNORECASE | re.MULTILINE)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
_SENDERS = ("mailer-daemon", "postmaster")


# Said by servers that tell nothing finer.
_UNREACHABLE = ("550", "551", "553", "556", "5.0.0")


class Found(StrEnum):
    """What a mail in the mailbox was."""

    UNREACHABLE = "unreachable"  # news: our mail did not arrive
    KNOWN = "known"  # said so before
    OF_US = "of us"  # refused because of whoever sends, such as 5.7.26
    TEMPORARY = "temporary"  # not yet arrived, or for a reason that passes
    FOREIGN = "foreign"  # of a mail that is none of ours
    OTHER = "other"  # no bounce


def read(path, *, at=None):
    """Read a mailbox (an mbox file, or a Maildir folder); returns a `Counter` of `Found`.

    Nothing in the mailbox is changed, and reading it again changes nothing. Raises `OSError` where
    there is none.
    """
    path, found = Path(path), Counter()
    if path.is_dir():
        for name in ("cur", "new"):
            if not (path / name).is_dir():
                raise NotADirectoryError(f"{path} is a folder, but no Maildir.")
        box = mailbox.Maildir(path, create=False)
    else:
        path.open("rb").close()  # says what is wrong with it
        box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            found[read_one(box.get_bytes(key), at=at)] += 1
    finally:
        box.close()
    return found


def read_one(raw, *, at=None):
    """What one mail (bytes) is, as `Found`; a mail of ours that did not arrive is noted."""
    verdict, ids = _told(raw)
    if verdict is None:
        return Found.OTHER
    mail = QuestionMail.objects.filter(message_id__in=ids).select_related("question").first()
    if mail is None:
        return Found.FOREIGN
    if not verdict.startswith("5"):
        return Found.TEMPORARY
    if not (is_hers(verdict) or verdict in _UNREACHABLE):
        return Found.OF_US
    is_news = note_undelivered(mail, failure=verdict, at=at or timezone.now())
    return Found.UNREACHABLE if is_news else Found.KNOWN


def _told(raw):
    """(what the bounce says, such as 5.1.1; the Message-IDs that it names); None for no bounce."""
    if len(raw) > LARGEST:
        return None, []
    try:
        bounce = BytesParser(policy=policy.compat32).parsebytes(raw)
        return _verdict(bounce), _message_ids(bounce)
    except Exception:  # garbage breaks Python's own reader of mails in many ways
        return None, []


def _verdict(bounce):
    statuses = [
        (str(block["Action"]).strip().lower(), str(block.get("Status", "")))
        for part in bounce.walk()
        if part.get_content_type() == "message/delivery-status" and part.is_multipart()
        for block in part.get_payload()
        if block["Action"]
    ]
    if statuses:
        failed = [status for action, status in statuses if action == "failed"]
        if not failed:
            return "4.0.0"  # delayed, relayed, delivered
        code = _ENHANCED.search(failed[0])
        return code[1] if code else "5.0.0"
    # Older mail servers say it in plain words; Exim and Gmail name the address in the head.
    sender = str(bounce.get("From", "")).lower()
    names_address = bounce["X-Failed-Recipients"] is not None
    if not (names_address or any(name in sender for name in _SENDERS)):
        return None
    text = "\n".join(_words_of(part) for part in _own_parts(bounce))
    if code := _ENHANCED.search(text) or _CODE.search(text):
        return code[1]
    return "5.0.0" if names_address else None


def _message_ids(bounce):
    """The Message-IDs of the mails that came back, as far as the bounce shows them; at most 50."""
    found = []
    for part in bounce.walk():
        if part is not bounce:
            found += _REFERENCE.findall(str(part.get("Message-ID", "")))
        if part.get_content_maintype() == "text":
            found += _MESSAGE_ID.findall(_words_of(part))
    for name in ("In-Reply-To", "References"):
        found += _REFERENCE.findall(str(bounce.get(name, "")))
    return list(dict.fromkeys(found))[:50]


def _own_parts(bounce):
    """The texts that the bounce itself says, without those of the mail that it returns."""
    if bounce.get_content_type() == "text/plain":
        yield bounce
    elif bounce.get_content_maintype() == "multipart" and bounce.is_multipart():
        for part in bounce.get_payload():
            yield from _own_parts(part)


def _words_of(part):
    content = part.get_payload(decode=True) or b""
    return content.decode("utf-8", "replace")
