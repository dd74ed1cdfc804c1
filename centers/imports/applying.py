"""Writes a checked file into the register: all of it in one transaction, or nothing.

The plans made by the check are carried out as they were shown. Each chunk of rows is compared
with the register once more before it is written; a fixed number of queries goes with it, however
many rows it has. Statuses go through the models' own door, `record_statuses`.
"""

import logging
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from centers import search
from centers.dates import PartialDate
from centers.folding import light
from centers.imports import plans
from centers.imports.checking import CHUNK, counted, locked
from centers.models import (
    Affiliation,
    Center,
    CenterFormerSlug,
    CenterName,
    CenterNote,
    Country,
    ExternalIdentifier,
    ImportRow,
    Recorder,
    SearchEntry,
    Snapshot,
    SpreadsheetImport,
    StatusEntry,
    record_statuses,
)
from centers.models.many import keep_history, update_many

logger = logging.getLogger(__name__)
State, Verdict = SpreadsheetImport.State, ImportRow.Verdict
GOOD = [Verdict.NEW, Verdict.CHANGED, Verdict.UNCHANGED]


class RegisterChanged(Exception):
    """Somebody changed what rows of the file speak of, after it was checked.

    `lines` is empty where the register itself refused what was written, which names no line.
    """

    def __init__(self, lines):
        self.lines = lines
        super().__init__(f"lines {lines}")


def apply(spreadsheet, *, by, rights):
    """Carry out what the check showed; yields (rows done, of all) before and after each chunk.

    The transaction is open until the generator is exhausted: closed before, it leaves nothing.
    Raises `RegisterChanged`, or `MovedOn` if the import does not wait to be confirmed; then
    nothing was written either.
    """
    try:
        with transaction.atomic():
            present = locked(spreadsheet, State.READY)
            rows = present.rows.filter(verdict__in=GOOD).order_by("line")
            total, done, after = rows.count(), 0, -1
            yield done, total
            _wait_for_other_imports()
            while chunk := list(rows.filter(line__gt=after)[:CHUNK]):
                after = chunk[-1].line
                _write(present, chunk, by=by, rights=rights)
                done += len(chunk)
                yield done, total
            _close(present)
    except (IntegrityError, ValidationError) as error:
        # Only what is compared is locked: an address (slug) can be taken at the last moment.
        logger.warning("Import %s was refused by the register.", spreadsheet.pk, exc_info=True)
        raise RegisterChanged([]) from error
    spreadsheet.refresh_from_db()


def _wait_for_other_imports():
    """Two imports at once could each add the same center: the second waits for the first."""
    list(Country.objects.select_for_update(no_key=True).order_by("pk"))


def _close(spreadsheet):
    """What waited for a decision is rejected; cells are kept for the rejected rows alone."""
    undecided = spreadsheet.rows.filter(verdict=Verdict.SUSPECT)
    undecided.update(
        verdict=Verdict.REJECTED,
        problems=[["", _("It may be there already, and nobody has decided.")]],
    )
    spreadsheet.rows.filter(verdict__in=GOOD).update(
        cells=[], values={}, plan={}, keys=[], suspects=[]
    )
    spreadsheet.counts = counted(spreadsheet)
    spreadsheet.state, spreadsheet.packed = State.DONE, b""
    spreadsheet.touched_at = timezone.now()
    spreadsheet.save(update_fields=["counts", "state", "packed", "touched_at"])


def _write(spreadsheet, rows, *, by, rights):
    outcomes, known = plans.outcomes(spreadsheet, rows, rights=rights, lock=True)
    changed = [
        row.line
        for row, outcome in zip(rows, outcomes, strict=True)
        if (outcome.verdict, outcome.plan, outcome.center) != (row.verdict, row.plan, row.center_id)
    ]
    if changed:
        raise RegisterChanged(changed)
    writer = _Writer(spreadsheet, known, by)
    new = [row for row in rows if row.verdict == Verdict.NEW]
    writer.add_centers(new)
    writer.change_centers([row for row in rows if row.verdict == Verdict.CHANGED])
    touched = [row for row in rows if row.plan]
    writer.add_parts(touched)
    update_many(new, ["center"])
    if pks := [row.center_id for row in touched]:
        search.reindex(SearchEntry.Kind.CENTER, pks)


