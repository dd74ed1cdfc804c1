"""Hands mails to the mail server, one connection for many, and tells what became of each.

Django says that a mail was not sent; here it matters why. Only who was refused for good is called
unreachable, only what surely did not go out is sent again by a program, and where the connection
broke after the mail was out of our hands, a human decides.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from django.core.mail import get_connection
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address

# Enhanced codes (RFC 3463): 5.1 and 5.2 speak of the address and its mailbox; 5.7 of what the
# server lets us do, and the others of the mail or the network.
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_NO_SUCH_MAILBOX = (550, 551, 553, 556)
_NOT_HERS = ("5.1.7", "5.1.8")  # the sender's address
_OF_US = re.compile(r"relay|authenticat|spam|block|listed|reputation", re.IGNORECASE)


class Fate(StrEnum):
    """What became of a mail."""

    TAKEN = "taken"  # by the mail server
    REFUSED = "refused"  # the address, for good
    LATER = "later"  # surely not sent; may be tried again
    DOUBT = "doubt"  # out of our hands, and nobody said that it was taken


@dataclass(frozen=True)
class Delivery:
    """The fate of a mail, and what the server said: a code, or the kind of the error.

    `is_of_us`: it takes no mail from us at all, as far as one can tell, whoever it is for.
    """

    fate: Fate
    said: str = ""
    is_of_us: bool = False


class _Attentive:
    """An SMTP connection that remembers whether the text of the mail left us."""

    is_out = False

    def sendmail(self, *args, **kwargs):
        self.is_out = False
        return super().sendmail(*args, **kwargs)

    def getreply(self):
        code, answer = super().getreply()
        if code == 354:  # “go ahead”: the text follows
            self.is_out = True
        return code, answer


class _AttentiveSMTP(_Attentive, SMTP):
    pass


class _AttentiveSSL(_Attentive, SMTP_SSL):
    pass


class AttentiveBackend(smtp.EmailBackend):
    """Django's, with connections that remember how far they came."""

    @property
    def connection_class(self):
        return _AttentiveSSL if self.use_ssl else _AttentiveSMTP


class Post:
    """The way to the mail server, kept open from mail to mail: `with Post() as post:`."""

    def __init__(self):
        self.backend = get_connection()
        if type(self.backend) is smtp.EmailBackend:
            self.backend = AttentiveBackend()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.hang_up()

    def hang_up(self):
        try:
            self.backend.close()
        except (SMTPException, OSError):
            self.backend.connection = None

    def deliver(self, mail):
        """Hand over the mail, which has one recipient; returns its `Delivery`.

        A connection that had fallen asleep, or has carried as many as it may, is made anew, once.
        """
        try:
            sanitize_address(mail.to[0], "utf-8")
        except ValueError:  # odd signs, from an old spreadsheet
            return Delivery(Fate.REFUSED, "no mail address")
        was_open = self.is_open
        delivery = self._try(mail)
        if was_open and delivery.fate == Fate.LATER and not self.is_open:
            delivery = self._try(mail)
        return delivery

    @property
    def is_open(self):
        return getattr(self.backend, "connection", None) is not None

    def _try(self, mail):
        try:
            self.backend.open()
            self.backend.send_messages([mail])
        except SMTPRecipientsRefused as refusal:
            [(code, answer)] = refusal.recipients.values()
            return self._answered(code, answer)
        except SMTPDataError as refusal:
            return self._answered(refusal.smtp_code, refusal.smtp_error, to_the_mail=True)
        except SMTPResponseException as refusal:  # of us: the password, the sender
            self.hang_up()
            return Delivery(Fate.LATER, str(refusal.smtp_code), is_of_us=True)
        except (SMTPException, OSError) as error:
            is_out = getattr(getattr(self.backend, "connection", None), "is_out", False)
            self.hang_up()
            fate = Fate.DOUBT if is_out else Fate.LATER
            return Delivery(fate, type(error).__name__, is_of_us=True)
        return Delivery(Fate.TAKEN)

    def _answered(self, code, answer, *, to_the_mail=False):
        if code == 421:  # it hangs up
            self.hang_up()
        return _delivery_of(code, answer, to_the_mail=to_the_mail)


def is_hers(said):
    """Whether a status such as 5.1.1 (RFC 3463) says that the address cannot be reached.

    Others, such as 5.7.26, are about whoever sends.
    """
    return said.startswith(("5.1.", "5.2.")) and said not in _NOT_HERS


def _delivery_of(code, answer, *, to_the_mail):
    """The fate of a mail that the server refused, by its answer to the recipient or the mail.

    Whether it is she who cannot be reached, or we who may not send, is told apart with care: a
    wrong password must not make a thousand centers unreachable.
    """
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else str(answer)
    found = _ENHANCED.search(text)
    said = found[1] if found else str(code)
    is_unreachable = is_hers(said)
    if not to_the_mail and code in _NO_SUCH_MAILBOX:
        is_unreachable |= not (said.startswith("5.7.") or said in _NOT_HERS or _OF_US.search(text))
    if code >= 500 and is_unreachable:
        return Delivery(Fate.REFUSED, said)
    return Delivery(Fate.LATER, said, is_of_us=code >= 500 or code == 421)
