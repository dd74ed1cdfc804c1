"""What stands in a mail of the yearly question."""

from django.urls import reverse
from django.utils import translation

from centers.asking.links import link_to, stop_link
from centers.mail import absolute, write_mail
from centers.models import QuestionMail, country_name
from centers.models.questions import VALID_FOR
from centers.templatetags.register import names_for_reader, town_of


def write(question, mail, *, to):
    """The mail as a message with the link that the question has now, for the address `to`.

    The link to stop stands in its head too, where mail programs look for it (RFC 8058).
    """
    center, language, person = question.center, question.language, question.contact
    stop = stop_link(question)
    contact = reverse("country_contact", args=[center.country_id.lower()])
    with translation.override(language):
        # What she calls her center comes first; a withheld place is withheld from mailboxes too.
        name = names_for_reader(center.name, center.names.all())[0]
        place = ", ".join(filter(None, [name, town_of(center), country_name(center.country_id)]))
    context = {
        "name": name,
        "place": place,
        "person": person.name if person else "",
        "center": center,
        "days": VALID_FOR.days,
        "is_reminder": mail.kind == QuestionMail.Kind.REMINDER,
        "is_new_link": mail.kind == QuestionMail.Kind.NEW_LINK,
        "url": link_to(question),
        "stop_url": stop,
        "contact_url": absolute(contact, language=language),
    }
    headers = {
        "Message-ID": mail.message_id,
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return write_mail("question", to=to, language=language, context=context, headers=headers)
