"""The register as a folder of CSV files: what is in it, how it is loaded and written.

`load_register` and `export_register` work on the full package, which holds private rows
(contact persons, reports) and is for staff. Photos are files and travel with a backup. The ledger
of erasures travels too: whoever was erased does not come back with an older package.
"""

from dataclasses import dataclass
from pathlib import Path

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction

from centers import erasure, search, tables
from centers import private_resources as private
from centers import resources as centers
from projects import resources as projects
from stories import resources as stories

# In the order of loading: what others point to comes first.
RESOURCES = {
    "countries": centers.CountryResource,
    "sources": centers.SourceResource,
    "claims": centers.ClaimResource,
    "organisations": centers.OrganisationResource,
    "organisation_names": centers.OrganisationNameResource,
    "organisation_texts": centers.OrganisationTextResource,
    "organisation_former_slugs": centers.OrganisationFormerSlugResource,
    "awards": centers.AwardResource,
    "causes": centers.CauseResource,
    "cause_texts": centers.CauseTextResource,
    "offers": centers.OfferResource,
    "offer_texts": centers.OfferTextResource,
    "centers": centers.CenterResource,
    "center_names": centers.CenterNameResource,
    "center_texts": centers.CenterTextResource,
    "center_former_slugs": centers.CenterFormerSlugResource,
    "affiliations": centers.AffiliationResource,
    "snapshots": centers.SnapshotResource,
    "status_entries": centers.StatusEntryResource,
    "external_identifiers": centers.ExternalIdentifierResource,
    "center_notes": centers.CenterNoteResource,
    "center_links": centers.CenterLinkResource,
    "center_merges": centers.CenterMergeResource,
    "erasures": private.ErasureResource,
    "contacts": private.ContactResource,
    "contact_attempts": centers.ContactAttemptResource,
    "reports": centers.ReportResource,
    "projects": projects.ProjectResource,
    "project_texts": projects.ProjectTextResource,
    "project_former_slugs": projects.ProjectFormerSlugResource,
    "project_sequence": projects.ProjectSequenceResource,
    "participations": projects.ParticipationResource,
    "funding": projects.FundingResource,
    "events": projects.EventResource,
    "event_texts": projects.EventTextResource,
    "indicators": projects.IndicatorResource,
    "indicator_texts": projects.IndicatorTextResource,
    "measurements": projects.MeasurementResource,
    "evaluations": projects.EvaluationResource,
    "documents": projects.DocumentResource,
    "lessons": projects.LessonResource,
    "stories": stories.StoryResource,
    "story_former_slugs": stories.StoryFormerSlugResource,
}

# The register that comes with the code.
REAL_REGISTER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Problem:
    """Why a package is refused: where, and the reason in plain words."""

    file: str
    line: int | None
    column: str
    reason: str

    def __str__(self):
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {self.reason}"


class PackageRefused(Exception):
    """The package has problems, and nothing of it was loaded."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


@transaction.atomic
def load(folder):
    """Load the package in `folder`; all of it or nothing.

    Returns {file stem: {"new": n, "update": n, "skip": n}}. Raises `PackageRefused` with every
    problem of the first file that has one (later files may point to its rows).
    """
    files = _files(Path(folder))
    outcome = {stem: _load_file(stem, path) for stem, path in files.items()}
    erasure.repeat()
    search.reindex()
    return outcome


@transaction.atomic
def load_ledger(path):
    """Take the lines of a package's erasures.csv into the ledger, and erase again what it names.

    Returns {kind: number of rows erased}. Raises `PackageRefused` as `load` does.
    """
    path = Path(path)
    if not path.is_file():
        raise PackageRefused([Problem(str(path), None, "", "There is no such file.")])
    _load_file("erasures", path)
    return erasure.repeat()


def _load_file(stem, path):
    """Load one file of the package; returns {"new": n, "update": n, "skip": n}."""
    resource = RESOURCES[stem]()
    lines, dataset = _dataset(path)
    result = resource.import_data(dataset, dry_run=False, use_transactions=False, defer_index=True)
    if problems := list(_problems(resource, result, path.name, lines)):
        raise PackageRefused(problems)
    return {kind: result.totals[kind] for kind in ("new", "update", "skip")}


def export(folder):
    """Write the full package into `folder`, one file for each resource that has rows.

    Files of an earlier export that have no rows any more are removed; other files are left.
    Returns {file stem: number of rows}.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    with transaction.atomic():
        for stem, resource_class in RESOURCES.items():
            dataset = resource_class().export()
            path = folder / f"{stem}.csv"
            if len(dataset):
                # By key as Python sorts: databases differ in how they sort text.
                rows = sorted(dataset[index] for index in range(len(dataset)))
                partial = path.with_suffix(".csv.partial")
                partial.write_bytes(tables.written(dataset.headers, rows))
                partial.replace(path)
                written[stem] = len(rows)
            else:
                path.unlink(missing_ok=True)
    return written


def _files(folder):
    """{stem: path} of the package's files in the order of loading."""
    if not folder.is_dir():
        raise PackageRefused([Problem(str(folder), None, "", "There is no such folder.")])
    present = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    strangers = [
        Problem(
            path.name, None, "", f"The register has no such file. It has: {', '.join(RESOURCES)}."
        )
        for stem, path in present.items()
        if stem not in RESOURCES
    ]
    if strangers:
        raise PackageRefused(strangers)
    if not present:
        raise PackageRefused([Problem(str(folder), None, "", "There is no CSV file here.")])
    return {stem: present[stem] for stem in RESOURCES if stem in present}


def _dataset(path):
    """The lines at which the rows of the file begin, and the rows as a tablib dataset."""
    try:
        headers, rows = tables.read(path.read_bytes())
    except tables.TableError as error:
        raise PackageRefused([Problem(path.name, None, "", str(error))]) from None
    dataset = tablib.Dataset(*(cells for _line, cells in rows), headers=headers)
    return [line for line, _cells in rows], dataset


def _problems(resource, result, file, lines):
    for error in result.base_errors:
        reason = error.error
        text = " ".join(reason.messages) if isinstance(reason, ValidationError) else str(reason)
        yield Problem(file, None, "", text)
        return  # what else went wrong followed from it
    for line, row in zip(lines, result.rows, strict=False):
        errors = [row.validation_error] if row.validation_error else [e.error for e in row.errors]
        for error in errors:
            for column, reason in resource.reasons(error):
                yield Problem(file, line, column, reason)
