"""Checks a file against the register: nothing but the import's own rows is written here."""

from collections import defaultdict

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from centers import duplicates, spreadsheets
from centers.folding import light
from centers.imports import columns, plans, values
from centers.models import Cause, CauseText, Country, ImportRow, SpreadsheetImport
from centers.models.many import update_many

CHUNK = 500  # rows that are checked, or written, at a time
State, Verdict = SpreadsheetImport.State, ImportRow.Verdict
# By what rows are alike, after the first sign of the key that they share (centers.duplicates).
_REASONS = {"n": duplicates.NAME, "p": duplicates.PLACE, "w": duplicates.WEBSITE}
# What a check finds out about a row.
_FOUND = ["verdict", "problems", "values", "plan", "keys", "suspects", "twin", "center"]


class MovedOn(Exception):
    """The import is at another step by now: somebody went on with it in another window."""


def locked(spreadsheet, *states):
    """The import, kept from others until the transaction ends; it must be in one of the states.

    Raises `MovedOn` if it is not, or is gone.
    """
    found = SpreadsheetImport.objects.select_for_update().filter(pk=spreadsheet.pk).first()
    if found is None or found.state not in states:
        raise MovedOn
    return found


def read_table(spreadsheet):
    """The table of the import's file, read as she chose; raises `SpreadsheetError`."""
    return spreadsheets.read(
        spreadsheet.file,
        encoding=spreadsheet.encoding,
        sheet=spreadsheet.sheet,
        header_line=spreadsheet.header_line,
        country=spreadsheet.country_id,
        recognise=columns.is_known,
    )


def remembered_mapping(spreadsheet):
    """{header: target} as told for earlier files: of this network, or else of hers without one."""
    earlier = SpreadsheetImport.objects.exclude(mapping={}).exclude(pk=spreadsheet.pk)
    if spreadsheet.network_id:
        earlier = earlier.filter(network=spreadsheet.network_id)
    else:
        earlier = earlier.filter(network=None, owner=spreadsheet.owner_id)
    mapping = {}
    for told in earlier.order_by("-pk").values_list("mapping", flat=True)[:20]:
        mapping = told | mapping
    return mapping


def remembered_date(spreadsheet, headers):
    """The date that was told for this very file before, or for the one whose rows come back."""
    earlier = SpreadsheetImport.objects.filter(
        network=spreadsheet.network_id, state=State.DONE, observed__isnull=False
    ).order_by("-pk")
    same = earlier.filter(digest=spreadsheet.digest).first()
    if same is None and any(columns.meaning(header) == columns.REASON for header in headers):
        same = earlier.first()
    return same and same.observed


@transaction.atomic
def read_again(spreadsheet, chosen):
    """Keep how the file is to be read, {field: value}; its columns are to be told anew.

    Rows that were read otherwise are gone, with what was found out and decided about them.
    """
    locked(spreadsheet, *SpreadsheetImport.UNFINISHED)
    spreadsheet.rows.all().delete()
    for name, value in chosen.items():
        setattr(spreadsheet, name, value)
    spreadsheet.state, spreadsheet.headers, spreadsheet.counts = State.MAPPING, [], {}
    spreadsheet.touched_at = timezone.now()
    spreadsheet.save(update_fields=[*chosen, "state", "headers", "counts", "touched_at"])


@transaction.atomic
def begin(spreadsheet, table, mapping, observed):
    """Take the rows of the table, with what its columns mean; they are checked next."""
    locked(spreadsheet, *SpreadsheetImport.UNFINISHED)
    spreadsheet.rows.all().delete()
    ImportRow.objects.bulk_create(
        (
            ImportRow(
                spreadsheet=spreadsheet, line=line, cells=_kept(table.headers, cells, mapping)
            )
            for line, cells in table.rows
        ),
        batch_size=1000,
    )
    spreadsheet.headers, spreadsheet.delimiter = table.headers, table.delimiter or ";"
    spreadsheet.mapping, spreadsheet.observed = mapping, observed
    spreadsheet.state, spreadsheet.counts = State.CHECKING, {}
    spreadsheet.touched_at = timezone.now()
    spreadsheet.save()


