"""The link in a yearly question: signed, tied to center and contact, and dead when it should be.

A link says nothing by itself: it holds the number of the question and a nonce, signed with the
site's key. All that is wrong with one is answered alike, so that nobody learns from it whether a
center or a person is known here.
"""

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from centers.mail import absolute
from centers.models import Center, YearlyQuestion

SALT = "centers.asking"
STOP_SALT = "centers.asking.stop"


def address_mark(email):
    """A mark of a mail address, 32 signs: equal for equal ones, and not to be read back."""
    return salted_hmac(f"{SALT}.address", email.strip().lower()).hexdigest()[:32] if email else ""


def address_of(question):
    """The mail address that a question belongs to, as it is now; "" for a letter, or for none."""
    if question.means == YearlyQuestion.Means.LETTER:
        return ""
    return question.contact.email if question.contact else question.center.email


def token_of(question):
    """What stands in the link; a new nonce makes another one."""
    return signing.Signer(salt=SALT).sign_object([question.pk, question.nonce])


def link_to(question):
    """The whole address of the page where the center answers, in the question's language."""
    return absolute(
        reverse("centers:confirm", args=[token_of(question)]), language=question.language
    )


def signed_question(token):
    """(question, whether the link is its present one), also for a dead link; (None, False) for a
    link that we did not sign, or whose question is gone.

    For sending a new link to the address on record; what she reads must not depend on it.
    """
    try:
        pk, nonce = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None, False
    question = (
        YearlyQuestion.objects.select_related("center__country", "contact").filter(pk=pk).first()
    )
    return question, question is not None and question.nonce == nonce


def open_question(token, *, for_update=False, at=None):
    """The question that the link lets answer; None if it is forged, replaced, used, too old, or if
    the center was merged or the address is not the person's any more.

    `for_update`, inside a transaction, makes others wait, so that a link is used once.
    """
    question, is_present = signed_question(token)
    if question is None or not is_present:
        return None
    if for_update:
        # As it is now: somebody may have asked for a new link, or it may be gone. The center
        # first, as all who send mails do: otherwise each would wait for the other.
        Center.objects.select_for_update().get(pk=question.center_id)
        locked = YearlyQuestion.objects.select_for_update(of=["self"])
        same = locked.filter(pk=question.pk, nonce=question.nonce)
        question = same.select_related("center__country", "contact").first()
        if question is None:
            return None
    is_dead = (
        question.state != YearlyQuestion.State.OPEN
        or (at or timezone.now()) >= question.expires_at
        or question.center.merged_into_id is not None
        or question.address_mark != address_mark(address_of(question))
    )
    return None if is_dead else question


def stop_link(question):
    """The whole address of the page where she stops these mails, in the question's language.

    It stands in each mail, also in its List-Unsubscribe, and never dies. It is not the link to the
    answer, and opens nothing else.
    """
    token = signing.Signer(salt=STOP_SALT).sign_object([question.pk, question.address_mark])
    return absolute(reverse("centers:confirm_stop", args=[token]), language=question.language)


def stopped_by(token):
    """The question whose mails the link stops (`centers.asking.stopping`), however old it is.

    None for a link that we did not sign, or where the question is gone.
    """
    try:
        pk, mark = signing.Signer(salt=STOP_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = YearlyQuestion.objects.select_related("center__country", "contact")
    return rows.filter(pk=pk, address_mark=mark).exclude(address_mark="").first()
