"""Handing countries over, and countries that nobody looks after."""

import threading

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centers.models import Center, Contact, Coordinator, Country, Invitation, Organisation
from centers.rights import rights_of
from mine_site.accounts import invitations
from mine_site.accounts.handover import countries_with_coordinators, hand_over
from tests.mine_site.test_pages import INLINE

pytestmark = pytest.mark.django_db

User = get_user_model()
COUNTRIES = "/admin/auth/user/countries/"
BULGARIA = f"{COUNTRIES}BG/hand-over/"


@pytest.fixture
def serbia(db):
    return Country.objects.create(code="RS")


@pytest.fixture
def row(db):
    """`row("anna", bulgaria)`: a coordinator of the countries."""

    def row(name, *countries, is_lead=False, is_active=True):
        user = User.objects.create_user(
            name, f"{name}@example.org", is_staff=True, is_active=is_active
        )
        row = Coordinator.objects.create(user=user, is_lead=is_lead)
        row.countries.set(countries)
        return row

    return row


@pytest.fixture
def lead(row):
    return row("lead", is_lead=True).user


@pytest.fixture
def desk(client, lead):
    client.force_login(lead)
    return client


@pytest.fixture
def anna(row, bulgaria, serbia):
    return row("anna", bulgaria, serbia)


@pytest.fixture
def berta(row):
    return row("berta")


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"


def codes(row):
    return sorted(row.countries.values_list("pk", flat=True))


def text_of(answer):
    return " ".join(answer.content.decode().split())


# --- Handing over ----------------------------------------------------------------------------


def test_country_goes_from_one_to_the_other(lead, anna, berta, bulgaria, center):
    Contact.objects.create(center=center, name="Marker of a person", phone="1")
    hand_over(countries=[bulgaria], giver=anna, successor=berta, by=lead)

    assert (codes(anna), codes(berta)) == (["RS"], ["BG"])
    assert rights_of(User.objects.get(username="berta")).may_change(center)
    assert not rights_of(User.objects.get(username="anna")).may_change(center)


def test_history_says_who_handed_over_and_why(lead, anna, berta, bulgaria):
    hand_over(countries=[bulgaria], giver=anna, successor=berta, by=lead)
    newest = [each.history.first() for each in (anna, berta)]
    lines = {line.object_repr: line.change_message for line in LogEntry.objects.all()}

    assert [(each.history_user, each.history_change_reason) for each in newest] == [
        (lead, "Handed over Bulgaria to berta."),
        (lead, "Took over Bulgaria from anna."),
    ]
    assert lines == {
        "anna": "Handed over Bulgaria to berta.",
        "berta": "Took over Bulgaria from anna.",
        "Bulgaria": "anna handed over to berta.",
    }
    assert {line.user for line in LogEntry.objects.all()} == {lead}


def test_network_goes_along(lead, anna, berta, bulgaria, make):
    network = make(Organisation, slug="network", kind="network")
    anna.networks.add(network)
    hand_over(countries=[bulgaria], networks=[network], giver=anna, successor=berta, by=lead)

    assert (anna.networks.count(), [*berta.networks.all()]) == (0, [network])


def test_vacant_country_is_given(lead, berta, bulgaria):
    hand_over(countries=[bulgaria], successor=berta, by=lead)

    assert codes(berta) == ["BG"]
    assert berta.history.first().history_change_reason == "Took over Bulgaria."


def test_nothing_is_handed_over_by_halves(lead, anna, berta, bulgaria, serbia):
    anna.countries.remove(serbia)
    with pytest.raises(ValidationError, match="anna does not look after all of this any more"):
        hand_over(countries=[bulgaria, serbia], giver=anna, successor=berta, by=lead)

    assert (codes(anna), codes(berta)) == (["BG"], [])
    assert not LogEntry.objects.exists()


def test_closed_account_takes_nothing_over(lead, anna, row, bulgaria):
    with pytest.raises(ValidationError, match="The account of closed is not active"):
        hand_over(
            countries=[bulgaria],
            giver=anna,
            successor=row("closed", is_active=False),
            by=lead,
        )
    assert codes(anna) == ["BG", "RS"]


def test_nobody_hands_over_to_herself(lead, anna, bulgaria):
    with pytest.raises(ValidationError, match="she looks after them already"):
        hand_over(countries=[bulgaria], giver=anna, successor=anna, by=lead)
    assert codes(anna) == ["BG", "RS"]


def test_successor_who_has_the_country_too_keeps_it(lead, anna, berta, bulgaria):
    berta.countries.add(bulgaria)
    hand_over(countries=[bulgaria], giver=anna, successor=berta, by=lead)

    assert (codes(anna), codes(berta)) == (["RS"], ["BG"])