def _kept(headers, cells, mapping):
    """The cells of a row, without those on persons and those that are left out."""
    left_out = (columns.PERSON, columns.SKIP, columns.REASON)
    return [
        "" if mapping.get(header) in left_out else cell
        for header, cell in zip(headers, cells, strict=True)
    ]


def setting_of(spreadsheet):
    """What holds for all rows of the file."""
    causes = {light(slug): slug for slug in Cause.objects.values_list("pk", flat=True)}
    for slug, name in CauseText.objects.values_list("cause", "name"):
        causes.setdefault(light(name), slug)
    return values.Setting(
        country=spreadsheet.country_id or "",
        observed=spreadsheet.observed,
        has_network=spreadsheet.network_id is not None,
        countries=frozenset(Country.objects.values_list("pk", flat=True)),
        causes=causes,
    )


def check(spreadsheet, *, rights):
    """Check the rows that are not checked yet, a chunk at a time; yields (checked, of all).

    The first answer comes before the work. Each chunk is written on its own: whoever is
    interrupted goes on where she was.
    """
    total = spreadsheet.rows.count()
    unchecked = spreadsheet.rows.filter(verdict="").order_by("line")
    checked, after = total - unchecked.count(), -1
    setting = setting_of(spreadsheet)
    yield checked, total
    while rows := list(unchecked.filter(line__gt=after)[:CHUNK]):
        check_rows(spreadsheet, rows, rights=rights, setting=setting)
        checked, after = checked + len(rows), rows[-1].line
        yield checked, total
    finish(spreadsheet)


def check_rows(spreadsheet, rows, *, rights, setting=None):
    """Find out what would come of some hundred rows, and keep it with them."""
    setting = setting or setting_of(spreadsheet)
    understood = []
    header_of = {target: header for header, target in spreadsheet.mapping.items()}
    for row in rows:
        row.values, row.problems = values.read_row(
            dict(zip(spreadsheet.headers, row.cells, strict=True)), spreadsheet.mapping, setting
        )
        row.plan, row.suspects, row.keys, row.twin, row.center_id = {}, [], [], None, None
        if row.problems:
            row.verdict = Verdict.REJECTED
        else:
            understood.append(row)
    told, _known = plans.outcomes(spreadsheet, understood, rights=rights)
    for row, outcome in zip(understood, told, strict=True):
        row.verdict, row.plan = outcome.verdict, outcome.plan
        row.suspects, row.center_id = outcome.suspects, outcome.center
        row.problems = [[header_of.get(target, ""), reason] for target, reason in outcome.problems]
        if row.verdict in (Verdict.NEW, Verdict.SUSPECT):
            row.keys = sorted(duplicates.match_keys(**plans.comparable(row.values)))
    update_many(rows, _FOUND)


@transaction.atomic
def finish(spreadsheet):
    """Find doubles within the file, and count; the import is ready to be confirmed."""
    locked(spreadsheet, State.CHECKING, State.READY)
    seen, named, sharing = {}, {}, defaultdict(list)
    changed = []
    rows = spreadsheet.rows.exclude(verdict=Verdict.REJECTED).order_by("line")
    wanted = (
        "spreadsheet",
        "line",
        "verdict",
        "keys",
        "values",
        "center_id",
        "decision",
        "suspects",
    )
    places = {}
    for row in rows.only(*wanted).iterator(chunk_size=1000):
        first = next((seen[each] for each in _identities(row) if each in seen), None)
        name, has_number = _name_of(row), bool(row.values["identifier"])
        # Two that the network itself numbers may share their name; others may not.
        namesake, is_numbered = named.get(name, (None, False))
        if first is None and not (has_number and is_numbered):
            first = namesake
        if first is None and row.decision.startswith("line:"):
            first = int(row.decision.partition(":")[2])
        if first is not None:
            row.verdict, row.twin = Verdict.REJECTED, first
            row.problems = [
                ["", _("Line %d speaks of the same center. Make one row of the two.") % first]
            ]
            changed.append(row)
            continue
        seen |= dict.fromkeys(_identities(row), row.line)
        named.setdefault(name, (row.line, has_number))
        if row.verdict not in (Verdict.NEW, Verdict.SUSPECT):
            continue
        place = places[row.line] = row.values["fields"].get("place", "")
        alike = defaultdict(set)
        for key in row.keys:
            if len(sharing[key]) < duplicates.MAX_SHARED:
                for line in sharing[key]:
                    alike[line].add(key[0])
            sharing[key].append(row.line)
        # As among centers: the same name in another town is another center.
        alike = {
            line: why for line, why in alike.items() if why != {"n"} or not (place and places[line])
        }
        if alike and row.decision != "another":
            row.verdict, row.twin = Verdict.SUSPECT, min(alike)
            row.suspects = [
                *row.suspects,
                *(
                    {"line": line, "reasons": sorted(_REASONS[sign] for sign in alike[line])}
                    for line in sorted(alike)[:5]
                ),
            ]
            changed.append(row)
    update_many(changed, ["verdict", "problems", "twin", "suspects"])
    spreadsheet.state, spreadsheet.counts = State.READY, counted(spreadsheet)
    spreadsheet.touched_at = timezone.now()
    spreadsheet.save(update_fields=["state", "counts", "touched_at"])


