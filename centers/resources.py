"""How rows of the register come in and go out: the same for the admin, the commands, the tests.

Each resource names its columns in the order written. Rows are told apart by a permanent key;
links to other rows are written as the other row's key. What is exported can be imported again
and changes nothing.
"""

import datetime
import json
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export import resources, widgets
from import_export.fields import Field

from centers import search
from centers.dates import PartialDate, PartialDateField
from centers.models import (
    Affiliation,
    Award,
    Cause,
    CauseText,
    Center,
    CenterFormerSlug,
    CenterLink,
    CenterName,
    CenterNote,
    CenterText,
    Claim,
    ContactAttempt,
    Country,
    ExternalIdentifier,
    Offer,
    OfferText,
    Organisation,
    OrganisationFormerSlug,
    OrganisationName,
    OrganisationText,
    Recorder,
    Report,
    SearchEntry,
    Snapshot,
    Source,
    StatusCause,
    StatusEntry,
)
from centers.models.base import Slugged
from centers.rights import rights_of
from centers.timeline import AN_IMPORT


def key_field(model):
    """The name of the field by which rows of the model travel."""
    names = {field.name for field in model._meta.get_fields()}
    for name in ("public_id", "key", "code", "slug", "value"):
        if name in names:
            return name
    raise TypeError(f"{model.__name__} has no permanent key.")


class TextWidget(widgets.Widget):
    """Text; empty stays empty."""

    def clean(self, value, row=None, **kwargs):
        return str(value or "").strip()

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(value)


class PartialDateWidget(widgets.Widget):
    """A date as precise as its source, in ISO form."""

    def clean(self, value, row=None, **kwargs):
        return PartialDate.of(str(value or "").strip() or None)

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(value)


class DecimalWidget(widgets.Widget):
    """A number with a decimal point, written without needless zeros."""

    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip()
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            raise ValueError(_("“%s” is not a number; write it like 12.5.") % text)
        return number

    def render(self, value, obj=None, **kwargs):
        if value is None:
            return ""
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


class WholeNumberWidget(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdecimal()):
            raise ValueError(_("“%s” is not a whole number.") % text)
        return int(text)

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(value)


class YesNoWidget(widgets.Widget):
    """yes, no, or empty for unknown."""

    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().lower()
        if text not in ("", "yes", "no"):
            raise ValueError(_("“%s” is neither yes nor no.") % text)
        return {"yes": True, "no": False}.get(text)

    def render(self, value, obj=None, **kwargs):
        return {True: "yes", False: "no"}.get(value, "")


class DayWidget(widgets.Widget):
    """A day in ISO form."""

    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip()
        try:
            return datetime.date.fromisoformat(text) if text else None
        except ValueError:
            raise ValueError(_("“%s” is not a day like 2015-05-17.") % text) from None

    def render(self, value, obj=None, **kwargs):
        return value.isoformat() if value else ""


class MomentWidget(widgets.Widget):
    """A moment in ISO form, in UTC."""

    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip()
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValueError(_("“%s” is not a moment like 2015-05-17T09:30:00Z.") % text)
        return moment

    def render(self, value, obj=None, **kwargs):
        if value is None:
            return ""
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


class KeyWidget(widgets.ForeignKeyWidget):
    """A link to another row, written as its permanent key."""

    def __init__(self, model):
        super().__init__(model, field=key_field(model))

    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return self.model._default_manager.get(**{self.field: text})
        except self.model.DoesNotExist:
            raise ValueError(
                _("There is no %(thing)s with the key “%(key)s”.")
                % {"thing": self.model._meta.verbose_name, "key": text}
            ) from None


class KeysWidget(widgets.ManyToManyWidget):
    """Links to several rows: their keys with blanks between."""

    def __init__(self, model):
        super().__init__(model, separator=" ", field=key_field(model))

    def clean(self, value, row=None, **kwargs):
        one = KeyWidget(self.model)
        return [one.clean(key) for key in str(value or "").split()]

    def render(self, value, obj=None, **kwargs):
        if value is None:  # not saved yet
            return ""
        return " ".join(sorted(str(getattr(row, self.field)) for row in value.all()))


