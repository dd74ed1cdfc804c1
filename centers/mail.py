"""Mails that the registry writes: a text and the same as HTML, in the reader's language."""

import logging
from email.utils import make_msgid
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import translate_url
from django.utils import translation

logger = logging.getLogger(__name__)


def mail_is_configured():
    """Whether there is a mail server to hand mails to, or a folder that they are written to."""
    return bool(settings.EMAIL_HOST or settings.MAIL_OUTBOX)


def absolute(path, *, language=None):
    """The whole address of a page of the site, for links in mails; in `language` if given."""
    address = f"{settings.SITE_URL}{path}"
    return translate_url(address, known_language(language)) if language else address


def known_language(code):
    """The language of the site that comes closest to the code; English if none does."""
    known = dict(settings.LANGUAGES)
    return next((each for each in (code, code.split("-")[0]) if each in known), "en")


def envelope(headers=None):
    """What every mail of the registry says of its sender, as arguments of Django's messages.

    What cannot be delivered comes back to `BOUNCE_ADDRESS`, if there is one. Machines shall not
    answer (RFC 3834). The Message-ID names the site, not the machine; `headers` go before all this.
    """
    return {
        "from_email": settings.BOUNCE_ADDRESS or settings.DEFAULT_FROM_EMAIL,
        "headers": {
            "From": settings.DEFAULT_FROM_EMAIL,
            "Auto-Submitted": "auto-generated",
            "Message-ID": make_msgid(domain=urlsplit(settings.SITE_URL).hostname),
            **(headers or {}),
        },
    }


def write_mail(template, *, to, language, context, headers=None):
    """The mail of templates/mail/`template`.txt and .html; the text's first line is the subject."""
    with translation.override(known_language(language)):
        context = {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, **context}
        subject, _newline, text = render_to_string(f"mail/{template}.txt", context).partition("\n")
        html = render_to_string(f"mail/{template}.html", context)
    mail = EmailMultiAlternatives(
        " ".join(subject.split()), text.strip() + "\n", to=[to], **envelope(headers)
    )
    mail.attach_alternative(html, "text/html")
    return mail


def send_mail(template, *, to, language, context, headers=None):
    """Write the mail and send it; returns whether the mail server took it.

    Without a mail server nothing is sent; a refusal is logged without the address, and is no
    error for whoever is waiting for the page.
    """
    if not (mail_is_configured() and to):
        return False
    mail = write_mail(template, to=to, language=language, context=context, headers=headers)
    try:
        return mail.send() == 1
    except (SMTPException, OSError, ValueError) as error:  # ValueError: an address with odd signs
        logger.warning("The mail “%s” was not taken: %s", template, type(error).__name__)
        return False