def _identities(row):
    """What no two rows of a file may share: the center, the network's number."""
    if row.center_id:
        yield "center", row.center_id
    if row.values["identifier"]:
        yield "identifier", row.values["identifier"]


def _name_of(row):
    fields = row.values["fields"]
    if not fields.get("name"):
        return "line", row.line  # known by its number alone
    return fields["name"], fields.get("place", ""), fields.get("country")


def counted(spreadsheet):
    """{verdict: number of rows}, each verdict named."""
    counts = dict.fromkeys((verdict.value for verdict in Verdict if verdict.value), 0)
    for verdict in spreadsheet.rows.values_list("verdict", flat=True):
        if verdict:
            counts[verdict] += 1
    return counts


@transaction.atomic
def decide(spreadsheet, decisions, *, rights):
    """Keep what was decided on suspected rows, {row: decision}, and check these rows again.

    A decision is "another", "center:<pk>" or "line:<n>"; "" takes it back.
    """
    locked(spreadsheet, State.READY)
    for row, decision in decisions.items():
        row.decision = decision
    rows = list(decisions)
    update_many(rows, ["decision"])
    # Whatever was told to be double before may be so no more.
    again = spreadsheet.rows.filter(pk__in=[row.pk for row in rows]) | spreadsheet.rows.filter(
        twin__isnull=False
    )
    again = list(again.order_by("line"))
    setting = setting_of(spreadsheet)
    for start in range(0, len(again), CHUNK):
        check_rows(spreadsheet, again[start : start + CHUNK], rights=rights, setting=setting)
    finish(spreadsheet)


@transaction.atomic
def decide_all(spreadsheet, *, same):
    """Decide on all suspected rows at once; then they are to be checked again.

    `same`: each is the center that it resembles, if there is but one; else each is another one.
    """
    locked(spreadsheet, State.READY)
    rows = list(spreadsheet.rows.filter(verdict=Verdict.SUSPECT).order_by("line"))
    for row in rows:
        if not same:
            row.decision = "another"
        elif len(row.suspects) == 1:
            row.decision = decision_for(row.suspects[0])
    update_many(rows, ["decision"])
    check_anew(spreadsheet)


def decision_for(suspect):
    """The decision that a row is the same as this one of its `suspects`."""
    [(kind, number)] = [(kind, each) for kind, each in suspect.items() if kind != "reasons"]
    return f"{kind}:{number}"


@transaction.atomic
def check_anew(spreadsheet):
    """All rows are to be checked again, for the register changed, or decisions. These stay."""
    locked(spreadsheet, State.READY)
    spreadsheet.rows.update(verdict="")
    spreadsheet.state, spreadsheet.counts = State.CHECKING, {}
    spreadsheet.touched_at = timezone.now()
    spreadsheet.save(update_fields=["state", "counts", "touched_at"])