@pytest.mark.django_db(transaction=True)
def test_country_that_is_handed_over_twice_at_once_goes_to_one(row):
    """Two leads hand the same country to two successors: the second is told."""
    if connection.vendor == "sqlite":
        pytest.skip("there is one writer at a time anyway")
    bulgaria = Country.objects.create(code="BG")
    anna, berta, dora = row("anna", bulgaria), row("berta"), row("dora")
    lead = row("lead", is_lead=True).user
    refusals = []

    def second():
        try:
            hand_over(countries=[bulgaria], giver=anna, successor=dora, by=lead)
        except ValidationError as error:
            refusals.append(error.message)
        finally:
            connection.close()

    with transaction.atomic():
        hand_over(countries=[bulgaria], giver=anna, successor=berta, by=lead)
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.5)
        waited = thread.is_alive()
    thread.join(10)

    assert waited
    assert refusals == ["anna does not look after all of this any more. Look at the page again."]
    assert (codes(anna), codes(berta), codes(dora)) == ([], ["BG"], [])


# --- The pages ---------------------------------------------------------------------------------


def test_lead_hands_a_country_over_and_both_are_told(desk, anna, berta, mail_server):
    shown = desk.get(BULGARIA)
    answer = desk.post(BULGARIA, {"giver": anna.pk, "successor": berta.pk}, follow=True)
    told = {sent.to[0]: sent for sent in mail.outbox}

    assert shown.context["form"]["giver"].value() == anna.pk or (
        shown.context["form"].fields["giver"].initial == anna
    )
    assert not INLINE.search(shown.content.decode())
    assert (codes(anna), codes(berta)) == (["RS"], ["BG"])
    assert "Bulgaria: berta looks after it from now on." in text_of(answer)
    assert answer.redirect_chain == [(COUNTRIES, 302)]
    assert set(told) == {"anna@example.org", "berta@example.org"}
    assert "from now on berta looks after these:" in told["anna@example.org"].body
    assert "which anna has looked after" in told["berta@example.org"].body
    for sent in told.values():
        assert "- Bulgaria" in sent.body
        assert "<li>Bulgaria</li>" in sent.alternatives[0].content
    assert "anna handed over to berta." in text_of(desk.get(BULGARIA))


def test_without_a_mail_server_the_lead_is_asked_to_tell_them(desk, anna, berta):
    answer = desk.post(BULGARIA, {"giver": anna.pk, "successor": berta.pk}, follow=True)

    assert "No mail went to anna and berta. Tell them yourself." in text_of(answer)
    assert mail.outbox == []


def test_lead_hands_over_all_that_a_leaving_coordinator_has(desk, anna, berta):
    address = f"/admin/auth/user/{anna.user_id}/hand-over/"
    shown = desk.get(address).context["form"]
    answer = desk.post(address, {"countries": ["BG", "RS"], "successor": berta.pk})

    assert sorted(shown["countries"].value()) == ["BG", "RS"]
    assert (codes(anna), codes(berta)) == ([], ["BG", "RS"])
    assert answer.headers["Location"] == f"/admin/auth/user/{anna.user_id}/change/"
    assert desk.get(address).status_code == 302  # nothing is left


def test_vacant_country_is_given_on_its_page(desk, berta, bulgaria):
    assert "Nobody looks after it now." in text_of(desk.get(BULGARIA))
    desk.post(BULGARIA, {"successor": berta.pk})

    assert codes(berta) == ["BG"]


def test_page_that_is_out_of_date_says_so(desk, anna, berta, row, bulgaria):
    dora = row("dora", bulgaria)
    anna.countries.clear()
    stale = desk.post(BULGARIA, {"giver": anna.pk, "successor": berta.pk})

    assert list(stale.context["form"].errors) == ["giver"]
    assert "Nothing was handed over yet." in text_of(stale)
    assert (codes(berta), codes(dora)) == ([], ["BG"])


@pytest.mark.parametrize("value", ["", "0", "x", "9" * 30, "\x00"])
def test_successor_that_is_nobody_is_refused(desk, anna, value):
    page = desk.post(BULGARIA, {"giver": anna.pk, "successor": value})

    assert list(page.context["form"].errors) == ["successor"]
    assert codes(anna) == ["BG", "RS"]


def test_ticking_nothing_is_refused(desk, anna, berta):
    page = desk.post(f"/admin/auth/user/{anna.user_id}/hand-over/", {"successor": berta.pk})

    assert page.context["form"].non_field_errors() == ["Tick at least one."]


@pytest.mark.parametrize("code", ["ZZ", "bg", "B%00", "x" * 300])
def test_country_that_is_none_is_not_found(desk, bulgaria, code):
    assert desk.get(f"{COUNTRIES}{code}/hand-over/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "status"), [("nobody", 302), ("herself", 403), ("other", 403), ("technical", 200)]
)
def test_handing_over_is_for_leads(client, anna, berta, kind, status):
    if kind != "nobody":
        client.force_login(
            {"herself": anna.user, "other": berta.user}.get(kind)
            or User.objects.create_superuser("technical")
        )
    hers = f"/admin/auth/user/{anna.user_id}/hand-over/"
    shown = [client.get(address).status_code for address in (COUNTRIES, BULGARIA, hers)]
    answers = [
        client.post(BULGARIA, {"giver": anna.pk, "successor": berta.pk}).status_code,
        client.post(hers, {"countries": ["RS"], "successor": berta.pk}).status_code,
    ]

    assert shown == [status] * 3
    assert answers == ([302, 302] if kind == "technical" else [status] * 2)
    assert codes(berta) == (["BG", "RS"] if kind == "technical" else [])


