"""The public package of ten thousand centers: the way out and in again; part of `make verify`."""

import time
import warnings

import pytest
from django.utils import timezone

from centers.models import (
    BY_IMPORT,
    Center,
    CenterName,
    CenterText,
    Country,
    Offer,
    Snapshot,
    Source,
    record_statuses,
)
from centers.public_ids import check_character
from mine_site.register import package, profiles, public

NUMBER = 10_000
SIGNS = "23456789"


def public_id(number):
    body = "".join(SIGNS[number // 8**place % 8] for place in range(7))
    return body + check_character(body)


def add_centers():
    """Centers of every precision with statements; some with names, texts and figures."""
    country = Country.objects.create(code="BG", region="south-eastern-europe")
    source = Source.objects.create(slug="list", title="A list")
    offer = Offer.objects.create(slug="shop")
    made = Center.objects.bulk_create(
        [
            Center(
                public_id=public_id(number),
                slug=f"center-{number}",
                name=f"={number}" if number % 97 == 0 else f"Център {number:05}",
                country=country,
                place="Русе",
                address=f"ул. Александровска {number}",
                latitude=f"{42 + number / 10_000:.6f}",
                longitude=f"{24 + number / 10_000:.6f}",
                precision=profiles.PRECISIONS[number % 4],
                founded=f"{1985 + number % 30}",
                phone="+359 82",
                source=source,
            )
            for number in range(NUMBER)
        ],
        batch_size=1000,
    )
    Center.offers.through.objects.bulk_create(
        [Center.offers.through(center=center, offer=offer) for center in made], batch_size=1000
    )
    some = made[::20]
    CenterName.objects.bulk_create(
        [CenterName(center=c, key=f"name-{c.slug}", value=c.slug, kind="alias") for c in some]
    )
    CenterText.objects.bulk_create(
        [CenterText(center=c, key=f"text-{c.slug}", language="bg", summary="Тук") for c in some]
    )
    Snapshot.objects.bulk_create(
        [Snapshot(center=c, key=f"figure-{c.slug}", as_of="2016", visitors=7) for c in some]
    )
    closed = set(made[::5])
    for at in range(0, NUMBER, 500):
        record_statuses(
            [
                {
                    "center": center,
                    "status": status,
                    "observed": observed,
                    "source": source,
                    "key": f"{center.slug}-{observed}",
                    "recorded_at": timezone.now(),
                }
                for center in made[at : at + 500]
                for status, observed in (("active", "2010"), ("closed", "2016-05"))
                if status == "active" or center in closed
            ],
            by=BY_IMPORT,
        )


@pytest.mark.django_db
def test_ten_thousand_centers_come_back_as_the_same_bytes(undone, tmp_path, capsys):
    took = {}

    def timed(name, work):
        begun = time.perf_counter()
        done = work()
        took[name] = time.perf_counter() - begun
        return done

    with undone():
        add_centers()
        made = timed("made", public.made)
        zipped = timed("zipped", lambda: public.zipped(made))
    assert Center.objects.count() == 0
    path = tmp_path / "register.zip"
    path.write_bytes(zipped)

    outcome = timed("loaded", lambda: package.load(path))

    assert outcome["centers"] == {"new": NUMBER, "update": 0, "skip": 0}
    assert public.zipped(public.made()) == zipped
    public.write(tmp_path / "folder")
    assert timed("checked by frictionless", lambda: problems(tmp_path / "folder")) == []
    with capsys.disabled():
        told = ", ".join(f"{name} in {seconds:.1f} s" for name, seconds in took.items())
        print(f"\nPublic package of {NUMBER} centers, {len(zipped) / 1e6:.1f} MB zipped: {told}")


@pytest.mark.django_db
def test_ten_thousand_centers_of_the_staff_package_come_back_as_the_same_bytes(undone, tmp_path):
    with undone():
        add_centers()
        package.export(tmp_path / "one")
    assert Center.objects.count() == 0

    package.load(tmp_path / "one")
    package.export(tmp_path / "two")

    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert len(first["centers.csv"].splitlines()) == NUMBER + 1
    assert first == second


def problems(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own parts
        from frictionless import Package

        report = Package(str(folder / "datapackage.json")).validate()
    return report.flatten(["rowNumber", "fieldName", "note"]) + report.errors
