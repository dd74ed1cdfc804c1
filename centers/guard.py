"""What stands at the door of every public form, and lets people through without their noticing.

A field that only programs see and fill in, a signed moment at which the page was opened, and bounds
on how much comes from one connection. Addresses of connections are kept nowhere: of each only a
mark remains, which differs from day to day and cannot be read back.
"""

from allauth.core.internal import ratelimit
from django import forms
from django.core import signing
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

TRAP = "nickname"
OPENED = "opened"
QUICKEST = 2  # seconds; nobody reads a form and fills it in faster
LONGEST = 24 * 60 * 60  # seconds that a page may lie open before it is sent
SALT = "centers.guard"


class GuardedForm(forms.Form):
    """A public form; templates include `includes/_guard.html` inside the `<form>`.

    What the guard finds is an error of the form as a whole, in plain words; nothing that was
    written is lost, and sending once more is enough for a person.
    """

    # Whether it counts how long the page was open: not where only a link of ours leads to it.
    is_timed = True

    def clean(self):
        cleaned = super().clean()
        if self.data.get(TRAP):
            raise forms.ValidationError(
                _(
                    "A hidden field was filled in, as programs do. It is empty again now. "
                    "If you are a person, please send once more."
                ),
                code="trap",
            )
        if not self.is_timed:
            return cleaned
        age = age_of(self.data.get(OPENED, ""))
        if age is None or age > LONGEST:
            raise forms.ValidationError(
                _("This page was open for very long. Your words are still here: send once more."),
                code="old",
            )
        if age < QUICKEST:
            raise forms.ValidationError(
                _("That went faster than anybody can write. Please send once more."), code="quick"
            )
        return cleaned

    @property
    def opened(self):
        """The moment for the page: the one that came with the form, else now; signed."""
        given = self.data.get(OPENED, "")
        age = age_of(given)
        return given if age is not None and age <= LONGEST else moment()


def moment():
    """The present moment, signed."""
    return signing.TimestampSigner(salt=SALT).sign("")


def age_of(stamp):
    """How many seconds ago the moment was signed; None for one that we did not sign."""
    signer = signing.TimestampSigner(salt=SALT)
    try:
        signer.unsign(stamp)
        since = signing.b62_decode(stamp.rsplit(":", 2)[-2])
    except (signing.BadSignature, ValueError, IndexError):
        return None
    return timezone.now().timestamp() - since


def address_of(request):
    """What stands for the address of the connection; for bounds and marks, never to be kept.

    Of an IPv6 address its network: one connection has billions of addresses to choose from.
    """
    return ratelimit.get_ip(request)


def sender_mark(request):
    """A mark of the connection, 16 signs: the same all day, another tomorrow, not to be read back.

    By it the desk sees that many reports came from one place.
    """
    today = timezone.localdate().isoformat()
    return salted_hmac(f"{SALT}.{today}", address_of(request)).hexdigest()[:16]


def count(request, bounds, keys, *, only_look=False):
    """Count an attempt; returns what takes it back (`.rollback()`), or None if there were too many.

    `bounds` are allauth's ("5/h/key"), `keys` what each of them is counted by, by name. With
    `only_look` nothing is counted: None says that the next one would be too many.
    """
    counted = ratelimit.RateLimitUsage(usage=[])
    for action, key in keys.items():
        usage = ratelimit.consume(
            request,
            app="mine_site",
            action=action,
            config=bounds,
            key=key,
            dry_run=only_look,
            limit_get=True,
        )
        if usage is None:
            counted.rollback()
            return None
        counted.usage += usage.usage
    return counted
