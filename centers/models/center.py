"""The Mother Center and what belongs to it alone."""

import datetime
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Round
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers import status_log
from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models.base import (
    FormerSlug,
    LinksKeepingHistory,
    LinksKept,
    Slugged,
    WebAddressField,
    in_language,
    related_model,
)
from centers.models.countries import Country, Sourced
from centers.models.offers import Offer
from centers.models.statements import causes_by_slug, same_statement, statement
from centers.models.status import Status, StatusCause
from centers.public_ids import new_public_id, validate_public_id

# Freshness: how long ago somebody last said how the center is.
CONFIRMED_DAYS, DUE_DAYS = 365, status_log.HOLDS_DAYS


class Freshness(models.TextChoices):
    CONFIRMED = "confirmed", _("confirmed within 12 months")
    DUE = "due", _("confirmed 12 to 24 months ago")
    OVERDUE = "overdue", _("not confirmed for over two years")
    NEVER = "never", _("never confirmed")


def freshness_of(confirmed_on, *, on):
    """The freshness on the day `on` of what was last observed at `confirmed_on`.

    A date that is not precise counts from its earliest day, so that nothing is called fresh
    which may not be.
    """
    if confirmed_on is None:
        return Freshness.NEVER
    age = (on - confirmed_on.earliest).days
    if age <= CONFIRMED_DAYS:
        return Freshness.CONFIRMED
    return Freshness.DUE if age <= DUE_DAYS else Freshness.OVERDUE


def freshness_expression(*, on):
    """`freshness_of` as a database expression over centers."""
    days = datetime.timedelta
    return Case(
        When(confirmed_on__isnull=True, then=models.Value(Freshness.NEVER)),
        When(
            confirmed_on_earliest__gte=on - days(CONFIRMED_DAYS),
            then=models.Value(Freshness.CONFIRMED),
        ),
        When(confirmed_on_earliest__gte=on - days(DUE_DAYS), then=models.Value(Freshness.DUE)),
        default=models.Value(Freshness.OVERDUE),
        output_field=models.CharField(),
    )


def _between(limit):
    """Validators of degrees from -`limit` to `limit`."""
    message = _("This point is not on the earth.")
    return [
        MinValueValidator(Decimal(-limit), message),
        MaxValueValidator(Decimal(limit), message),
    ]


class CenterQuerySet(models.QuerySet):
    def published(self):
        """Centers with a public page of their own: all that were not merged into another."""
        return self.filter(merged_into__isnull=True)

    def not_closed(self):
        """Everything but the closed ones; the unknown belong here: silent is not closed."""
        return self.exclude(status=Status.CLOSED)

    def living(self):
        return self.filter(status__in=[Status.ACTIVE, Status.LOW_LEVEL])

    def with_freshness(self, *, on):
        """Annotates `freshness`, as it is on the day `on`."""
        return self.annotate(freshness=freshness_expression(on=on))

    def with_premises(self):
        """Annotates `premises`: what the latest snapshot that says so tells; NULL if none."""
        latest = (
            related_model(self.model, "snapshots")
            .filter(center=models.OuterRef("pk"))
            .exclude(premises="")
            .order_by(F("as_of_earliest").desc(nulls_last=True), "key")
        )
        return self.annotate(
            premises=models.Subquery(latest.values("premises")[:1], output_field=models.CharField())
        )

    def with_texts(self, language=None):
        """Annotates `summary` and `description` in the reader's language, else English."""
        texts = related_model(self.model, "texts").order_by()
        return self.annotate(
            summary=in_language(texts, "summary", of="center", language=language),
            description=in_language(texts, "description", of="center", language=language),
        )

    def with_point(self):
        """Centers that may be shown on a map."""
        return self.filter(published_latitude__isnull=False)

    def stale(self, *, on):
        """Centers, not closed ones, that nobody has confirmed within two years."""
        oldest = on - datetime.timedelta(DUE_DAYS)
        return self.not_closed().exclude(confirmed_on_earliest__gte=oldest)

    def unplaced(self):
        """Centers, not closed ones, whose town or point on the map is not known."""
        return self.not_closed().filter(Q(place="") | Q(latitude__isnull=True))

    def with_attempts(self):
        """Annotates `attempts`: how often nobody answered since it was last confirmed."""
        tried = (
            related_model(self.model, "contact_attempts")
            .standing()
            .filter(center=models.OuterRef("pk"))
            .exclude(tried_on__lt=models.OuterRef("confirmed_on_earliest"))
            .order_by()
            .values("center")
            .annotate(number=models.Count("pk"))
        )
        return self.annotate(
            attempts=Coalesce(models.Subquery(tried.values("number")), models.Value(0))
        )


