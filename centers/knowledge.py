"""As known on a day: a page as the register would have told it then, so that it can be cited.

The log of statements makes it possible: each says when it was recorded, and when it was withdrawn
if it was. Names, places and texts are shown as they are now.
"""

import datetime
from dataclasses import dataclass, field

from django.db.models import Min
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from centers.dates import PartialDate
from centers.models import StatusEntry

PARAMETER = "known_on"


@dataclass(frozen=True)
class Knowledge:
    """What was known by the end of `day`; None stands for what is known now.

    `today` is the day on which it is asked. `notes` says what was asked and makes no sense.
    """

    today: datetime.date
    day: datetime.date | None = None
    notes: list = field(default_factory=list)

    @classmethod
    def asked(cls, query, *, today):
        """From the parameters of an address; nonsense is passed over with a note."""
        text = query.get(PARAMETER, "").replace("\x00", "").strip()[:40]
        if not text:
            return cls(today)
        try:
            date = PartialDate.parse(text)
        except ValueError:
            date = None
        if date is None or date.precision < 3:
            note = _("“%s” is not a day like 2024-12-31; shown is what is known today.")
            return cls(today, notes=[note % text])
        if date.earliest > today:
            note = _("%s has not come yet; shown is what is known today.")
            return cls(today, notes=[note % date.in_words()])
        return cls(today, None if date.earliest == today else date.earliest)

    @property
    def on(self):
        """The last day that it tells of."""
        return self.day or self.today

    @property
    def date(self):
        return PartialDate.of(self.on)

    @cached_property
    def began(self):
        """The day of the first statement in the register, as a `PartialDate`; None without any."""
        first = StatusEntry.objects.aggregate(first=Min("recorded_at"))["first"]
        return first and PartialDate.of(first.date())

    @property
    def is_before_the_register(self):
        """Whether nothing had been recorded yet on the day that was asked for."""
        return self.day is not None and (self.began is None or self.began.earliest > self.day)
