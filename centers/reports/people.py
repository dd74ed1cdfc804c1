"""What a report may say of people: that somebody asks to be contacted, is the wrong person, or
wants to be forgotten. Of herself nothing is kept in the part, so that nothing is left to erase.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.erasure import erase_contact
from centers.models import Erasure, Report
from centers.reports.parts import Part, register


def _nothing_held(report):
    return None


def _yes(value):
    return gettext("yes") if value else ""


def _contacted(report, told, *, by):
    """Writes nothing: accepting it says that somebody has been in touch."""


def _not_the_person(report, told, *, by):
    if report.contact:
        report.contact.stop_mail()


def _forgotten(report, told, *, by):
    # The object in hand keeps her address for the mail that says so.
    Report.objects.filter(pk=report.pk).update(email="")
    if report.contact:
        erase_contact(report.contact, reason=Erasure.Reason.ASKED, by=by)


register(Part("contact_us", _("asks to be contacted"), _nothing_held, _yes, _contacted))
register(
    Part("not_us", _("has nothing to do with the center"), _nothing_held, _yes, _not_the_person)
)
register(Part("forget", _("wants her name and address erased"), _nothing_held, _yes, _forgotten))
