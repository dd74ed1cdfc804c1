"""Whoever wants no more of the yearly mails gets none."""

from django.db import transaction

from centers.asking.links import address_mark
from centers.models import Contact, YearlyQuestion


@transaction.atomic
def stop(question):
    """Write no more of these mails to the address of the question; twice is as once.

    The address is remembered by its mark, so that this holds for a center's own address too, and
    where it is recorded for another person later. A person who still has it is noted as wanting no
    mail. An open question stays open: its link can still be used.
    """
    YearlyQuestion.objects.filter(pk=question.pk).update(wants_no_more=True)
    person = Contact.objects.select_for_update().filter(pk=question.contact_id).first()
    if person and not person.wants_no_mail and address_mark(person.email) == question.address_mark:
        person.wants_no_mail = True
        person.save(update_fields=["wants_no_mail"])
