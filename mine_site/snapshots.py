"""Dated copies of the register: taking one, and the page and the zip file of each."""

import datetime
from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import render
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from centers.dates import PartialDate
from centers.versions import once_a_change
from mine_site.models import RegisterSnapshot
from mine_site.open_data import FORM, File, rows_by_file, unzipped, zip_response
from mine_site.register import dated, descriptor, public

MOST = 200  # changed centers that a page lists


def take_snapshot(*, on):
    """(the copy of the day `on`, whether it was taken now); a day has one, the first.

    It is not replaced: somebody may have cited it already.
    """
    if there := RegisterSnapshot.objects.filter(day=on).first():
        return there, False
    package = dated.for_keeping(public.made(), day=on)
    return RegisterSnapshot.objects.get_or_create(
        day=on, defaults={"package": public.zipped(package), "rows": rows_by_file(package)}
    )


def package_of_today(snapshot):
    """The files of a copy as they may be handed out today, as {name: bytes}."""
    return dated.under_todays_rules(unzipped(bytes(snapshot.package)), day=snapshot.day)


def zipped_of_today(snapshot):
    """The same as the bytes of a zip file; made once a change of the register."""
    return once_a_change(
        "snapshot.zip",
        lambda: public.zipped(package_of_today(snapshot)),
        snapshot=snapshot.pk,
        form=FORM,
    )


@dataclass
class Comparison:
    """A copy beside the one before it, which may be None; computed once a change."""

    snapshot: RegisterSnapshot
    before: RegisterSnapshot | None

    @cached_property
    def figures(self):
        """(rows by file, size, {stem: FileChange}, changed centers, how many there are)."""
        return once_a_change(
            "snapshot.figures",
            self._compute,
            snapshot=self.snapshot.pk,
            before=self.before and self.before.pk,
            form=FORM,
        )

    def _compute(self):
        zipped = zipped_of_today(self.snapshot)
        package = unzipped(zipped)
        if self.before is None:
            return rows_by_file(package), len(zipped), {}, [], 0
        earlier = package_of_today(self.before)
        changes = dated.center_changes(earlier, package)
        differences = dated.differences(earlier, package)
        return rows_by_file(package), len(zipped), differences, changes[:MOST], len(changes)

    @property
    def files(self):
        """[(File, FileChange or None)] of the copy."""
        rows, _size, differences, *_centers = self.figures
        return [(File(stem, number), differences.get(stem)) for stem, number in rows.items()]


def _asked(day):
    """The copy of the day that an address names as 2026-11-24; 404 without one."""
    try:
        asked = datetime.date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    snapshot = RegisterSnapshot.objects.defer("package").filter(day=asked).first()
    if snapshot is None or day != asked.isoformat():
        raise Http404
    return snapshot


@require_safe
def snapshot_page(request, day):
    """A dated copy: what is in it, and what changed since the one before."""
    snapshot = _asked(day)
    others = RegisterSnapshot.objects.defer("package")
    before = others.filter(day__lt=snapshot.day).order_by("-day").first()
    after = others.filter(day__gt=snapshot.day).order_by("day").first()
    compared = Comparison(snapshot, before)
    _rows, size, _differences, changes, number = compared.figures
    context = {
        "snapshot": snapshot,
        "day": PartialDate.of(snapshot.day),
        "before": before and (before, PartialDate.of(before.day)),
        "after": after and (after, PartialDate.of(after.day)),
        "files": compared.files,
        "size": size,
        "changes": changes,
        "number": number,
        "most": MOST,
        "licence": descriptor.LICENCE,
        "address": request.build_absolute_uri(request.path),
    }
    return render(request, "snapshot.html", context)


@require_safe
def snapshot_zip(request, day):
    """A dated copy as a zip file, under today's rules."""
    snapshot = _asked(day)
    return zip_response(zipped_of_today(snapshot), f"register-{snapshot.day}.zip")