def test_page_of_a_country_leads_to_handing_over(desk, anna, client):
    assert f'href="{BULGARIA}"' in text_of(desk.get("/admin/centers/country/BG/change/"))
    other = Client()
    other.force_login(anna.user)

    assert BULGARIA not in text_of(other.get("/admin/centers/country/BG/change/"))


def test_handing_over_answers_to_no_other_method(desk, bulgaria):
    assert desk.put(BULGARIA).status_code == 405
    assert desk.post(COUNTRIES).status_code == 405


# --- A successor who has no account yet -------------------------------------------------------


def test_invited_successor_takes_over_when_she_accepts(desk, anna, settings):
    settings.EMAIL_HOST = "mail.example.org"
    offered = desk.get(f"/admin/auth/user/invitations/new/?country=BG&from={anna.pk}")
    desk.post(
        "/admin/auth/user/invitations/new/",
        {
            "name": "Dora",
            "email": "dora@example.org",
            "language": "en",
            "countries": ["BG"],
            "takes_over_from": anna.pk,
        },
    )
    invitation = Invitation.objects.get()
    assert codes(anna) == ["BG", "RS"]
    mail.outbox.clear()
    token = invitations.link_to(invitation).split("/")[-2]
    Client().post(
        f"/accounts/invitation/{token}/",
        {"username": "dora", "password1": "a long way home", "password2": "a long way home"},
    )
    dora = User.objects.get(username="dora")

    assert sorted(sent.to[0] for sent in mail.outbox) == ["anna@example.org", "dora@example.org"]
    assert f'value="{anna.pk}" selected' in offered.content.decode()
    assert 'value="BG" id="id_countries_' in offered.content.decode()
    assert (codes(anna), codes(dora.coordinator)) == (["RS"], ["BG"])
    assert LogEntry.objects.filter(change_message="anna handed over to dora.").count() == 1


def test_invited_successor_gets_her_countries_though_the_giver_has_gone(lead, anna, bulgaria):
    invitation = invitations.invite(
        by=lead, name="D", email="d@example.org", countries=[bulgaria], takes_over_from=anna
    )
    anna.countries.clear()
    token = invitations.link_to(invitation).split("/")[-2]
    dora = invitations.accept(token, username="dora", password="a long way home")

    assert codes(dora.coordinator) == ["BG"]


# --- Countries that nobody looks after ----------------------------------------------------------


def test_country_is_vacant_when_its_account_is_closed(desk, anna, center, bulgaria):
    assert [*Country.objects.vacant()] == []
    User.objects.filter(pk=anna.user_id).update(is_active=False)
    page = desk.get(COUNTRIES)

    assert [*Country.objects.vacant()] == [bulgaria]
    assert [each.pk for each in page.context["vacant"]] == ["BG", "RS"]
    assert "account closed: anna" in text_of(page)


def test_closing_an_account_says_what_nobody_looks_after_now(desk, anna, center):
    address = f"/admin/auth/user/{anna.user_id}/change/"
    data = {
        "username": "anna",
        "email": "anna@example.org",
        "coordinator-TOTAL_FORMS": "1",
        "coordinator-INITIAL_FORMS": "1",
        "coordinator-0-id": anna.pk,
        "coordinator-0-user": anna.user_id,
        "coordinator-0-countries": ["BG", "RS"],
        "coordinator-0-language": "en",
    }
    answer = desk.post(address, data, follow=True)

    assert "Nobody looks after Bulgaria now." in text_of(answer)
    assert f'href="/admin/auth/user/{anna.user_id}/hand-over/"' in text_of(answer)
    assert codes(anna) == ["BG", "RS"]


def test_country_that_somebody_else_looks_after_is_not_vacant(anna, row, center, bulgaria):
    User.objects.filter(pk=anna.user_id).update(is_active=False)
    row("dora", bulgaria)

    assert [*Country.objects.vacant()] == []


def test_country_without_centers_is_nobodys_task(bulgaria):
    assert [*Country.objects.vacant()] == []
    assert [*countries_with_coordinators()] == []


def test_merged_centers_make_no_country_vacant(center, serbia):
    Center.objects.create(
        name="Twice", slug="twice", country=serbia, precision="town", merged_into=center
    )

    assert [each.pk for each in Country.objects.vacant()] == ["BG"]


def test_list_of_countries_asks_as_often_for_many_as_for_one(desk, anna, center):
    desk.get(COUNTRIES)
    with CaptureQueriesContext(connection) as few:
        desk.get(COUNTRIES)
    for code in ("DE", "SK", "CZ", "SI", "NL", "AL", "AT", "CH", "HU", "IT", "PL", "RO"):
        country = Country.objects.create(code=code)
        Center.objects.create(name=code, slug=code.lower(), country=country)
        if code > "M":
            anna.countries.add(country)
    with CaptureQueriesContext(connection) as many:
        page = desk.get(COUNTRIES)

    assert len(page.context["vacant"]) + len(page.context["looked_after"]) == 14
    assert len(many) == len(few)
