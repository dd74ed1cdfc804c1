"""Inviting a coordinator by mail, and what becomes of the link."""

import re
import threading
from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centers.models import Coordinator, Country, Invitation, Organisation
from centers.rights import rights_of
from mine_site.accounts import invitations
from tests.mine_site.test_pages import INLINE

pytestmark = pytest.mark.django_db

User = get_user_model()
NEW, LIST = "/admin/auth/user/invitations/new/", "/admin/auth/user/invitations/"
CHOSEN = {
    "username": "dora",
    "password1": "a long way home",
    "password2": "a long way home",
}


@pytest.fixture(autouse=True)
def nobody_is_throttled():
    cache.clear()


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"


@pytest.fixture
def lead(db):
    user = User.objects.create_user("lead", "lead@example.org", is_staff=True)
    Coordinator.objects.create(user=user, is_lead=True)
    return user


@pytest.fixture
def desk(client, lead):
    client.force_login(lead)
    return client


@pytest.fixture
def network(make):
    return make(Organisation, name="Marker network", kind="network", slug="network")


@pytest.fixture
def invitation(lead, bulgaria):
    return invitations.invite(
        by=lead, name="Marker of Dora", email="dora@example.org", countries=[bulgaria]
    )


def path_of(invitation):
    return re.sub(r"^https?://[^/]+", "", invitations.link_to(invitation))


def text_of(answer):
    return " ".join(answer.content.decode().split())


# --- Inviting --------------------------------------------------------------------------------


def test_lead_invites_by_mail(desk, lead, bulgaria, network, mail_server):
    answer = desk.post(
        NEW,
        {
            "name": "Marker of Dora",
            "email": "dora@example.org",
            "language": "mk",  # not one of the site: the mail is in English
            "countries": ["BG"],
            "networks": [network.pk],
        },
    )
    invitation = Invitation.objects.get()
    [sent] = mail.outbox
    page = text_of(desk.get(answer.headers["Location"]))
    html = sent.alternatives[0].content

    assert answer.headers["Location"] == f"{LIST}{invitation.pk}/"
    assert (invitation.language, invitation.invited_by, invitation.is_lead) == ("mk", lead, False)
    assert [*invitation.countries.all(), *invitation.networks.all()] == [bulgaria, network]
    assert sent.to == ["dora@example.org"]
    assert sent.subject == "You are invited to the Mother Center Registry"
    for told in ("Marker of Dora", "Bulgaria", "Marker network", "for 7 days"):
        assert told in sent.body
        assert told in html
    link = invitations.link_to(invitation)
    assert link.startswith("https://registry.example.org/accounts/invitation/")
    assert link in sent.body
    assert f'href="{link}"' in html
    assert link in page
    assert "A mail with the link was sent on" in page
    assert not User.objects.filter(email="dora@example.org").exists()
    assert not re.search(r"<img|<script|style=", html)


def test_without_a_mail_server_the_lead_gets_the_link(desk, bulgaria):
    shown = text_of(desk.get(NEW))
    answer = desk.post(
        NEW,
        {"name": "Dora", "email": "dora@example.org", "language": "en", "countries": ["BG"]},
    )
    page = text_of(desk.get(answer.headers["Location"]))

    assert "At present the registry cannot send mails." in shown
    assert "No mail was sent, because the registry has no mail server." in page
    assert invitations.link_to(Invitation.objects.get()) in page
    assert mail.outbox == []