class ReadableDiff(resources.Diff):
    """The preview's cells: old struck out, new marked; without inline styles."""

    def as_html(self):
        cells = []
        for old, new in zip(self.left, self.right, strict=False):
            if self.new or old == new:
                cells.append(escape(new))
            else:
                cells.append(format_html("<del>{}</del> <ins>{}</ins>", old, new))
        return [SafeString(cell) for cell in cells]


class CellsWidget(widgets.Widget):
    """{column: text}, written as JSON, the columns in the order of the alphabet."""

    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip()
        try:
            cells = json.loads(text) if text else {}
        except ValueError:
            cells = None
        if not isinstance(cells, dict) or not all(isinstance(one, str) for one in cells.values()):
            raise ValueError(_("“%s” does not tell columns and their texts.") % text[:40])
        return cells

    def render(self, value, obj=None, **kwargs):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""


_WIDGETS = [
    (models.JSONField, CellsWidget),
    (PartialDateField, PartialDateWidget),
    (models.BooleanField, YesNoWidget),
    (models.DecimalField, DecimalWidget),
    (models.DateTimeField, MomentWidget),
    (models.DateField, DayWidget),
    (models.IntegerField, WholeNumberWidget),
]


class RegisterResource(resources.ModelResource):
    """Rows of one model. Subclasses name model and `fields` in their Meta."""

    # The kinds of search entries that change with rows of this resource.
    indexes = ()

    def __init__(self, user=None, **kwargs):
        """`user` limits what may be imported to her rights; without one there is no limit."""
        super().__init__(**kwargs)
        self.user = user

    class Meta:
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        store_instance = True

    @classmethod
    def field_from_django_field(cls, field_name, django_field, readonly):
        if isinstance(django_field, models.ManyToManyField):
            widget = KeysWidget(django_field.related_model)
        elif isinstance(django_field, models.ForeignKey):
            widget = KeyWidget(django_field.related_model)
        else:
            kind = next((w for kind, w in _WIDGETS if isinstance(django_field, kind)), TextWidget)
            widget = kind()
        return Field(
            attribute=field_name,
            column_name=field_name,
            widget=widget,
            readonly=readonly,
            default=django_field.default,
        )

    @classmethod
    def get_diff_class(cls):
        return ReadableDiff

    def get_import_id_fields(self):
        return [key_field(self._meta.model)]

    def get_queryset(self):
        return self._meta.model._default_manager.order_by(key_field(self._meta.model))

    def filter_export(self, queryset, **kwargs):
        """With what the columns point to, in a few queries instead of some for each row."""
        columns = {field.attribute: field.widget for field in self.get_export_fields()}
        one = [name for name, widget in columns.items() if isinstance(widget, KeyWidget)]
        many = [name for name, widget in columns.items() if isinstance(widget, KeysWidget)]
        queryset = queryset.select_related(*one) if one else queryset
        return queryset.prefetch_related(*many)

    def get_chunk_size(self):
        return 2000

    def before_import(self, dataset, **kwargs):
        known = [field.column_name for field in self.get_import_fields()]
        headers = dataset.headers or []
        for header in headers:
            if header not in known:
                raise ValidationError(
                    _("There is no column “%(column)s” here. The columns are: %(known)s.")
                    % {"column": header, "known": ", ".join(known)}
                )
        if (key := self.get_import_id_fields()[0]) not in headers:
            raise ValidationError(
                _("The column “%s” is missing: it holds the permanent keys.") % key
            )
        self.keys_of_file = set()
        super().before_import(dataset, **kwargs)

    def before_import_row(self, row, **kwargs):
        column = self.get_import_id_fields()[0]
        key = str(row.get(column) or "").strip()
        if not key:
            raise ValidationError({column: _("Every row needs its permanent key here.")})
        if key in self.keys_of_file:
            raise ValidationError({column: _("The key “%s” stands in the file already.") % key})
        self.keys_of_file.add(key)
        for field in self.get_import_fields():
            if isinstance(field.widget, KeysWidget):
                try:
                    field.widget.clean(row.get(field.column_name))
                except ValueError as error:
                    raise ValidationError({field.column_name: str(error)}) from None

    def after_init_instance(self, instance, new, row, **kwargs):
        if not new:
            self.check_rights(instance)

    def import_instance(self, instance, row, **kwargs):
        """What went to another center when two were merged is not brought back by an older file."""
        links = [
            field
            for field in self._meta.model._meta.concrete_fields
            if field.related_model is Center and field.name != "merged_into" and instance.pk
        ]
        there = {field: getattr(instance, field.attname) for field in links}
        super().import_instance(instance, row, **kwargs)
        for field, pk in there.items():
            named = getattr(instance, field.attname)
            if pk and named and named != pk and _stays(getattr(instance, field.name)) == pk:
                setattr(instance, field.attname, pk)

    def check_rights(self, instance):
        """Refuse a row outside of the importing user's countries and networks."""
        if self.user is not None and not rights_of(self.user).may_change(instance):
            raise ValidationError(_("This is outside of your countries and networks."))

    def before_save_instance(self, instance, row, **kwargs):
        self.check_rights(instance)
        instance._change_reason = AN_IMPORT  # told in its history
        if isinstance(instance, Slugged) and instance.pk:
            instance.keep_former_slug()

    def after_import(self, dataset, result, **kwargs):
        super().after_import(dataset, result, **kwargs)
        if not kwargs.get("dry_run") and not kwargs.get("defer_index"):
            for kind in self.indexes:
                search.reindex(kind)

    def reasons(self, error):
        """[(column, reason)] of a `ValidationError`, or of any other error of a row."""
        if not isinstance(error, ValidationError):
            return [("", capfirst(str(error)))]
        if not hasattr(error, "error_dict"):
            return [("", message) for message in error.messages]
        columns = {field.attribute: field.column_name for field in self.get_import_fields()}
        return [
            (columns.get(name, "" if name == "__all__" else name), message)
            for name, messages in error.message_dict.items()
            for message in messages
        ]


