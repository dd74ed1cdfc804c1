"""The living page of components."""

import pytest
from django.urls import reverse

from centers.models import Center, Status

pytestmark = pytest.mark.django_db
ADDRESS = "/styleguide/"


def test_styleguide_is_for_staff(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("visitor"))
    answer = client.get(ADDRESS)

    assert answer.headers["Location"] == f"{reverse('account_login')}?next={ADDRESS}"


def test_styleguide_shows_every_status_and_keeps_nothing(admin_client):
    page = admin_client.get(ADDRESS).content.decode()

    assert [
        status for status in Status.values if f'class="status status-{status}"' not in page
    ] == []
    assert "All names and figures on this page are samples." in page
    assert '<meta name="robots" content="noindex">' in page
    assert not Center.objects.exists()


def test_styleguide_is_made_of_the_partials_of_the_pages(admin_client):
    names = {template.name for template in admin_client.get(ADDRESS).templates}

    assert {
        "includes/_status.html", "centers/_card.html", "projects/_card.html", "stories/_voice.html",
        "includes/_line_chart.html", "centers/_verdict.html", "centers/_reach.html",
        "centers/_nearest.html", "includes/_pager.html", "includes/_found.html",
    } <= names  # fmt: skip
