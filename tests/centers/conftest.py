"""Who works at the desk."""

import pytest
from django.contrib.auth import get_user_model

from centers.models import Coordinator, Country


@pytest.fixture
def serbia(db):
    return Country.objects.create(code="RS")


@pytest.fixture
def staff(bulgaria, serbia):
    """`staff("hers")`: a coordinator of Bulgaria; "other": of Serbia; "lead"; "technical"."""

    def staff(kind):
        if kind == "technical":
            return get_user_model().objects.create_superuser(kind)
        user = get_user_model().objects.create_user(kind, is_staff=True)
        row = Coordinator.objects.create(user=user, is_lead=kind == "lead")
        row.countries.set({"hers": [bulgaria], "other": [serbia]}.get(kind, []))
        return user

    return staff


@pytest.fixture
def hers(client, staff):
    """A client of the coordinator of Bulgaria."""
    client.force_login(staff("hers"))
    return client