def test_mail_that_is_refused_is_said(desk, bulgaria, mail_server, monkeypatch):
    def refuse(self):
        raise SMTPException("no")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    answer = desk.post(
        NEW,
        {"name": "Dora", "email": "dora@example.org", "language": "en", "countries": ["BG"]},
    )
    page = text_of(desk.get(answer.headers["Location"]))

    assert "The mail to dora@example.org could not be sent." in page
    assert "No mail was sent: the mail server did not take it." in page
    assert Invitation.objects.get().mailed_at is None


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"email": "lead@example.org"}, "email", "There is an account with this address already."),
        ({"email": "LEAD@Example.org"}, "email", "There is an account with this address already."),
        ({"email": "no address"}, "email", "Enter a valid email address."),
        ({"name": ""}, "name", "This field is required."),
        ({"name": "x" * 121}, "name", "at most 120"),
        ({"name": "a\x00b"}, "name", "Null characters are not allowed."),
        ({"countries": []}, "__all__", "Choose what she is to look after"),
        ({"countries": ["ZZ"]}, "countries", "ZZ"),
        ({"countries": ["B\x00"]}, "countries", "Select a valid choice"),
        ({"language": "??"}, "language", "A language is written as its code"),
        ({"takes_over_from": "999"}, "takes_over_from", "Select a valid choice"),
    ],
)
def test_invitation_says_what_is_wrong_and_keeps_the_rest(desk, bulgaria, changes, field, told):
    data = {"name": "Dora", "email": "dora@example.org", "language": "en", "countries": ["BG"]}
    page = desk.post(NEW, data | changes)

    assert list(page.context["form"].errors) == [field]
    assert told in str(page.context["form"].errors[field])
    assert "Nobody was invited yet." in page.content.decode()
    assert not Invitation.objects.exists()


def test_address_waits_once(desk, invitation):
    data = {"name": "D", "email": "DORA@example.org", "language": "en", "countries": ["BG"]}
    page = desk.post(NEW, data)

    assert "This address has been invited already, and the invitation waits." in text_of(page)
    assert Invitation.objects.count() == 1


def test_constraint_refuses_a_second_waiting_invitation(invitation, refused_by):
    with refused_by(Invitation, "invitation_waits_once_per_address"):
        Invitation.objects.create(name="D", email="Dora@Example.org")


def test_address_may_be_invited_again_after_it_was_accepted(invitation):
    Invitation.objects.update(accepted_at=timezone.now())

    assert Invitation.objects.create(name="D", email="dora@example.org").pk


# --- Accepting -------------------------------------------------------------------------------


def test_invited_opens_the_link_and_nothing_happens(client, invitation):
    page = client.get(path_of(invitation))

    assert "Welcome, Marker of Dora" in text_of(page)
    assert "Bulgaria" in text_of(page)
    assert not INLINE.search(page.content.decode())
    assert "no-store" in page.headers["Cache-Control"]
    assert User.objects.count() == 1
    assert Invitation.objects.get().accepted_at is None


def test_invited_accepts_and_has_her_rights(client, invitation, lead, bulgaria, center):
    answer = client.post(path_of(invitation), CHOSEN)
    login = client.get(answer.headers["Location"])
    user = User.objects.get(username="dora")
    client.post("/accounts/login/", {"login": "dora", "password": CHOSEN["password1"]})

    assert answer.headers["Location"] == "/accounts/login/"
    assert "Your account is ready." in text_of(login)
    assert (user.email, user.get_full_name()) == ("dora@example.org", "Marker of Dora")
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, True, False)
    assert rights_of(user).countries == {"BG"}
    assert rights_of(user).may_change(center)
    assert not rights_of(user).is_lead
    assert client.get("/admin/").status_code == 200
    assert user.invitation.accepted_at is not None
    assert user.coordinator.history.first().history_user == lead


def test_lead_invites_a_lead(desk, client):
    desk.post(NEW, {"name": "Dora", "email": "dora@example.org", "language": "en", "is_lead": "on"})
    Client().post(path_of(Invitation.objects.get()), CHOSEN)

    assert rights_of(User.objects.get(username="dora")).is_lead


def dead(client, path):
    """Whether the link shows and does nothing any more."""
    users = User.objects.count()
    answers = [client.get(path), client.post(path, CHOSEN | {"username": "somebody"})]
    return [answer.status_code for answer in answers] == [410, 410] and (
        User.objects.count() == users
        and "This invitation does not work any more" in answers[0].content.decode()
    )


def test_link_works_once(client, invitation):
    path = path_of(invitation)
    client.post(path, CHOSEN)

    assert dead(Client(), path)


