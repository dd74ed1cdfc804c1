"""What a row of a file would change, compared with what the register has at this moment.

The same comparison is made when a file is checked and once more when it is written: if it comes
out differently, somebody changed the register meanwhile.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _

from centers import duplicates
from centers.models import (
    Affiliation,
    Center,
    CenterName,
    CenterNote,
    ExternalIdentifier,
    ImportRow,
    NameKind,
    Snapshot,
    StatusEntry,
)

Verdict = ImportRow.Verdict
# Fields in which the file's text is compared with the register's.
FIELDS = [
    "name", "place", "address", "country", "latitude", "longitude", "founded", "community",
    "languages", "phone", "email", "website", "opening_hours",
]  # fmt: skip
FIGURES = [
    "core_group", "visitors", "children", "premises", "premises_note", "monthly_rent", "currency",
]  # fmt: skip


@dataclass
class Outcome:
    """What comes of a row. `plan` can be written as JSON; it tells old and new values."""

    verdict: str
    problems: list = field(default_factory=list)  # pairs of target or "" and reason
    plan: dict = field(default_factory=dict)
    suspects: list = field(default_factory=list)
    center: int | None = None


class Known:
    """As much of the register as some hundred rows can touch, read by a fixed number of queries.

    `lock`: the centers that the rows speak of are kept from others until the transaction ends.
    """

    def __init__(self, spreadsheet, rows, rights, *, lock=False):
        self.network = spreadsheet.network_id
        self.rights = rights
        values = [row.values for row in rows]
        self.exact = defaultdict(set)  # {(name, place, country): pks}
        self._find_exact(values)
        self.by_public_id, by_identifier = self._find_keys(values)
        decided = {
            int(row.decision.partition(":")[2])
            for row in rows
            if row.decision.startswith("center:")
        }
        pks = {pk for found in self.exact.values() for pk in found} | decided
        pks |= set(self.by_public_id.values()) | set(by_identifier.values())
        self.by_identifier = by_identifier
        self._read_centers(sorted(pks), lock)

    def _find_exact(self, values):
        names = {row["fields"].get("name") for row in values} - {None}
        countries = {row["fields"].get("country") for row in values} - {None}
        centers = Center.objects.published().filter(country__in=countries).order_by()
        for found in (
            centers.filter(name__in=names).values_list("name", "place", "country", "pk"),
            centers.filter(names__value__in=names).values_list(
                "names__value", "place", "country", "pk"
            ),
        ):
            for name, place, country, pk in found:
                self.exact[name, place, country].add(pk)

    def _find_keys(self, values):
        """Centers by their public identifier and by the network's own; merged ones lead on."""
        public_ids = {row["public_id"] for row in values} - {""}
        centers = Center.objects.filter(public_id__in=public_ids).order_by()
        by_public_id = {
            public_id: merged_into or pk
            for public_id, pk, merged_into in centers.values_list("public_id", "pk", "merged_into")
        }
        identifiers = {row["identifier"] for row in values} - {""}
        rows = ExternalIdentifier.objects.filter(network=self.network, value__in=identifiers)
        by_identifier = {
            value: merged_into or pk
            for value, pk, merged_into in rows.order_by().values_list(
                "value", "center", "center__merged_into"
            )
        }
        return by_public_id, by_identifier

    def _read_centers(self, pks, lock):
        centers = Center.objects.filter(pk__in=pks).order_by("pk")
        if lock:
            centers = centers.select_for_update()
        self.centers = {center.pk: center for center in centers}
        self.may_change = set(
            self.rights.changeable(Center.objects.filter(pk__in=pks))
            .order_by()
            .values_list("pk", flat=True)
        )
        self.names, self.said = defaultdict(set), defaultdict(set)
        for pk, value in CenterName.objects.filter(center__in=pks).values_list("center", "value"):
            self.names[pk].add(value)
        self.members = set(
            Affiliation.objects.filter(
                center__in=pks, organisation=self.network, role=Affiliation.Role.MEMBER
            ).values_list("center", flat=True)
        )
        self.identifiers = defaultdict(set)
        for pk, value in ExternalIdentifier.objects.filter(
            center__in=pks, network=self.network
        ).values_list("center", "value"):
            self.identifiers[pk].add(value)
        self.snapshots = defaultdict(list)
        for snapshot in Snapshot.objects.filter(center__in=pks).order_by("pk"):
            self.snapshots[snapshot.center_id].append(snapshot)
        # What was withdrawn counts as said: a file does not say it once more.
        entries = StatusEntry.objects.filter(center__in=pks).order_by("pk")
        for entry in entries.prefetch_related("cause_links"):
            causes = sorted(link.cause_id for link in entry.named_causes)
            self.said[entry.center_id].add(
                (
                    entry.status, str(entry.observed), entry.since and str(entry.since),
                    tuple(causes), entry.according_to,
                )
            )  # fmt: skip
        notes = CenterNote.objects.filter(center__in=pks).filter(
            Q(network=self.network) if self.network else Q(network__isnull=True)
        )
        self.notes = {note.center_id: note for note in notes}

    def may_add_in(self, country):
        """Whether she may add a center there: it will belong to the network of the file."""
        rights = self.rights
        return rights.is_lead or country in rights.countries or self.network in rights.networks


