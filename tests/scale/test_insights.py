"""The page of insights over ten thousand centers; part of `make verify`."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centers import insights
from tests.scale.test_public_package import NUMBER, add_centers

pytestmark = pytest.mark.django_db


@pytest.fixture
def _remembering(settings):
    settings.CACHES = settings.CACHES | {
        "figures": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "insights at scale",
        }
    }


@pytest.mark.usefixtures("_remembering")
@pytest.mark.parametrize("by", ["country", "premises", "project", "core_group"])
def test_figures_over_ten_thousand_centers_are_computed_once_a_change(
    client, monkeypatch, capsys, by
):
    computed = []
    figures_of = insights.figures_of
    monkeypatch.setattr(
        insights, "figures_of", lambda *args, **kw: computed.append(1) or figures_of(*args, **kw)
    )
    add_centers()
    took = []
    for _time in range(3):
        begun = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/insights/?by={by}")
        took.append(time.perf_counter() - begun)

        assert page.context["insights"].figures.number == NUMBER
        assert len(queries) < 15
    assert len(computed) == 1
    with capsys.disabled():
        print(
            f"\nInsights at {NUMBER:,} by {by} ({connection.vendor}): computing takes"
            f" {took[0] / min(took[1:]):.0f} times what showing takes."
        )