def test_link_is_dead_after_seven_days(client, invitation):
    Invitation.objects.update(link_made_at=timezone.now() - timedelta(days=7, seconds=1))
    assert dead(client, path_of(invitation))
    Invitation.objects.update(link_made_at=timezone.now() - timedelta(days=7, seconds=-60))
    assert client.get(path_of(invitation)).status_code == 200


def test_link_is_dead_once_there_is_a_new_one(desk, invitation, mail_server):
    old = path_of(invitation)
    answer = desk.post(f"{LIST}{invitation.pk}/", {"renew": "1"})
    invitation.refresh_from_db()

    assert answer.headers["Location"] == f"{LIST}{invitation.pk}/"
    assert [sent.to for sent in mail.outbox] == [["dora@example.org"]]
    assert path_of(invitation) != old
    assert dead(Client(), old)
    assert Client().get(path_of(invitation)).status_code == 200


def test_new_link_lasts_from_now(desk, invitation):
    Invitation.objects.update(link_made_at=timezone.now() - timedelta(days=30))
    assert "The link was made more than seven days ago" in text_of(
        desk.get(f"{LIST}{invitation.pk}/")
    )
    desk.post(f"{LIST}{invitation.pk}/", {"renew": "1"})
    invitation.refresh_from_db()

    assert Client().get(path_of(invitation)).status_code == 200


def test_withdrawn_invitation_is_dead_and_forgotten(desk, invitation):
    path = path_of(invitation)
    desk.post(f"{LIST}{invitation.pk}/", {"withdraw": "1"})

    assert dead(Client(), path)
    assert not Invitation.objects.exists()
    told = [f"{line.object_repr} {line.change_message}" for line in LogEntry.objects.all()]
    assert [line for line in told if "Dora" in line or "dora" in line] == []


def test_link_is_dead_once_the_inviter_is_no_lead(desk, invitation, lead, client):
    Coordinator.objects.filter(user=lead).update(is_lead=False)
    assert dead(Client(), path_of(invitation))
    Coordinator.objects.filter(user=lead).update(is_lead=True)
    User.objects.filter(pk=lead.pk).update(is_active=False)

    assert dead(Client(), path_of(invitation))


@pytest.mark.parametrize("token", ["x", "x:y:z", "WzEsICJhIl0:1abcde:forged", "a" * 3000, "%00"])
def test_forged_link_is_dead(client, invitation, token):
    assert dead(client, f"/accounts/invitation/{token}/")


def test_links_cannot_be_tried_without_end(client, db):
    answers = [client.post("/accounts/invitation/x/", CHOSEN) for _number in range(25)]

    assert [answer.status_code for answer in answers] == [410] * 20 + [429] * 5


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"username": "LEAD"}, "username", "Somebody else has this name already."),
        ({"username": "lead@example.org"}, "username", "Letters, digits, and the signs"),
        ({"username": "a b"}, "username", "Letters, digits, and the signs"),
        ({"username": "x" * 151}, "username", "at most 150"),
        ({"username": "a\x00"}, "username", "Null characters are not allowed."),
        ({"username": ""}, "username", "This field is required."),
        ({"password2": "another one"}, "password2", "The two passwords are not the same."),
        ({"password1": "short", "password2": "short"}, "password1", "too short"),
        ({"password1": "1234567890", "password2": "1234567890"}, "password1", "numeric"),
        (
            {"password1": "Marker of Dora", "password2": "Marker of Dora"},
            "password1",
            "too similar",
        ),
    ],
)
def test_accepting_says_what_is_wrong(client, invitation, changes, field, told):
    page = client.post(path_of(invitation), CHOSEN | changes)

    assert list(page.context["form"].errors) == [field]
    assert told in str(page.context["form"].errors[field])
    assert User.objects.count() == 1


def test_address_that_got_an_account_in_between_is_refused(client, invitation):
    User.objects.create_user("other", "Dora@example.org")
    page = client.post(path_of(invitation), CHOSEN)

    assert "There is an account with this address already." in text_of(page)
    assert not User.objects.filter(username="dora").exists()


