"""Asks the mail server to take a mail, and says in plain words what it answered.

For whoever sets mail up: most that can go wrong is a port, a way of securing, or a password.
"""

import smtplib
import ssl
from email.utils import parseaddr
from socket import gaierror

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from centers.mail import envelope

SUBJECT = "A test of the registry’s mail (проба)"
TEXT = "This mail was sent to try out whether mails of the registry arrive: {address}\n\nПроба.\n"
USUAL = (
    "Usual are EMAIL_USE_TLS=1 with EMAIL_PORT=587, and EMAIL_USE_SSL=1 with EMAIL_PORT=465; your "
    "provider's page on mail programs says which."
)


class NotTaken(Exception):
    """The mail server did not take the mail; the text says why, and what may help."""


def how_it_is_asked():
    """Which mail server is spoken to, and how, in a few words; never the password."""
    secured = (
        "secured by STARTTLS"
        if settings.EMAIL_USE_TLS
        else "secured by SSL"
        if settings.EMAIL_USE_SSL
        else "not secured"
    )
    has_login = settings.EMAIL_HOST_USER and settings.EMAIL_HOST_PASSWORD
    login = f"as {settings.EMAIL_HOST_USER}" if has_login else "without a login"
    return f"{settings.EMAIL_HOST}, port {settings.EMAIL_PORT}, {secured}, {login}"


def send_test(address):
    """Send a mail with text, HTML and Cyrillic letters; returns what the server said at its end.

    Raises NotTaken.
    """
    text = TEXT.format(address=settings.SITE_URL)
    mail = EmailMultiAlternatives(SUBJECT, text, to=[address], **envelope())
    mail.attach_alternative(f'<html lang="en"><p>{text}</p></html>', "text/html")
    said = []
    try:
        with get_connection() as connection:
            if smtp := getattr(connection, "connection", None):
                listen(smtp, said)
            connection.send_messages([mail])
    except (OSError, ValueError) as error:  # SMTPException is an OSError
        raise NotTaken(in_plain_words(error)) from error
    return said[-1] if said else ""


def listen(smtp, said):
    """Keep what the server says after the mail itself: often its number in a queue."""
    data = smtp.data

    def data_and_answer(message):
        code, answer = data(message)
        said.append(f"{code} {readable(answer)}")
        return code, answer

    smtp.data = data_and_answer


def in_plain_words(error):
    """What went wrong with the mail server, what it said, and what may help."""
    what, help = explain(error)
    answer = answer_of(error)
    return " ".join(filter(None, [what, answer and f"It said: {answer}.", help]))


def answer_of(error):
    """The server's own words in an error of smtplib; "" if there are none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return ""
    return f"{code} {readable(words)}".rstrip(". ")


def readable(words):
    words = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return " ".join(words.split())[:300]


def explain(error):
    """(what happened, what may help) for an error of smtplib, ssl or the network."""
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    match error:
        case gaierror():
            return f"No machine is called {host!r}.", "Look for a slip in EMAIL_HOST."
        case ConnectionRefusedError():
            return f"Nothing listens at {host}, port {port}.", USUAL
        case ssl.SSLCertVerificationError():
            return (
                f"The certificate of {host} is not good: {error.verify_message}.",
                "EMAIL_HOST must be the name that stands in it, as the provider writes it.",
            )
        case ssl.SSLError() if settings.EMAIL_USE_SSL:
            return f"{host} does not speak SSL at port {port}.", USUAL
        case ssl.SSLError():
            return f"Securing the connection to {host} failed ({error.reason or error}).", USUAL
        case TimeoutError() | smtplib.SMTPServerDisconnected() if is_mute_ssl():
            return (
                f"{host} said nothing at port {port}.",
                "That port speaks SSL from the first word: EMAIL_USE_SSL=1.",
            )
        case TimeoutError():
            return (
                f"{host} did not answer at port {port} within {settings.EMAIL_TIMEOUT} seconds.",
                "The port may be wrong, or a firewall may be between; many providers of servers "
                f"close port 25. {USUAL}",
            )
        case smtplib.SMTPServerDisconnected():
            return f"{host} hung up.", USUAL
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            return f"{host} does not offer STARTTLS at port {port}.", USUAL
        case smtplib.SMTPNotSupportedError() if "AUTH" in str(error):
            return (
                f"{host} takes no login at port {port} in this way.",
                f"Most take one only where the connection is secured. {USUAL}",
            )
        case smtplib.SMTPAuthenticationError():
            return (
                f"{host} refused the login.",
                "EMAIL_HOST_USER or EMAIL_HOST_PASSWORD is wrong. Some providers want a password "
                "made for programs, not that of the mailbox.",
            )
        case smtplib.SMTPSenderRefused() if error.smtp_code == 530:
            return f"{host} wants a login or a secured connection first.", USUAL
        case smtplib.SMTPSenderRefused():
            return (
                f"{host} does not let {parseaddr(error.sender)[1]} send.",
                "DEFAULT_FROM_EMAIL and BOUNCE_ADDRESS must be addresses that belong to the login.",
            )
        case smtplib.SMTPRecipientsRefused():
            return (
                f"{host} takes no mail for {next(iter(error.recipients))}.",
                "Is the address right? Servers that take mail for their own addresses alone want a "
                "login for all others: EMAIL_HOST_USER and EMAIL_HOST_PASSWORD.",
            )
        case smtplib.SMTPResponseException():
            return f"{host} did not take the mail.", ""
        case ValueError():
            return "The address cannot be written to.", "Look for a slip in it."
    if settings.MAIL_OUTBOX:
        return (
            f"Nothing can be written to {settings.MAIL_OUTBOX} ({error.strerror}).",
            "Start the registry as the user whom the folder belongs to, or name another folder: "
            "MAIL_OUTBOX=/srv/registry/outbox.",
        )
    return f"{host} cannot be reached ({error.strerror or error}).", USUAL


def is_mute_ssl():
    """Whether we wait for a greeting where the server waits for SSL."""
    return settings.EMAIL_PORT == 465 and not settings.EMAIL_USE_SSL