class Center(Dated, Slugged, Sourced):
    """A Mother Center: a self-run place where mothers meet, help each other and become active.

    Its status is recorded through `record_status` and nothing else; the columns under "kept"
    repeat what follows from the log, and `check_register` proves it.
    """

    class Precision(models.TextChoices):
        EXACT = "exact", _("exact")
        DISTRICT = "district", _("district")
        TOWN = "town", _("town")
        WITHHELD = "withheld", _("withheld")

    public_id = models.CharField(
        _("public identifier"),
        max_length=8,
        unique=True,
        default=new_public_id,
        editable=False,
        validators=[validate_public_id],
    )
    name = models.CharField(_("name"), max_length=200)
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="centers", verbose_name=_("country")
    )
    place = models.CharField(
        _("town"), max_length=120, blank=True, help_text=_("Empty: not known.")
    )
    address = models.CharField(
        _("street and number"),
        max_length=200,
        blank=True,
        help_text=_("Shown only when the place may be published exactly."),
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=_between(90),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=_between(180),
    )
    precision = models.CharField(
        _("how precisely the place may be published"),
        max_length=10,
        choices=Precision,
        default=Precision.TOWN,
    )
    # The published point, and nothing finer, is what pages, maps, files and distances are made
    # from. The database computes it, so that no code path can publish more.
    published_latitude = models.GeneratedField(
        expression=Case(
            When(precision="exact", then=F("latitude")),
            When(precision="withheld", then=models.Value(None)),
            default=Round(F("latitude"), 2),
        ),
        output_field=models.DecimalField(max_digits=8, decimal_places=6),
        db_persist=True,
    )
    published_longitude = models.GeneratedField(
        expression=Case(
            When(precision="exact", then=F("longitude")),
            When(precision="withheld", then=models.Value(None)),
            default=Round(F("longitude"), 2),
        ),
        output_field=models.DecimalField(max_digits=9, decimal_places=6),
        db_persist=True,
    )
    founded = PartialDateField(
        _("founded"),
        null=True,
        blank=True,
        help_text=_("As precise as known: 2006, 2006-05 or 2006-05-17."),
    )
    founded_earliest = EarliestDayField("founded")
    founded_latest = LatestDayField("founded")
    community = models.CharField(_("community it serves"), max_length=300, blank=True)
    languages = models.CharField(
        _("languages spoken"),
        max_length=120,
        blank=True,
        help_text=_("Codes with blanks between, such as: bg tr rom"),
    )
    phone = models.CharField(_("public telephone"), max_length=60, blank=True)
    email = models.EmailField(_("public mail address"), blank=True)
    website = WebAddressField(_("website"), max_length=300, blank=True)
    opening_hours = models.CharField(_("opening hours"), max_length=300, blank=True)
    offers = models.ManyToManyField(
        Offer, blank=True, related_name="centers", verbose_name=_("offers")
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        editable=False,
        verbose_name=_("merged into"),
    )

    # Kept: written by keep_status alone.
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=Status,
        default=Status.UNKNOWN,
        editable=False,
        db_index=True,
    )
    status_since = PartialDateField(_("status since"), null=True, editable=False)
    status_after = PartialDateField(null=True, editable=False)
    status_by = PartialDateField(null=True, editable=False)
    confirmed_on = PartialDateField(_("last confirmed"), null=True, editable=False)
    confirmed_on_earliest = EarliestDayField("confirmed_on", db_index=True)
    is_disputed = models.BooleanField(_("sources disagree"), default=False, editable=False)

    KEPT_COLUMNS = (
        "status",
        "status_since",
        "status_after",
        "status_by",
        "confirmed_on",
        "confirmed_on_earliest",
        "is_disputed",
    )

    objects = CenterQuerySet.as_manager()
    history = HistoricalRecords(
        m2m_fields=[offers],
        excluded_fields=[*KEPT_COLUMNS, "published_latitude", "published_longitude"],
        history_manager=LinksKeepingHistory,
        bases=[LinksKept],
    )

    class Meta:
        verbose_name = _("center")
        verbose_name_plural = _("centers")
        ordering = ["name", "slug"]
        indexes = [
            models.Index(fields=["country", "status"]),
            models.Index(fields=["name", "slug"]),  # the order of lists
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="center_has_name"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="center_point_whole",
                violation_error_message=_("Latitude and longitude go together."),
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="center_point_on_earth",
                violation_error_message=_("This point is not on the earth."),
            ),
            models.CheckConstraint(
                condition=~Q(latitude=0, longitude=0),
                name="center_point_not_null_island",
                violation_error_message=_("0, 0 is a point in the ocean. Leave both empty."),
            ),
            models.CheckConstraint(
                condition=Q(precision__in=["exact", "district", "town", "withheld"]),
                name="center_precision_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["initiative", "active", "low_level", "paused", "closed", "unknown"]
                ),
                name="center_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="unknown", confirmed_on__isnull=True)
                | (~Q(status="unknown") & Q(confirmed_on__isnull=False)),
                name="center_unknown_iff_never_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="center_not_merged_into_itself",
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Saves what people edit; never the kept columns, which may have moved on meanwhile."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            kept = {*self.KEPT_COLUMNS, "published_latitude", "published_longitude"}
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if field.name not in kept and not field.primary_key
            ]
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("centers:detail", args=[self.slug])

    @property
    def permanent_path(self):
        """The address that never changes, without any language: one for all readers."""
        with translation.override(settings.LANGUAGE_CODE):
            return reverse("centers:permanent", args=[self.public_id])

    def may_be_changed_by(self, rights):
        """Whether she coordinates its country, or a network that it belongs to."""
        if self.country_id in rights.countries:
            return True
        if not rights.networks or self.pk is None:
            return False
        return self.affiliations.filter(organisation__in=rights.networks).exists()

    # --- Status ------------------------------------------------------------------------------

    @transaction.atomic
    def record_status(
        self,
        status,
        *,
        observed,
        since=None,
        causes=(),
        according_to="",
        source=None,
        source_page="",
        hint="",
        note="",
        by,
        key=None,
        recorded_at=None,
    ):
        """Record a statement on the center's status; the one door to its log.

        `status` is one of `RECORDABLE`; `observed` and `since` are dates as precise as known
        (`PartialDate`, `datetime.date`, or ISO text); `causes` are causes or their slugs, or
        pairs of one with a weight ("main", "contributing", "" for unknown); `by` is a user,
        `BY_IMPORT` or `BY_CENTER`. `key` and `recorded_at` are given when a register is loaded.

        Returns the entry. Saying the very same thing again returns the entry that is there.
        Raises `ValidationError`, by field, for a statement that makes no sense.
        """
        entry, links = statement(
            self,
            status,
            observed=observed,
            since=since,
            causes=causes,
            according_to=according_to,
            source=source,
            source_page=source_page,
            hint=hint,
            note=note,
            by=by,
            key=key,
            recorded_at=recorded_at,
        )
        # Two people at once: the second waits here for the first.
        locked = self.locked(also_merged=key is not None)
        links = causes_by_slug(links)
        if key is None and (same := same_statement(entry, links)):
            return same
        entry.full_clean(exclude=["center", "recorded_by"])
        entry.save(force_insert=True)
        StatusCause.objects.bulk_create(
            StatusCause(entry=entry, cause_id=slug, weight=weight)
            for slug, weight in sorted(links.items())
        )
        locked.keep_status()
        self.refresh_from_db(fields=self.KEPT_COLUMNS)
        return entry

    @transaction.atomic
    def confirm_status(self, *, seen, on, by):
        """Record that on the day `on` the center still was what `seen` says; returns the entry.

        Raises `ValidationError` where nobody has recorded a status yet, or where it is another
        one by now: whoever confirms says what she saw, and somebody else may have been faster.
        """
        status = self.locked().status
        if status == Status.UNKNOWN:
            raise ValidationError(
                _("Nobody has recorded how %s is, so there is nothing to confirm.") % self
            )
        if status != seen:
            raise ValidationError(
                _("%(center)s was recorded as %(status)s meanwhile. Please look first.")
                % {"center": self, "status": Status(status).label}
            )
        return self.record_status(status, observed=on, by=by)

    @transaction.atomic
    def note_no_answer(self, *, on, by):
        """Note that `by` tried to reach the center on the day `on`, and nobody answered.

        Never a status. Once a day and person: returns the attempt that is there.
        """
        attempts = self.locked().contact_attempts
        there = attempts.standing().filter(tried_on=on, by=by, means="").first()
        return there or attempts.create(tried_on=on, by=by)

    def locked(self, *, also_merged=False):
        """The center as it is now; others wait until the transaction ends.

        Raises `ValidationError` where somebody merged it into another one meanwhile, because
        what is recorded here would be seen by nobody; a register that is loaded may say
        `also_merged`.
        """
        center = Center.objects.select_for_update().get(pk=self.pk)
        if center.merged_into_id and not also_merged:
            raise ValidationError(
                {NON_FIELD_ERRORS: _("%s was merged into another center meanwhile.") % center}
            )
        return center

    def keep_status(self):
        """Bring the kept columns into agreement with the log."""
        kept = status_log.kept_columns(self.standing_entries())
        earliest = kept["confirmed_on"] and kept["confirmed_on"].earliest
        Center.objects.filter(pk=self.pk).update(**kept, confirmed_on_earliest=earliest)

    def standing_entries(self):
        """The statements that were not withdrawn; from what was prefetched, if it was."""
        return [entry for entry in self.status_entries.all() if not entry.is_withdrawn]

    @property
    def is_closed(self):
        return self.status == Status.CLOSED

    @property
    def is_living(self):
        return self.status in (Status.ACTIVE, Status.LOW_LEVEL)

    def freshness_on(self, on):
        return freshness_of(self.confirmed_on, on=on)

    # --- Place -------------------------------------------------------------------------------

    @property
    def published_address(self):
        """Street and number, only where the place may be published exactly."""
        return self.address if self.precision == self.Precision.EXACT else ""

    @property
    def is_reachable(self):
        """Whether the public can reach it by anything recorded here."""
        return any([self.phone, self.email, self.website, self.published_address])

    @property
    def published_place(self):
        """The town, unless the place is withheld."""
        return "" if self.precision == self.Precision.WITHHELD else self.place

    @property
    def published_point(self):
        """(latitude, longitude) in degrees as they may be published, or None."""
        if self.published_latitude is None:
            return None
        return self.published_latitude, self.published_longitude


class CenterFormerSlug(FormerSlug):
    center = models.ForeignKey(Center, models.CASCADE, related_name="former_slugs")

    class Meta(FormerSlug.Meta):
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
