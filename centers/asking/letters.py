"""The yearly question as a letter, for a center that has no mail: printed, with a link to scan."""

import segno
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext

from centers import phrases
from centers.models import Center, YearlyQuestion


@transaction.atomic
def write_letter(center, *, language):
    """The open question of the center as a letter in the language; a mail that waits is ended.

    Printed again it is the same letter with the same link, as long as that can be used. Returns
    the `YearlyQuestion`. Raises `ValidationError` for a center that was merged into another.
    """
    locked = center.locked()
    now = timezone.now()
    question = YearlyQuestion.objects.open().filter(center=locked).first()
    is_good = question and question.means == YearlyQuestion.Means.LETTER
    if is_good and now < question.expires_at:
        if question.language != language:
            question.language = language
            question.save(update_fields=["language"])
        return question
    if question is not None:
        question.state, question.ended_at = YearlyQuestion.State.ENDED, now
        question.save(update_fields=["state", "ended_at"])
    return YearlyQuestion.objects.create(
        center=locked, means=YearlyQuestion.Means.LETTER, language=language
    )


def what_we_hold(center):
    """[(label, value)] of what the letter tells and asks about; "" where nothing is known.

    No person is named: anybody at the center may open a letter.
    """
    where = ", ".join(filter(None, [center.address, center.place, center.country.name]))
    told = phrases.center_status(center)
    rows = [(gettext("Name"), center.name), (gettext("Place"), where), (gettext("Status"), told)]
    for name in ("phone", "email", "website", "opening_hours"):
        label = capfirst(Center._meta.get_field(name).verbose_name)
        rows.append((label, getattr(center, name)))
    return rows


def drawn_code(link):
    """The link as a QR code: an SVG to stand in the page, without any style of its own."""
    code = segno.make(link, error="m", micro=False)
    return mark_safe(code.svg_inline(omitsize=True, light="#fff", border=4))