def _stays(center):
    """The primary key of the center that a center was merged into, through all merges."""
    seen = set()
    while center.merged_into_id and center.pk not in seen:
        seen.add(center.pk)
        center = center.merged_into
    return center.pk


def resource_for(model, *columns, indexes=()):
    """A resource for rows of `model` with these columns."""
    meta = type("Meta", (RegisterResource.Meta,), {"model": model, "fields": columns})
    return type(
        f"{model.__name__}Resource",
        (RegisterResource,),
        {"Meta": meta, "indexes": indexes, "__doc__": f"Rows of {model.__name__}."},
    )


_SOURCE = ("source", "source_page")
_CENTER, _ORGANISATION = SearchEntry.Kind.CENTER, SearchEntry.Kind.ORGANISATION

CountryResource = resource_for(Country, "code", "region")
SourceResource = resource_for(Source, "slug", "title", "author", "date", "url", "note")
ClaimResource = resource_for(
    Claim, "key", "country", "claimant", "statement", "centers", "countries", "as_of", *_SOURCE
)  # fmt: skip
OrganisationResource = resource_for(
    Organisation, "key", "slug", "name", "kind", "country", "place", "website", *_SOURCE,
    indexes=(_ORGANISATION, _CENTER),
)  # fmt: skip
OrganisationNameResource = resource_for(
    OrganisationName, "key", "organisation", "value", "language", "kind",
    indexes=(_ORGANISATION, _CENTER),
)  # fmt: skip
OrganisationTextResource = resource_for(
    OrganisationText, "key", "organisation", "language", "summary", "activities", *_SOURCE
)
OrganisationFormerSlugResource = resource_for(OrganisationFormerSlug, "value", "organisation")
AwardResource = resource_for(Award, "key", "organisation", "name", "date", *_SOURCE)
CauseResource = resource_for(Cause, "slug", "group")
CauseTextResource = resource_for(CauseText, "key", "cause", "language", "name")
OfferResource = resource_for(Offer, "slug")
OfferTextResource = resource_for(OfferText, "key", "offer", "language", "name")


