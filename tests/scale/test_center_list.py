"""The admin's list of centers, however many there are; part of `make verify`."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from centers.folding import index_words
from centers.models import Center, SearchEntry
from centers.public_ids import check_character

pytestmark = pytest.mark.django_db

LIST = reverse("admin:centers_center_changelist")
VIEWS = ["", "?whose=mine", "?status__exact=active", "?freshness=stale", "?missing=place", "?p=20",
         "?q=center", "?q=ruse 00001", "?country__code__exact=BG", "?o=2"]  # fmt: skip


def add_centers(country, numbers):
    signs = "23456789"

    def public_id(number):
        body = "".join(signs[number // 8**place % 8] for place in range(7))
        return body + check_character(body)

    today = timezone.localdate()
    Center.objects.bulk_create(
        [
            Center(
                public_id=public_id(number),
                slug=f"center-{number}",
                name=f"Center {number:06}",
                country=country,
                place="Ruse",
                status="active" if number % 2 else "closed",
                status_by=f"{today.year - number % 9}",
                confirmed_on=f"{today.year - number % 9}",
            )
            for number in numbers
        ],
        batch_size=2000,
    )
    SearchEntry.objects.bulk_create(
        [
            SearchEntry(kind="center", object_id=pk, words=index_words(name, "Ruse"))
            for pk, name in Center.objects.exclude(
                pk__in=SearchEntry.objects.values("object_id")
            ).values_list("pk", "name")
        ],
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def best_time(client, address, *, tries=3):
    times = []
    for _try in range(tries):
        begun = time.perf_counter()
        client.get(address)
        times.append(time.perf_counter() - begun)
    return min(times)


def test_center_list_of_a_hundred_thousand_counts_nothing_in_full(admin_client, bulgaria, capsys):
    """The number of questions is that of a small register, and none of them counts all rows."""
    add_centers(bulgaria, range(1_000))
    asked, took = {}, {}
    for view in VIEWS:
        admin_client.get(LIST + view)
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(LIST + view)
        asked[view] = len(queries)
        took[view] = best_time(admin_client, LIST + view)

    add_centers(bulgaria, range(1_000, 100_000))
    told = []
    for view in VIEWS:
        with CaptureQueriesContext(connection) as queries:
            page = admin_client.get(LIST + view)
        number = len(queries)
        counting = [q["sql"] for q in queries if q["sql"].startswith("SELECT COUNT(")]

        assert page.status_code == 200
        assert (view, number) == (view, asked[view])
        assert (view, [sql for sql in counting if "LIMIT 2000" not in sql]) == (view, [])
        ratio = best_time(admin_client, LIST + view) / took[view]
        told.append(f"{view or '(all)':28} {number:3} queries, {ratio:5.1f} times 1,000")
    with capsys.disabled():
        print(f"\nThe list of centers at 100,000 ({connection.vendor}):", *told, sep="\n  ")
