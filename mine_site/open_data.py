"""The open data of the registry: its page, and the public package as a zip file."""

import csv
import io
import zipfile
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from centers.dates import PartialDate
from centers.models import Center
from centers.structured_data import as_script
from centers.versions import once_a_change
from mine_site.dataset import dataset
from mine_site.models import RegisterSnapshot
from mine_site.register import descriptor, files, profiles, public

# Another number, and what is kept of the register is made anew: for when its form changes.
FORM = 1

# Files of one column more of rows that another file holds.
SECOND_LOOKS = {"center_merges": "merged_into", "project_sequence": "follows"}


@dataclass
class File:
    """A file of the package as the page shows it."""

    stem: str
    rows: int

    @property
    def label(self):
        """What its rows are, in the reader's language: “Centers: other names”."""
        resource = profiles.PUBLIC[self.stem]
        label = str(resource._meta.model._meta.verbose_name_plural)
        if self.stem in SECOND_LOOKS:
            column = resource._meta.model._meta.get_field(SECOND_LOOKS[self.stem])
            label = f"{label}: {column.verbose_name}"
        owner = profiles.PUBLIC.get(self.stem.partition("_")[0] + "s", resource)
        if owner._meta.model is not resource._meta.model:
            label = f"{owner._meta.model._meta.verbose_name_plural}: {label}"
        return capfirst(label)

    @cached_property
    def fields(self):
        return descriptor.schema(self.stem)["fields"]


def zipped_register():
    """The public package as the bytes of a zip file; made once a change of the register."""
    return once_a_change("register.zip", lambda: public.zipped(public.made()), form=FORM)


def register_in_figures():
    """({stem: number of rows}, bytes of the zip file); made once a change of the register."""

    def figures():
        zipped = zipped_register()
        return rows_by_file(unzipped(zipped)), len(zipped)

    return once_a_change("register.figures", figures, form=FORM)


def unzipped(zipped):
    """{name: bytes} of the files in a zip file of our own."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows_by_file(package):
    """{stem: number of rows} of the tables of a package, which is {name: bytes}."""
    tables = {name.removesuffix(".csv"): data for name, data in package.items()}
    return {
        stem: sum(1 for _row in csv.reader(io.StringIO(data.decode(), newline=""))) - 1
        for stem, data in tables.items()
        if stem != files.DESCRIPTOR
    }


@require_safe
def data(request):
    """What can be had, under which licence, what its columns are, and what is left out."""
    rows, size = register_in_figures()
    copies = RegisterSnapshot.objects.defer("package", "rows")
    example = Center.objects.published().order_by("slug").first()
    return render(
        request,
        "data.html",
        {
            "files": [File(stem, number) for stem, number in rows.items()],
            "size": size,
            "copies": [(copy, PartialDate.of(copy.day)) for copy in copies],
            "licence": descriptor.LICENCE,
            "today": PartialDate.of(timezone.localdate()),
            "example": example and request.build_absolute_uri(example.permanent_path),
            "address": request.build_absolute_uri(request.path),
            "structured_data": as_script(
                dataset(
                    absolute=request.build_absolute_uri,
                    page=request.path,
                    package=reverse("register_zip"),
                )
            ),
        },
    )


@require_safe
def register_zip(request):
    """The public package of the register as it is now."""
    return zip_response(zipped_register(), "register.zip")


def zip_response(zipped, name):
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(zipped, content_type="application/zip", headers=headers)
