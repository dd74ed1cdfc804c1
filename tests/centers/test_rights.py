"""Who may change what: every address of the admin, with every kind of user."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.urls import NoReverseMatch, reverse

from centers.models import (
    Affiliation,
    Center,
    CenterMerge,
    CenterName,
    Contact,
    Erasure,
    Organisation,
    Report,
    SpreadsheetImport,
    StatusEntry,
    YearlyQuestion,
)
from centers.rights import APPS, is_coordinated, rights_of
from projects.models import (
    Event,
    EventText,
    Indicator,
    Measurement,
    Project,
)

User = get_user_model()
# An import belongs to whoever began it; tests/centers/test_imports.py walks its pages.
REGISTERED = [
    model
    for model in admin.site._registry
    if model._meta.app_label in APPS and model is not SpreadsheetImport
]
COORDINATED = [model for model in REGISTERED if is_coordinated(model)]
# The ledger is read-only as well, and nobody changes it.
OTHERS = [model for model in REGISTERED if not is_coordinated(model) and model is not Erasure]
# Read-only for everybody: they have forms of their own.
READ_ONLY = (StatusEntry, CenterMerge, Report, YearlyQuestion)
EDITABLE = [model for model in COORDINATED if model not in READ_ONLY]
PRIVATE = ["contact", "report", "erasure", "yearlyquestion"]


def address(model, page, *args):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    try:
        return reverse(name, args=[quote(arg) for arg in args])
    except NoReverseMatch:
        return None


def addresses(row):
    """Every address of the admin that leads to the row or to its list."""
    model = type(row)
    found = [address(model, page) for page in ("changelist", "add", "import", "export")]
    found += [address(model, page, row.pk) for page in ("change", "history", "delete")]
    found += [address(model, page, row.pk) for page in ("record_status", "withdraw", "photos")]
    found += [address(model, page, row.pk) for page in ("erase", "held")]
    found += [address(model, page, row.pk) for page in ("ask", "letter")]
    if hasattr(model, "history"):
        version = row.history.first().pk
        found.append(address(model, "simple_history", row.pk, version))
        found.append(address(model, "put_back", row.pk, model._meta.model_name, version))
    return [each for each in found if each]


def fields_of(response):
    """What the form of an admin page would send if it were saved as it is."""
    form = response.context["adminform"].form
    data = {form.add_prefix(name): form[name].value() for name in form.fields}
    for inline in response.context["inline_admin_formsets"]:
        data |= {field.html_name: field.value() for field in inline.formset.management_form}
        for part in inline.formset.forms:
            data |= {field.html_name: field.value() for field in part}
    return {name: value for name, value in data.items() if value is not None and value is not False}


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_strangers_are_sent_to_the_login(client, record, model):
    for each in addresses(record(model)):
        for method in (client.get, client.post):
            response = method(each)
            assert (each, response.status_code) == (each, 302)
            assert response.url.startswith("/admin/login/")


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_staff_without_responsibility_see_nothing(client, record, model):
    client.force_login(User.objects.create_user("new", is_staff=True))

    for each in addresses(record(model)):
        for method in (client.get, client.post):
            answer = method(each)
            if answer.status_code == 302:  # a private row is not there at all for her
                assert (each, answer.url) == (each, "/admin/")
                assert model._meta.model_name in PRIVATE
            else:
                assert (each, answer.status_code) == (each, 403)


@pytest.mark.parametrize("model", EDITABLE, ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    ("kind", "may"), [("hers", True), ("other", False), ("lead", True), ("technical", True)]
)
def test_records_of_a_country_are_changed_by_its_coordinator_and_leads(
    client, staff, record, model, kind, may
):
    row = record(model)
    client.force_login(staff(kind))
    url = address(model, "change", row.pk)

    page = client.get(url)
    if not may and model._meta.model_name in PRIVATE:
        assert page.status_code in (302, 403)
        saved = client.post(url, {})
    else:
        assert ('name="_save"' in page.content.decode()) is may
        saved = client.post(url, fields_of(page) if may else {})

    assert saved.status_code in ((302,) if may else (302, 403))
    if may:
        assert saved.url != "/admin/"
    elif saved.status_code == 302:
        assert saved.url == "/admin/"  # as if it were not there


@pytest.mark.parametrize("model", OTHERS, ids=lambda model: model.__name__)
@pytest.mark.parametrize(("kind", "may"), [("hers", False), ("lead", True), ("technical", True)])
def test_what_spans_countries_is_changed_by_leads_alone(client, staff, record, model, kind, may):
    row = record(model)
    client.force_login(staff(kind))
    url = address(model, "change", row.pk)

    page = client.get(url)

    assert page.status_code == 200
    assert ('name="_save"' in page.content.decode()) is may
    assert client.post(url, fields_of(page) if may else {}).status_code == (302 if may else 403)


@pytest.mark.parametrize("kind", ["hers", "lead", "technical"])
@pytest.mark.parametrize("model", [Center, Organisation, Project])
def test_nobody_deletes_records_of_the_register(client, staff, record, model, kind):
    row = record(model)
    client.force_login(staff(kind))

    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_coordinators_of_others_record_and_withdraw_nothing(client, staff, center, record):
    entry = record(StatusEntry)
    client.force_login(staff("other"))

    record_it = client.post(
        address(Center, "record_status", center.pk), {"status": "closed", "observed": "2016"}
    )
    withdraw = client.post(address(StatusEntry, "withdraw", entry.pk), {"reason": "mistaken"})

    assert (record_it.status_code, withdraw.status_code) == (403, 403)
    center.refresh_from_db()
    assert (center.status, center.status_entries.standing().count()) == ("active", 1)


def test_a_coordinator_moves_no_center_to_another_country(client, staff, center, serbia):
    client.force_login(staff("hers"))
    url = address(Center, "change", center.pk)

    client.post(url, fields_of(client.get(url)) | {"country": serbia.pk})

    center.refresh_from_db()
    assert center.country_id == "BG"


def test_a_lead_moves_a_center_to_another_country(client, staff, center, serbia):
    client.force_login(staff("lead"))
    url = address(Center, "change", center.pk)

    client.post(url, fields_of(client.get(url)) | {"country": serbia.pk})

    center.refresh_from_db()
    assert center.country_id == "RS"


def test_a_coordinator_adds_no_center_in_another_country(client, staff, serbia):
    client.force_login(staff("hers"))
    url = address(Center, "add")
    data = fields_of(client.get(url)) | {"name": "Nada", "slug": "nada", "precision": "town"}

    refused = client.post(url, data | {"country": "RS"})
    taken = client.post(url, data | {"country": "BG"})

    assert "outside of your countries" in refused.content.decode()
    assert taken.status_code == 302
    assert list(Center.objects.values_list("country", flat=True)) == ["BG"]


def test_a_coordinator_gives_no_part_to_another_center(client, staff, make, center, serbia):
    name = make(CenterName, center=center, value="Nada")
    foreign = make(Center, slug="foreign", country=serbia)
    client.force_login(staff("hers"))
    url = address(CenterName, "change", name.pk)

    response = client.post(url, fields_of(client.get(url)) | {"center": foreign.pk})

    assert "outside of your countries" in response.content.decode()
    name.refresh_from_db()
    assert name.center == center


def test_a_center_that_was_hers_before_is_not_reverted_by_her(client, staff, center, serbia):
    client.force_login(staff("hers"))
    version = center.history.first()
    Center.objects.filter(pk=center.pk).update(country=serbia)
    url = address(Center, "simple_history", center.pk, version.pk)

    response = client.post(url, {"name": "Mine again"})

    assert response.status_code == 403
    center.refresh_from_db()
    assert (center.name, center.country_id) == ("Mother Center Isperih", "RS")


def test_a_center_that_was_moved_to_her_is_not_moved_back_by_an_old_version(
    client, staff, center, serbia
):
    client.force_login(staff("other"))
    version = center.history.earliest()
    center.country = serbia
    center.save()
    url = address(Center, "simple_history", center.pk, version.pk)

    response = client.post(url, {"name": center.name, "slug": center.slug, "precision": "town"})

    assert response.url == address(Center, "history", center.pk)
    center.refresh_from_db()
    assert center.country == serbia


def test_old_version_of_a_person_who_moved_away_is_not_read(client, staff, center, make, serbia):
    mark = "Marker of a person"
    contact = Contact.objects.create(center=center, name=mark, email="marker@example.org")
    version = contact.history.earliest()
    url = address(Contact, "simple_history", contact.pk, version.pk)
    client.force_login(staff("hers"))
    before = client.get(url)
    contact.center = make(Center, slug="foreign", country=serbia)
    contact.save()

    answer = client.get(url)

    assert mark in before.content.decode()
    assert (answer.status_code, mark in answer.content.decode()) == (403, False)


def test_old_version_of_what_is_gone_is_not_found(client, staff, center):
    name = center.names.create(value="Marcin", kind="alias")
    url = address(type(name), "simple_history", name.pk, name.history.get().pk)
    name.delete()
    client.force_login(staff("lead"))

    answers = [client.get(url), client.post(url)]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_network_reaches_beyond_the_country(staff, make, center):
    union = make(Organisation, slug="union")
    user = staff("other")
    assert rights_of(user).may_change(center) is False

    Affiliation.objects.create(center=center, organisation=union, role="member")
    user.coordinator.networks.add(union)

    user = User.objects.get(pk=user.pk)
    assert rights_of(user).may_change(center) is True
    assert list(rights_of(user).changeable(Center.objects.all())) == [center]


def test_parts_of_parts_follow_their_project(staff, make, bulgaria):
    project = make(Project, slug="pilot")
    project.countries.set([bulgaria])
    event = make(Event, project=project, start="2022")
    indicator = make(Indicator, project=project)
    hers, other = rights_of(staff("hers")), rights_of(staff("other"))

    for row in (make(EventText, event=event), make(Measurement, indicator=indicator)):
        assert (hers.may_change(row), other.may_change(row)) == (True, False)


def test_a_project_that_spans_countries_belongs_to_leads(staff, make, bulgaria, serbia):
    project = make(Project, slug="pilot")
    project.countries.set([bulgaria, serbia])

    assert rights_of(staff("hers")).may_change(project) is False
    assert rights_of(staff("lead")).may_change(project) is True


def csv_upload(text):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return {"import_file": SimpleUploadedFile("centers.csv", text.encode()), "format": "0"}


@pytest.mark.parametrize(
    ("kind", "country", "names"), [("hers", "BG", ["New"]), ("hers", "RS", [])]
)
def test_an_import_changes_nothing_outside_of_her_countries(
    client, staff, serbia, kind, country, names
):
    client.force_login(staff(kind))
    text = f"public_id,slug,name,country,precision\n2222222a,new,New,{country},town\n"
    from centers.public_ids import new_public_id

    text = text.replace("2222222a", new_public_id())

    preview = client.post(address(Center, "import"), csv_upload(text))
    if preview.context.get("confirm_form"):
        client.post(
            reverse("admin:centers_center_process_import"),
            preview.context["confirm_form"].initial,
        )

    assert list(Center.objects.values_list("name", flat=True)) == names
    assert ("outside of your countries" in preview.content.decode()) is (not names)


def test_an_import_takes_no_center_from_another_country(client, staff, make, bulgaria, serbia):
    foreign = make(Center, slug="foreign", name="Foreign", country=serbia)
    client.force_login(staff("hers"))
    text = f"public_id,slug,name,country\n{foreign.public_id},foreign,Taken,BG\n"

    preview = client.post(address(Center, "import"), csv_upload(text))

    assert "outside of your countries" in preview.content.decode()
    foreign.refresh_from_db()
    assert (foreign.name, foreign.country_id) == ("Foreign", "RS")


def test_an_export_holds_her_own_centers_alone(client, staff, make, center, serbia):
    make(Center, slug="foreign", name="Foreign", country=serbia)
    client.force_login(staff("hers"))

    page = client.get(address(Center, "export"))
    form = page.context["form"]
    data = {name: True for name in form.fields if name.startswith("centerresource_")}
    exported = client.post(address(Center, "export"), data | {"format": "0"}).content.decode()

    assert "Mother Center Isperih" in exported
    assert "Foreign" not in exported


def test_contact_persons_are_seen_where_they_are_looked_after(client, staff, make, center):
    make(Contact, center=center, name="Marker of a person", email="marker@example.org")
    pages = [address(Contact, "changelist"), address(Center, "change", center.pk)]
    pages.append(address(Center, "history", center.pk))

    for kind, seen in [("hers", True), ("other", False)]:
        client.force_login(staff(kind))
        shown = "".join(client.get(page).content.decode() for page in pages)
        assert ("Marker of a person" in shown) is seen


@pytest.mark.parametrize("kind", ["hers", "other"])
def test_accounts_belong_to_leads(client, staff, kind):
    user = staff(kind)
    client.force_login(user)

    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403
    assert client.get(reverse("admin:auth_user_change", args=[user.pk])).status_code == 403


def test_a_lead_gives_a_country_without_touching_permissions(client, staff, bulgaria, center):
    new = User.objects.create_user("new", is_staff=True)
    client.force_login(staff("lead"))
    url = reverse("admin:auth_user_change", args=[new.pk])
    page = client.get(url)

    data = fields_of(page)
    data["coordinator-0-countries"] = ["BG"]
    saved = client.post(url, data)

    assert saved.status_code == 302
    assert "permission" not in page.content.decode().lower()
    assert rights_of(User.objects.get(pk=new.pk)).may_change(center) is True


def test_a_lead_reaches_no_technical_account(client, staff):
    technical = staff("technical")
    client.force_login(staff("lead"))

    change = client.get(reverse("admin:auth_user_change", args=[technical.pk]))
    password = client.get(reverse("admin:auth_user_password_change", args=[technical.pk]))

    assert change.status_code == 302
    assert password.status_code in (302, 404)
