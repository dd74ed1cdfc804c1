"""What the tests of accounts share."""

import pytest
from django.contrib.auth import get_user_model

from centers.models import Coordinator
from tests.mine_site.logins import PASSWORD


@pytest.fixture
def account(db):
    """`account("lead")`, `account("coordinator")`, `account("technical")`: one of the kind."""

    def account(kind, name=None):
        User = get_user_model()
        name = name or kind
        if kind == "technical":
            return User.objects.create_superuser(name, password=PASSWORD)
        user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, is_staff=True)
        Coordinator.objects.create(user=user, is_lead=kind == "lead")
        return user

    return account


@pytest.fixture
def lead(account):
    return account("lead")


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"