def outcomes(spreadsheet, rows, *, rights, lock=False):
    """[`Outcome`] of the rows, in their order, and what the register has, as `Known`.

    The rows are `ImportRow`s with their `values` and `decision`, some hundreds at a time.
    """
    known = Known(spreadsheet, rows, rights, lock=lock)
    told = [_outcome(row, known) for row in rows]
    asked = [
        (row, outcome)
        for row, outcome in zip(rows, told, strict=True)
        if outcome.verdict == Verdict.NEW and row.decision != "another"
    ]
    found = duplicates.suspects([comparable(row.values) for row, _outcome in asked])
    for (_row, outcome), centers in zip(asked, found, strict=True):
        if centers:
            outcome.verdict = Verdict.SUSPECT
            outcome.suspects = [
                {"center": pk, "reasons": sorted(reasons)}
                for pk, reasons in sorted(centers.items())
            ]
    return told, known


def comparable(values):
    """The row as the search for doubles takes it."""
    fields = values["fields"]
    point = None
    if "latitude" in fields:  # as it will be published
        point = (round(float(fields["latitude"]), 2), round(float(fields["longitude"]), 2))
    return {
        "names": [fields.get("name", ""), *(name for name, _kind in values["names"])],
        "place": fields.get("place", ""),
        "country": fields.get("country", ""),
        "website": fields.get("website", ""),
        "public_point": point,
    }


def _rejected(target, reason):
    return Outcome(Verdict.REJECTED, problems=[[target, str(reason)]])


def _outcome(row, known):
    values = row.values
    fields = values["fields"]
    pk, found_by = _found(row, values, known)
    if isinstance(pk, Outcome):
        return pk
    if pk is None:
        if not fields.get("name"):
            return _rejected("name", _("The name is missing."))
        if not fields.get("country"):
            return _rejected("country", _("The country is missing."))
        if not known.may_add_in(fields["country"]):
            return _rejected("country", _("This is outside of your countries and networks."))
        return Outcome(Verdict.NEW, plan=_plan_for_new(values, known))
    center = known.centers.get(pk)
    if center is None or center.merged_into_id:
        return _rejected("", _("The center that was meant is not there any more."))
    if pk not in known.may_change:
        return _rejected("", _("This center is outside of your countries and networks."))
    if fields.get("country", center.country_id) != center.country_id and not known.rights.is_lead:
        return _rejected("country", _("Only a lead coordinator moves a center to another country."))
    plan = _plan_for_present(values, center, known, found_by)
    return Outcome(Verdict.CHANGED if plan else Verdict.UNCHANGED, plan=plan, center=pk)