class _Writer:
    """Writes the plans of a chunk of rows, each kind of record at once, with its history."""

    def __init__(self, spreadsheet, known, by):
        self.spreadsheet, self.known, self.by = spreadsheet, known, by
        self.now = timezone.now()
        self.reason = (_("Imported from %s") % spreadsheet.file_name)[:100]

    def _keep_history(self, records, *, update=False):
        keep_history(records, by=self.by, reason=self.reason, at=self.now, update=update)

    def _add(self, model, records):
        made = model.objects.bulk_create(records)
        if hasattr(model, "history"):
            self._keep_history(made)
        return made

    def _change(self, records, fields):
        update_many(records, fields)
        self._keep_history(records, update=True)

    def add_centers(self, rows):
        centers = []
        for row in rows:
            center = Center()
            _set(center, row.plan["fields"])
            centers.append(center)
        _give_slugs(centers)
        for row, center in zip(rows, self._add(Center, centers), strict=True):
            row.center = center

    def change_centers(self, rows):
        changed = []
        for row in rows:
            row.center = self.known.centers[row.center_id]
            if fields := row.plan.get("fields"):
                _set(row.center, fields)
                changed.append(row.center)
        bounds = ["founded_earliest", "founded_latest"]
        self._change(changed, plans.FIELDS + bounds)

    def add_parts(self, rows):
        network = self.spreadsheet.network
        names, members, identifiers, figures, statuses = [], [], [], [], []
        new_notes, changed_notes, changed_figures = [], [], []
        for row in rows:
            plan, center = row.plan, row.center
            for value, kind in plan.get("names", ()):
                names.append(CenterName(center=center, value=value, kind=kind))
            if plan.get("member"):
                members.append(
                    Affiliation(center=center, organisation=network, role=Affiliation.Role.MEMBER)
                )
            if value := plan.get("identifier"):
                identifiers.append(ExternalIdentifier(center=center, network=network, value=value))
            if plan.get("figures"):
                self._figures(row, figures, changed_figures)
            if plan.get("note"):
                self._note(row, new_notes, changed_notes)
            if plan.get("status"):
                statuses.append({"center": center, **plan["status"]})
        self._add(CenterName, names)
        self._add(Affiliation, members)
        self._add(ExternalIdentifier, identifiers)
        self._add(Snapshot, figures)
        self._change(changed_figures, plans.FIGURES)
        self._add(CenterNote, new_notes)
        update_many(changed_notes, ["cells", "changed_at"])
        record_statuses(statuses, by=Recorder(StatusEntry.Via.IMPORT, self.by))

    def _figures(self, row, new, changed):
        if pk := row.plan.get("snapshot"):
            snapshots = self.known.snapshots[row.center.pk]
            [snapshot] = [each for each in snapshots if each.pk == pk]
            changed.append(snapshot)
        else:
            as_of = row.values["figures"]["as_of"]
            snapshot = Snapshot(center=row.center, as_of=as_of and PartialDate.parse(as_of))
            new.append(snapshot)
        _set(snapshot, row.plan["figures"])

    def _note(self, row, new, changed):
        note = self.known.notes.get(row.center.pk)
        cells = {column: text for column, (_old, text) in row.plan["note"].items()}
        if note is None:
            network = self.spreadsheet.network
            new.append(CenterNote(center=row.center, network=network, cells=cells))
        else:
            note.cells, note.changed_at = note.cells | cells, self.now
            changed.append(note)


def _set(record, fields):
    """Set the new values of a plan's {field: [old, new]} on the record."""
    for name, (_old, new) in fields.items():
        if name == "country":
            record.country_id = new
        elif name == "founded":
            record.founded = PartialDate.parse(new)
        elif name in ("latitude", "longitude", "monthly_rent"):
            setattr(record, name, Decimal(new))
        else:
            setattr(record, name, new)


def _give_slugs(centers):
    """An address for each new center, which none has or had: its name, else with its town."""
    choices = []
    for center in centers:
        name = slugify(light(center.name))[:60].strip("-") or "center"
        town = slugify(light(center.place))[:25].strip("-")
        tries = [name, *([f"{name}-{town}"] if town and town not in name else [])]
        choices.append([*tries, f"{tries[-1]}-{center.public_id}"])
    wanted = {slug for tries in choices for slug in tries}
    taken = set(Center.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    taken |= set(CenterFormerSlug.objects.filter(value__in=wanted).values_list("value", flat=True))
    for center, tries in zip(centers, choices, strict=True):
        free = [slug for slug in tries if slug not in taken and slug not in Center.RESERVED_SLUGS]
        center.slug = free[0]
        taken.add(center.slug)