class CenterResource(RegisterResource):
    """Centers. What a public file tells more coarsely than it is known here stays as it is."""

    indexes = (_CENTER,)

    class Meta(RegisterResource.Meta):
        model = Center
        fields = (
            "public_id", "slug", "name", "country", "place", "address", "latitude", "longitude",
            "precision", "founded", "community", "languages", "phone", "email", "website",
            "opening_hours", "offers", *_SOURCE,
        )  # fmt: skip

    def after_init_instance(self, instance, new, row, **kwargs):
        """Sets aside the published point, and empty places with it, where a finer one is here.

        A file without a word on its profile may come from the public data.
        """
        super().after_init_instance(instance, new, row, **kwargs)
        if new or None in (instance.latitude, instance.longitude):
            return
        here = (instance.latitude, instance.longitude)
        published = instance.published_point or (None, None)
        number = DecimalWidget()
        try:
            told = tuple(number.clean(row.get(name)) for name in ("latitude", "longitude"))
        except ValueError:
            return  # said when the cell itself is read
        if "latitude" in row and told == published and told != here:
            for name in ("latitude", "longitude", "place", "address"):
                if name in ("latitude", "longitude") or not str(row.get(name) or "").strip():
                    row.pop(name, None)


CenterNameResource = resource_for(
    CenterName, "key", "center", "value", "language", "kind", indexes=(_CENTER,)
)
CenterTextResource = resource_for(CenterText, "key", "center", "language", "summary", "description")
CenterFormerSlugResource = resource_for(CenterFormerSlug, "value", "center")
AffiliationResource = resource_for(
    Affiliation, "key", "center", "organisation", "role", "began", "ended", *_SOURCE,
    indexes=(_CENTER,),
)  # fmt: skip
SnapshotResource = resource_for(
    Snapshot, "key", "center", "as_of", "core_group", "visitors", "children", "premises",
    "premises_note", "monthly_rent", "currency", "secure_until", "note", *_SOURCE
)  # fmt: skip
ExternalIdentifierResource = resource_for(ExternalIdentifier, "key", "center", "network", "value")
CenterNoteResource = resource_for(CenterNote, "key", "center", "network", "cells", "changed_at")
CenterLinkResource = resource_for(CenterLink, "key", "center", "kind", "other", *_SOURCE)
ContactAttemptResource = resource_for(
    ContactAttempt, "key", "center", "tried_on", "means", "is_mistaken"
)


class ReportResource(
    resource_for(
        # Never a mail address, nor what tells of a connection or an account.
        Report, "key", "center", "origin", "subject", "text", "language", "is_urgent", "state",
        "reason", "outcome", "received_at", "decided_at",
    )
):  # fmt: skip
    """Reports from outside. Words that came with a story do not travel: she may take them back."""

    def before_import_row(self, row, **kwargs):
        super().before_import_row(row, **kwargs)
        if row.get("origin") == Report.Origin.TELLER and not row.get("text"):
            row.pop("text", None)  # not said: stays as it is

    def export_field(self, field, instance, *args, **kwargs):
        if field.column_name == "text" and instance.origin == Report.Origin.TELLER:
            return ""
        return super().export_field(field, instance, *args, **kwargs)


class CenterMergeResource(RegisterResource):
    """Which centers were merged into which: a second look at centers that are already there."""

    indexes = (_CENTER,)

    class Meta(RegisterResource.Meta):
        model = Center
        fields = ("public_id", "merged_into")

    def get_queryset(self):
        return super().get_queryset().filter(merged_into__isnull=False)

    def get_instance(self, instance_loader, row):
        return Center.objects.filter(public_id=row["public_id"]).first()

    def init_instance(self, row=None):
        raise ValidationError({"public_id": _("This center is not in centers.csv.")})


