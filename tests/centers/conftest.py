"""Who works at the desk."""

import pytest
from django.contrib.auth import get_user_model

from centers.models import (
    BY_IMPORT,
    Center,
    CenterLink,
    Contact,
    Coordinator,
    Country,
    StatusEntry,
)
from projects.models import Event, Funding, Indicator, Participation, Project

# What some rows need beside what the fixture `make` knows.
WHAT_ELSE = {
    Contact: {"email": "anna@example.org"},
    Country: {"code": "SK"},
    Funding: {"programme": "A programme"},
    CenterLink: {"kind": "branch_of"},
    Event: {"start": "2022"},
}


@pytest.fixture
def serbia(db):
    return Country.objects.create(code="RS")


@pytest.fixture
def staff(bulgaria, serbia):
    """`staff("hers")`: a coordinator of Bulgaria; "other": of Serbia; "lead"; "technical".

    "without" has no responsibility yet, and a "visitor" has an account, but not for the desk.
    """

    def staff(kind):
        if kind == "technical":
            return get_user_model().objects.create_superuser(kind)
        user = get_user_model().objects.create_user(kind, is_staff=kind != "visitor")
        if kind in ("without", "visitor"):
            return user
        row = Coordinator.objects.create(user=user, is_lead=kind == "lead")
        row.countries.set({"hers": [bulgaria], "other": [serbia]}.get(kind, []))
        return user

    return staff


@pytest.fixture
def hers(client, staff):
    """A client of the coordinator of Bulgaria."""
    client.force_login(staff("hers"))
    return client


@pytest.fixture
def record(make, center, bulgaria):
    """`record(Model)`: a row of the model that belongs to a center or project in Bulgaria."""

    def record(model):
        if model is Center:
            return center
        if model is StatusEntry:
            return center.record_status("active", observed="2016", by=BY_IMPORT)
        values = dict(WHAT_ELSE.get(model, {}))
        owner = getattr(model, "responsible", "")
        if model is Participation:
            values["center"] = center
        if owner == "center":
            values["center"] = center
        elif owner == "project":
            pilot = Project.objects.filter(slug="pilot").first()
            values["project"] = pilot or in_bulgaria(make(Project, slug="pilot"))
        elif owner == "indicator":
            values["indicator"] = record(Indicator)
        row = make(model, **values)
        return in_bulgaria(row) if model is Project else row

    def in_bulgaria(project):
        project.countries.set([bulgaria])
        return project

    return record
