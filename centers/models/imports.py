"""Imports of spreadsheets that national networks keep, and what they leave at a center."""

import datetime
import zlib

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models.base import Keyed, or_zero
from centers.models.center import Center
from centers.models.countries import Country
from centers.models.organisations import Organisation

KEPT_DAYS = 30  # that an unfinished import, or a rejected row's cells, are kept


class ExternalIdentifier(Keyed):
    """The number or name by which a network knows a center in its own lists."""

    responsible = "center"

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="external_identifiers", verbose_name=_("center")
    )
    network = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="external_identifiers",
        verbose_name=_("network"),
    )
    value = models.CharField(_("number in its own list"), max_length=100)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("number in a network's list")
        verbose_name_plural = _("numbers in networks' lists")
        ordering = ["center", "network", "value"]
        constraints = [
            models.UniqueConstraint(fields=["network", "value"], name="external_identifier_once"),
            models.CheckConstraint(condition=~Q(value=""), name="external_identifier_not_empty"),
        ]

    def __str__(self):
        return self.value


class CenterNote(Keyed):
    """What a network's list says of a center in columns that the registry does not know.

    Private: seen by those who look after the center. One note for each list; it has no history,
    so that what is removed from it is gone.
    """

    responsible = "center"

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="notes", verbose_name=_("center")
    )
    network = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("whose list"),
    )
    cells = models.JSONField(_("columns"), default=dict)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("note from a list")
        verbose_name_plural = _("notes from lists")
        ordering = ["center", "network"]
        constraints = [
            models.UniqueConstraint("center", or_zero("network"), name="center_note_once_a_list")
        ]

    def __str__(self):
        return "; ".join(f"{column}: {value}" for column, value in sorted(self.cells.items()))

    def forget(self, column):
        """Remove a column, for example because it names a person; nothing is left of a last one."""
        with transaction.atomic():
            note = CenterNote.objects.select_for_update(of=["self"]).filter(pk=self.pk).first()
            if note is None or column not in note.cells:
                return
            del note.cells[column]
            note.changed_at = timezone.now()
            if note.cells:
                note.save(update_fields=["cells", "changed_at"])
            else:
                note.delete()


class SpreadsheetImportQuerySet(models.QuerySet):
    def visible_to(self, user, *, is_lead):
        """Her own; a lead sees all."""
        return self if is_lead else self.filter(owner=user)

    def unfinished(self):
        """Imports to finish."""
        return self.filter(state__in=SpreadsheetImport.UNFINISHED)

    def forget_old(self, *, on):
        """Forget, on the day `on`, what has waited too long: it may hold data on persons.

        Unfinished imports go with their rows; of finished ones go the cells of rejected rows.
        Returns how many imports went.
        """
        limit = datetime.datetime.combine(
            on - datetime.timedelta(days=KEPT_DAYS), datetime.time(), datetime.UTC
        )
        old = self.filter(touched_at__lt=limit)
        ImportRow.objects.filter(
            spreadsheet__in=old.filter(state=SpreadsheetImport.State.DONE)
        ).exclude(cells=[]).update(cells=[], values={}, plan={}, suspects=[], keys=[])
        gone = list(old.exclude(state=SpreadsheetImport.State.DONE).values_list("pk", flat=True))
        ImportRow.objects.filter(spreadsheet__in=gone).delete()
        self.filter(pk__in=gone).delete()
        return len(gone)


class SpreadsheetImport(Dated):
    """A list that somebody wants to import: the file, what its columns mean, how far it is.

    It belongs to the desk's work, not to the register, and does not travel with it.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", _("columns to be told")
        CHECKING = "checking", _("being checked")
        READY = "ready", _("to be confirmed")
        DONE = "done", _("imported")
        ABANDONED = "abandoned", _("given up")

    UNFINISHED = [State.MAPPING, State.CHECKING, State.READY]

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("whose import")
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    touched_at = models.DateTimeField(_("last worked on"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MAPPING)
    file_name = models.CharField(_("file"), max_length=150)
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    packed = models.BinaryField(default=b"")  # the file, compressed; empty when done
    network = models.ForeignKey(
        Organisation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("network"),
    )
    country = models.ForeignKey(
        Country,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("country"),
    )
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    delimiter = models.CharField(max_length=1, default=";")  # for the file of rejected rows
    header_line = models.PositiveIntegerField(_("line of the header"), null=True, blank=True)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # {header: target column}
    observed = PartialDateField(_("as of"), null=True, blank=True)
    observed_earliest = EarliestDayField("observed")
    observed_latest = LatestDayField("observed")
    counts = models.JSONField(default=dict)  # {verdict: number of rows}

    objects = SpreadsheetImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of a spreadsheet")
        verbose_name_plural = _("imports of spreadsheets")
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["mapping", "checking", "ready", "done", "abandoned"]),
                name="spreadsheet_import_state_known",
            )
        ]

    def __str__(self):
        return self.file_name

    @property
    def is_unfinished(self):
        return self.state in self.UNFINISHED

    @property
    def file(self):
        """The bytes of the file; empty when the import is done."""
        return zlib.decompress(self.packed) if self.packed else b""

    @file.setter
    def file(self, data):
        self.packed = zlib.compress(data, 1) if data else b""

    @transaction.atomic
    def abandon(self):
        """Give it up, unless it is done: nothing of the file is kept. Returns whether it was."""
        present = SpreadsheetImport.objects.select_for_update().get(pk=self.pk)
        if not present.is_unfinished:
            return False
        self.rows.all().delete()
        self.state, self.packed, self.touched_at = self.State.ABANDONED, b"", timezone.now()
        self.save(update_fields=["state", "packed", "touched_at"])
        return True


class ImportRow(models.Model):
    """A row of the file: what it says, what would come of it, and what was decided."""

    class Verdict(models.TextChoices):
        UNCHECKED = "", _("not checked yet")
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        SUSPECT = "suspect", _("perhaps there already")
        REJECTED = "rejected", _("rejected")

    spreadsheet = models.ForeignKey(SpreadsheetImport, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("line"))
    cells = models.JSONField(default=list)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, blank=True)
    problems = models.JSONField(default=list)  # [[header or "", reason], …]
    values = models.JSONField(default=dict)  # what the cells mean (centers.imports.values)
    plan = models.JSONField(default=dict)  # what would be written (centers.imports.plans)
    keys = models.JSONField(default=list)  # by which doubles are noticed (centers.duplicates)
    suspects = models.JSONField(default=list)  # [{"center": pk} or {"line": n}, "reasons": []]
    decision = models.CharField(max_length=30, blank=True)  # another, center:<pk>, line:<n>
    twin = models.PositiveIntegerField(null=True)  # an earlier line on the same center
    center = models.ForeignKey(
        Center, models.SET_NULL, null=True, related_name="+", verbose_name=_("center")
    )

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering = ["spreadsheet", "line"]
        constraints = [
            models.UniqueConstraint(fields=["spreadsheet", "line"], name="import_row_once"),
            models.CheckConstraint(
                condition=Q(verdict__in=["", "new", "changed", "unchanged", "suspect", "rejected"]),
                name="import_row_verdict_known",
            ),
        ]
        indexes = [models.Index(fields=["spreadsheet", "verdict"])]

    def __str__(self):
        return f"{self.spreadsheet}, {self.line}"