def test_name_that_is_taken_at_the_last_moment_is_refused(invitation):
    token = path_of(invitation).split("/")[-2]
    User.objects.create_user("DORA")
    with pytest.raises(ValidationError) as refusal:
        invitations.accept(token, username="dora", password="a long way home")

    assert refusal.value.message_dict == {"username": ["Somebody else has this name already."]}
    assert Invitation.objects.get().accepted_at is None


def test_whoever_is_logged_in_is_told_as_whom(desk, invitation):
    assert "On this device you are logged in as lead." in text_of(desk.get(path_of(invitation)))


@pytest.mark.django_db(transaction=True)
def test_link_that_is_used_twice_at_once_makes_one_account(invitation):
    """The second waits for the first, and finds the link used."""
    if connection.vendor == "sqlite":
        pytest.skip("there is one writer at a time anyway")
    token = path_of(invitation).split("/")[-2]
    results = []

    def second():
        try:
            results.append(invitations.accept(token, username="second", password="a long way home"))
        finally:
            connection.close()

    with transaction.atomic():
        first = invitations.accept(token, username="first", password="a long way home")
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.5)
        waited = thread.is_alive()
    thread.join(10)

    assert waited
    assert first.username == "first"
    assert results == [None]


# --- Who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"), [("nobody", 302), ("coordinator", 403), ("lead", 200), ("technical", 200)]
)
def test_invitations_are_for_leads(client, invitation, lead, kind, status):
    if kind == "coordinator":
        user = User.objects.create_user("anna", is_staff=True)
        Coordinator.objects.create(user=user).countries.set(Country.objects.all())
        client.force_login(user)
    elif kind != "nobody":
        client.force_login(lead if kind == "lead" else User.objects.create_superuser("technical"))
    path = path_of(invitation)
    pages = [LIST, NEW, f"{LIST}{invitation.pk}/"]

    assert [client.get(page).status_code for page in pages] == [status] * 3
    if status != 200:
        posts = [
            client.post(NEW, {"name": "E", "email": "e@example.org", "language": "en"}),
            client.post(f"{LIST}{invitation.pk}/", {"withdraw": "1"}),
            client.post(f"{LIST}{invitation.pk}/", {"renew": "1"}),
        ]
        assert [answer.status_code for answer in posts] == [status] * 3
        invitation.refresh_from_db()
        assert (Invitation.objects.count(), path_of(invitation)) == (1, path)


def test_reading_changes_nothing(desk, invitation):
    path = path_of(invitation)
    desk.get(LIST), desk.get(f"{LIST}{invitation.pk}/?renew=1&withdraw=1")
    invitation.refresh_from_db()

    assert path_of(invitation) == path


def test_accepted_invitation_is_changed_no_more(desk, invitation):
    Client().post(path_of(invitation), CHOSEN)
    address = f"{LIST}{invitation.pk}/"

    assert desk.get(address).status_code == 404
    assert desk.post(address, {"withdraw": "1"}).status_code == 404
    assert Invitation.objects.count() == 1
    listed = text_of(desk.get(LIST))
    assert "Nobody has an invitation that waits." in listed
    assert "Marker of Dora (dora)" in listed


def test_invitation_accepted_a_moment_ago_is_not_withdrawn(lead, invitation):
    Invitation.objects.update(accepted_at=timezone.now())
    for change in (invitations.withdraw, invitations.renew):
        with pytest.raises(Invitation.DoesNotExist):
            change(invitation, by=lead)

    assert Invitation.objects.count() == 1


def test_list_asks_as_often_for_many_as_for_one(desk, invitation, lead, bulgaria):
    desk.get(LIST)  # the first page of a session notes that it is in use
    with CaptureQueriesContext(connection) as one:
        desk.get(LIST)
    for number in range(30):
        invitations.invite(
            by=lead, name=f"D {number}", email=f"d{number}@example.org", countries=[bulgaria]
        )
    with CaptureQueriesContext(connection) as many:
        desk.get(LIST)

    assert len(many) == len(one)