class CausesWidget(TextWidget):
    """Causes of a status entry: slugs with blanks between, `:main` or `:contributing` behind."""

    def clean(self, value, row=None, **kwargs):
        causes = {}
        for word in str(value or "").split():
            slug, _colon, weight = word.partition(":")
            if weight not in ("", *StatusCause.Weight.values):
                raise ValueError(
                    _("“%s”: behind the colon goes main or contributing, or nothing.") % word
                )
            causes[slug] = weight
        return causes

    def render(self, value, obj=None, **kwargs):
        return " ".join(
            f"{slug}:{weight}" if weight else slug for slug, weight in sorted(value.items())
        )


class StatusEntryResource(RegisterResource):
    """Statements of the status logs. New ones go through `Center.record_status`.

    A recorded statement is never changed by a file: it can only be withdrawn by one.
    """

    causes = Field(attribute="cause_weights", column_name="causes", widget=CausesWidget())

    class Meta(RegisterResource.Meta):
        model = StatusEntry
        fields = (
            "key", "center", "status", "since", "observed", "causes", "hint", "according_to",
            "note", *_SOURCE, "via", "recorded_at", "withdrawn_at", "withdrawal_reason",
            "note_redacted_at",
        )  # fmt: skip
        import_order = fields
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().prefetch_related("cause_links")

    def before_import_row(self, row, **kwargs):
        super().before_import_row(row, **kwargs)
        for column in ("via", "recorded_at"):
            if not str(row.get(column) or "").strip():
                row.pop(column, None)  # not said: stays as it is

    def after_init_instance(self, instance, new, row, **kwargs):
        super().after_init_instance(instance, new, row, **kwargs)
        if new:
            instance.via = StatusEntry.Via.IMPORT

    def import_instance(self, instance, row, **kwargs):
        """Withdrawing and redacting go one way: an older file does not undo them."""
        was_withdrawn = (instance.withdrawn_at, instance.withdrawal_reason)
        redacted_at = instance.note_redacted_at
        super().import_instance(instance, row, **kwargs)
        if instance.pk and was_withdrawn[0]:
            instance.withdrawn_at, instance.withdrawal_reason = was_withdrawn
        if instance.pk and redacted_at:
            instance.note, instance.note_redacted_at = "", redacted_at

    def skip_row(self, instance, original, row, import_validation_errors=None):
        if original.pk and not import_validation_errors:
            changed = [
                field.column_name
                for field in self.get_import_fields()
                if field.column_name in row
                and field.get_value(instance) != field.get_value(original)
            ]
            withdrawal = {"withdrawn_at", "withdrawal_reason"}
            if instance.note_redacted_at and not instance.note:
                withdrawal |= {"note", "note_redacted_at"}
            if beyond := [column for column in changed if column not in withdrawal]:
                raise ValidationError(
                    {
                        beyond[0]: _(
                            "A recorded statement is not changed. Withdraw it, and record a new "
                            "one under a new key."
                        )
                    }
                )
            return not changed
        return False

    def do_instance_save(self, instance, is_create):
        taken_back = (instance.withdrawn_at, instance.withdrawal_reason, instance.note_redacted_at)
        if is_create:
            entry = instance.center.record_status(
                instance.status,
                observed=instance.observed,
                since=instance.since,
                causes=list(instance.cause_weights.items()),
                according_to=instance.according_to,
                source=instance.source,
                source_page=instance.source_page,
                hint=instance.hint,
                note=instance.note,
                by=Recorder(instance.via),
                key=instance.key,
                recorded_at=instance.recorded_at,
            )
        else:
            entry = StatusEntry.objects.get(pk=instance.pk)
        if any(taken_back) or entry.is_withdrawn:
            entry.note = instance.note
            entry.withdrawn_at, entry.withdrawal_reason, entry.note_redacted_at = taken_back
            entry.full_clean()
            entry.save()
            entry.center.keep_status()
        instance.pk = entry.pk