def _found(row, values, known):
    """(the center's primary key, None, or a refusal; how it was found)."""
    fields = values["fields"]
    by_key = {}
    if values["public_id"]:
        pk = known.by_public_id.get(values["public_id"])
        if pk is None:
            return _rejected(
                "public_id", _("There is no center with the identifier %s.") % values["public_id"]
            ), ""
        by_key["public_id"] = pk
    if values["identifier"] and (pk := known.by_identifier.get(values["identifier"])):
        by_key["identifier"] = pk
    if len(set(by_key.values())) > 1:
        return _rejected(
            "identifier", _("The two identifiers in this row belong to different centers.")
        ), ""
    if by_key:
        return next(iter(by_key.values())), "key"
    if row.decision.startswith("center:"):
        return int(row.decision.partition(":")[2]), "decision"
    exact = known.exact.get((fields.get("name"), fields.get("place", ""), fields.get("country")))
    if not exact or row.decision == "another":
        return None, ""
    certain = exact
    if values["identifier"]:
        # One that the network calls otherwise may be another of the same name.
        certain = {pk for pk in exact if not known.identifiers[pk]}
    if len(certain) == 1:
        return next(iter(certain)), "name"
    suspects = [{"center": pk, "reasons": ["name", "place"]} for pk in sorted(exact)]
    return Outcome(Verdict.SUSPECT, suspects=suspects), ""


def _plan_for_new(values, known):
    fields = values["fields"]
    names, seen = [], {fields["name"]}
    for name, kind in values["names"]:
        if name not in seen:
            seen.add(name)
            names.append([name, kind])
    plan = {
        "fields": {name: ["", fields[name]] for name in FIELDS if name in fields},
        "names": names,
        "member": known.network is not None,
        "identifier": values["identifier"],
        "status": values["status"],
        "figures": {
            name: ["", values["figures"][name]] for name in FIGURES if name in values["figures"]
        },
        "note": {column: ["", text] for column, text in values["note"].items()},
    }
    return {part: told for part, told in plan.items() if told}


def _plan_for_present(values, center, known, found_by):
    fields = values["fields"]
    plan = {"fields": {}, "names": [], "note": {}}
    own_names = {center.name, *known.names[center.pk]}
    for name in FIELDS:
        if name in fields and (old := _shown(center, name)) != fields[name]:
            plan["fields"][name] = [old, fields[name]]
    if "name" in plan["fields"]:
        # The network's own key says that it is renamed; otherwise it is one more spelling.
        if found_by != "key" or fields["name"] in own_names:
            del plan["fields"]["name"]
            extra = [[fields["name"], NameKind.ALIAS.value]]
        else:
            extra = [[center.name, NameKind.FORMER.value]]
            if center.name not in known.names[center.pk]:  # else it stays as it is
                own_names.discard(center.name)
    else:
        extra = []
    for name, kind in [*extra, *values["names"]]:
        if name not in own_names:
            own_names.add(name)
            plan["names"].append([name, kind])
    plan["member"] = known.network is not None and center.pk not in known.members
    if values["identifier"] and values["identifier"] not in known.by_identifier:
        plan["identifier"] = values["identifier"]
    if values["status"] and _said(values["status"]) not in known.said[center.pk]:
        plan["status"] = values["status"]
    if values["figures"]:
        plan |= _plan_for_figures(values["figures"], known.snapshots[center.pk])
    note = known.notes.get(center.pk)
    for column, text in values["note"].items():
        old = note.cells.get(column, "") if note else ""
        if old != text:
            plan["note"][column] = [old, text]
    return {part: told for part, told in plan.items() if told}


def _shown(record, name):
    """The value of the record as the plan writes it."""
    if name == "country":
        return record.country_id
    value = getattr(record, name)
    if name in ("latitude", "longitude", "monthly_rent"):
        return "" if value is None else f"{value:f}"
    return "" if value is None else value if isinstance(value, int) else str(value)


def _said(status):
    return (
        status["status"], status["observed"], status["since"], tuple(status["causes"]),
        status["according_to"],
    )  # fmt: skip


def _plan_for_figures(figures, snapshots):
    """Fill up or mend the figures of the same date, unless a document stands behind them."""
    told = {name: figures[name] for name in FIGURES if name in figures}
    of_date = [
        snapshot
        for snapshot in snapshots
        if (snapshot.as_of and str(snapshot.as_of)) == figures["as_of"]
    ]
    for snapshot in of_date:
        if all(_shown(snapshot, name) == value for name, value in told.items()):
            return {}
    for snapshot in of_date:
        if snapshot.source_id is None:
            return {
                "snapshot": snapshot.pk,
                "figures": {
                    name: [_shown(snapshot, name), value]
                    for name, value in told.items()
                    if _shown(snapshot, name) != value
                },
            }
    return {"figures": {name: ["", value] for name, value in told.items()}}
