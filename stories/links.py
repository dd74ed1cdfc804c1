"""The link in the mail to her who told a story: with it she changes the story, or withdraws it.

It is signed, holds the number of her row and a nonce, and does not grow old: her leave is hers for
as long as the story stands. A new nonce makes the links before it dead.
"""

from django.core import signing
from django.urls import reverse

from centers.mail import absolute
from stories.models import Teller

SALT = "stories.links"


def token_of(teller):
    """What stands in the link; a new nonce makes another one."""
    return signing.Signer(salt=SALT).sign_object([teller.pk, teller.nonce])


def link_to(teller):
    """The whole address of the page where she changes her story, in the language she told it in."""
    return absolute(reverse("stories:edit", args=[token_of(teller)]), language=teller.language)


def teller_of(token):
    """The `Teller` whose present link it is; None if it is forged, replaced, or she is gone."""
    try:
        pk, nonce = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    teller = Teller.objects.select_related("story__center").filter(pk=pk).first()
    return teller if teller is not None and teller.nonce == nonce else None
