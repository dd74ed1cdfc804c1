"""Putting back what the history tells; and that nothing is deleted that could not come back."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from django.urls import reverse

from centers import timeline
from centers.models import (
    BY_IMPORT,
    Affiliation,
    Center,
    CenterName,
    CenterNote,
    CenterText,
    Contact,
    ContactAttempt,
    Offer,
    Organisation,
    Report,
    SearchEntry,
    Snapshot,
)
from centers.put_back import DoneAlready, plan
from centers.put_back import put_back as put_it_back
from projects.models import Participation, Project
from stories.models import StoryPicture, StoryTranslation
from tests.centers.test_history import event_of, history_url, saved, text_of, told, yesterday
from tests.centers.test_status_log import at_once

pytestmark = pytest.mark.django_db
User = get_user_model()


def put_back(client, record, words, **values):
    """Open the page that puts the event back, and send it as it stands but for `values`."""
    url = event_of(client, record, words).put_back_url
    return send(client, url, **values)


def send(client, url, **values):
    page = client.get(url)
    if page.status_code != 200:
        return page
    plan = page.context["plan"]
    data = {"seen": plan.seen if plan else "", "fields": page.context["ticked"]} | values
    return client.post(url, data)


def messages_of(client, answer):
    assert answer.status_code == 302, text_of(answer.content.decode())
    return [str(message) for message in client.get(answer.url).context["messages"]]


def found(words):
    pks = SearchEntry.objects.of_kind("center").matching(words).values("object_id")
    return [center.name for center in Center.objects.filter(pk__in=pks)]


# --- Putting back ----------------------------------------------------------------------------


def test_page_shows_what_would_change_and_changes_nothing(hers, center):
    saved(center, name="Lantern", place="Razgrad")
    url = event_of(hers, center, "Lantern").put_back_url

    page = hers.get(url)
    center.refresh_from_db()

    words = text_of(page.content.decode())
    assert "Name: Lantern → Mother Center Isperih" in words
    assert "Town: Razgrad → Isperih" in words
    assert page.context["ticked"] == ["name", "place"]
    assert (center.name, center.place) == ("Lantern", "Razgrad")


def test_change_of_a_center_is_put_back(hers, client, center):
    center.record_status("closed", observed="2016", by=BY_IMPORT)
    center.refresh_from_db()
    center.keep_former_slug()
    saved(center, name="Lantern", slug="lantern")
    changed = center.history.latest()
    put_back(hers, center, "Lantern")
    center.refresh_from_db()
    row = center.history.latest()

    assert (center.name, center.slug) == ("Mother Center Isperih", "isperih")
    assert (center.status, str(center.confirmed_on)) == ("closed", "2016")
    assert [former.value for former in center.former_slugs.all()] == ["lantern"]
    assert (found("mother"), found("lantern")) == (["Mother Center Isperih"], [])
    assert row.history_user.username == "hers"
    assert row.history_change_reason == f"put back to {changed.history_date.isoformat()}"
    assert "put back as it was before" in told(hers, center)[0]
    # The event itself is as it was before now, and is offered no more.
    page = hers.get(history_url(center), {"part": "center"}).context["page"]
    assert [event.is_offered for event in page.object_list] == [True, False, False]


def test_only_the_ticked_fields_are_put_back(hers, center):
    saved(center, name="Lantern", place="Razgrad")
    put_back(hers, center, "Lantern", fields=["place"])
    center.refresh_from_db()

    assert (center.name, center.place) == ("Lantern", "Isperih")


def test_nothing_ticked_is_asked_for(hers, center):
    saved(center, name="Lantern")
    answer = put_back(hers, center, "Lantern", fields=[])

    assert "Choose at least one field to put back." in answer.content.decode()


def test_fields_that_the_event_did_not_change_are_not_put_back(hers, center):
    saved(center, place="Razgrad")
    saved(center, name="Lantern")
    put_back(hers, center, "Lantern", fields=["name", "place", "status", "public_id", "pk"])
    center.refresh_from_db()

    assert (center.name, center.place) == ("Mother Center Isperih", "Razgrad")


def test_later_change_of_the_field_is_told_and_kept_unless_ticked(hers, center):
    saved(center, name="Lantern", place="Razgrad")
    saved(center, name="Sunflower")
    url = event_of(hers, center, "Isperih → Razgrad").put_back_url

    page = hers.get(url)
    assert "this change had made it “Lantern”" in page.content.decode()
    assert page.context["ticked"] == ["place"]
    send(hers, url)
    center.refresh_from_db()
    assert (center.name, center.place) == ("Sunflower", "Isperih")
    send(hers, url, fields=["name"])
    center.refresh_from_db()
    assert center.name == "Mother Center Isperih"


def test_offers_are_put_back(hers, center):
    shop, school = (Offer.objects.create(slug=slug) for slug in ("shop", "school"))
    center.offers.set([shop])
    yesterday(center)
    center.offers.set([school])
    [event] = [each for each in hers.get(history_url(center)).context["page"].object_list
               if each.did == "changed"]  # fmt: skip
    send(hers, event.put_back_url)

    assert list(center.offers.all()) == [shop]
    assert "Offers: school removed; shop added" in told(hers, center)[0]


def test_removed_part_comes_back_with_its_key(hers, center):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias", language="bg")
    before = CenterName.objects.values().get()
    name.delete()
    messages = messages_of(hers, put_back(hers, center, "“Marcin” removed"))

    assert CenterName.objects.values().get() == before
    assert found("marcin") == ["Mother Center Isperih"]
    assert messages[0].startswith("Other name “Marcin”: put back as it was before")
    assert "Other name “Marcin” added" in told(hers, center)[0]


@pytest.mark.parametrize(
    "row",
    [
        lambda center, host: Affiliation(
            center=center, organisation=host, role="host", began="2015-05"
        ),
        lambda center, host: Snapshot(center=center, as_of="2015", visitors=7, premises="rented"),
        lambda center, host: CenterText(center=center, language="bg", summary="Център"),
    ],
)
def test_every_part_removed_on_the_page_comes_back(hers, center, make, row):
    part = row(center, make(Organisation, slug="host", name="Integro", kind="ngo"))
    part.save()
    before = type(part).objects.values().get()
    part.delete()
    put_back(hers, center, "removed")

    assert type(part).objects.values().get() == before


def test_added_part_is_removed_again_and_can_come_back(hers, center):
    CenterName.objects.create(center=center, value="Marcin", kind="alias")
    put_back(hers, center, "“Marcin” added")
    assert CenterName.objects.count() == 0
    assert found("marcin") == []

    put_back(hers, center, "“Marcin” removed")
    assert CenterName.objects.get().value == "Marcin"


def test_changed_part_is_put_back(hers, center):
    text = CenterText.objects.create(center=center, language="en", description="Ours")
    saved(text, description="Theirs")
    put_back(hers, center, "Ours → Theirs")
    text.refresh_from_db()

    assert text.description == "Ours"


def test_moved_part_moves_back_and_is_found_there(admin_client, center, make):
    other = make(Center, slug="other", name="Other")
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    saved(name, center=other)
    put_back(admin_client, other, "Mother Center Isperih → Other")
    name.refresh_from_db()

    assert name.center == center
    assert found("marcin") == ["Mother Center Isperih"]


def test_what_stands_in_the_way_is_said_and_nothing_done(hers, center):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    name.delete()
    CenterName.objects.create(center=center, value="Marcin", kind="former")
    answer = put_back(hers, center, "“Marcin” removed")

    assert "Nothing was changed." in answer.content.decode()
    assert "already exists" in answer.content.decode()
    assert [each.kind for each in CenterName.objects.all()] == ["former"]


def test_address_that_another_center_has_now_is_refused(hers, center, make):
    saved(center, slug="lantern")
    make(Center, slug="isperih", name="Other")
    answer = put_back(hers, center, "isperih → lantern")
    center.refresh_from_db()

    assert "already exists" in answer.content.decode()
    assert center.slug == "lantern"


def test_part_whose_organisation_is_gone_is_refused_in_words(hers, center, make):
    host = make(Organisation, slug="host", name="Integro", kind="ngo")
    tie = Affiliation.objects.create(center=center, organisation=host, role="host")
    tie.delete()
    host.delete()
    answer = put_back(hers, center, "removed")

    assert "Organisation: What stood here is no longer in the register." in answer.content.decode()
    assert Affiliation.objects.count() == 0


def test_change_of_a_part_that_was_removed_since_is_refused(hers, center):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    saved(name, value="Marzipan")
    url = event_of(hers, center, "Marcin → Marzipan").put_back_url
    name.delete()
    page = hers.get(url)

    assert "It was removed since." in page.content.decode()
    assert hers.post(url, {"fields": ["value"]}).status_code == 200
    assert CenterName.objects.count() == 0


@pytest.mark.parametrize("what", ["change", "restore", "remove"])
def test_second_who_puts_back_is_told_that_it_is_done(hers, center, what):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    if what == "change":
        saved(name, value="Marzipan")
    if what == "restore":
        name.delete()
    words = {"change": "Marcin → Marzipan", "restore": "removed", "remove": "“Marcin” added"}
    event = event_of(hers, center, words[what])
    seen = hers.get(event.put_back_url).context["plan"].seen
    data = {"seen": seen, "fields": ["value"]}
    hers.post(event.put_back_url, data)
    rows = CenterName.history.count()

    message = messages_of(hers, hers.post(event.put_back_url, data))[-1]

    assert "is as it was before already. It was last changed by hers" in message
    assert CenterName.history.count() == rows


def test_what_changed_between_page_and_answer_is_shown_anew(hers, center):
    saved(center, name="Lantern")
    url = event_of(hers, center, "Lantern").put_back_url
    seen = hers.get(url).context["plan"].seen
    saved(center, name="Sunflower")

    answer = hers.post(url, {"seen": seen, "fields": ["name"]})
    center.refresh_from_db()

    assert "It was changed meanwhile." in answer.content.decode()
    assert "Sunflower" in answer.content.decode()
    assert center.name == "Sunflower"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["change", "restore", "remove"])
def test_two_who_put_back_at_once_do_it_once(center, admin_user, what):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    if what == "change":
        saved(name, value="Marzipan")
    if what == "restore":
        name.delete()
    part = timeline.parts_of(Center, inlines=[CenterName])
    [part] = [each for each in part if each.model is CenterName]
    event = timeline.events_of(center, [part])
    event = next(each for each in event if isinstance(each, timeline.RowEvent))
    seen, rows, told_already = plan(event).seen, CenterName.history.count(), []

    def again():
        try:
            put_it_back(event, record=center, fields=["value"], seen=seen, by=admin_user)
        except DoneAlready:
            told_already.append(True)

    at_once(again, again)

    assert told_already == [True]
    assert CenterName.history.count() == rows + 1


@pytest.mark.parametrize("what", ["change", "restore", "remove"])
@pytest.mark.parametrize("kind", ["other", "new"])
def test_coordinators_of_others_put_nothing_back(client, staff, center, what, kind):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    if what == "change":
        saved(name, value="Marzipan")
    if what == "restore":
        name.delete()
    version = {"change": "~", "restore": "-", "remove": "+"}[what]
    row = CenterName.history.get(history_type=version)
    url = f"/admin/centers/center/{center.pk}/history/centername/{row.pk}/put-back/"
    state = list(CenterName.objects.values())

    if kind == "other":
        client.force_login(staff("other"))
        assert "put-back" not in client.get(history_url(center)).content.decode()
    else:
        client.force_login(User.objects.create_user("new", is_staff=True))
    answers = [client.get(url), client.post(url, {"fields": ["value"]})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert list(CenterName.objects.values()) == state


def test_strangers_are_sent_to_the_login(client, center):
    row = center.history.get()
    url = f"/admin/centers/center/{center.pk}/history/center/{row.pk}/put-back/"

    assert client.post(url).url.startswith("/admin/login/")


def test_country_is_put_back_by_leads_alone(client, staff, center, serbia, bulgaria):
    network = Organisation.objects.create(slug="union", name="Union", kind="network")
    Affiliation.objects.create(center=center, organisation=network, role="member")
    user = staff("hers")
    user.coordinator.networks.add(network)
    saved(center, country=serbia, name="Lantern")
    client.force_login(user)
    url = event_of(client, center, "Lantern").put_back_url

    assert "Only a lead coordinator can put this back: Country." in client.get(
        url
    ).content.decode().replace("\n", " ")
    send(client, url, fields=["name", "country"])
    center.refresh_from_db()
    assert (center.name, center.country) == ("Mother Center Isperih", serbia)
    client.force_login(staff("lead"))
    send(client, url, fields=["country"])
    center.refresh_from_db()
    assert center.country == bulgaria


def test_part_is_not_put_back_into_anothers_hands(client, staff, center, make, serbia):
    foreign = make(Center, slug="foreign", country=serbia)
    name = CenterName.objects.create(center=foreign, value="Marcin", kind="alias")
    saved(name, center=center)
    client.force_login(staff("hers"))
    answer = put_back(client, center, "changed")
    name.refresh_from_db()

    assert "This is outside of your countries and networks." in answer.content.decode()
    assert name.center == center


@pytest.mark.parametrize("kind", ["center", "centername", "contact", "statusentry", "nothing"])
def test_what_cannot_be_put_back_is_not_found(hers, center, kind):
    Contact.objects.create(center=center, name="Marker of a person", phone="1")
    row = center.history.get()  # a center that was added is not taken away again

    url = f"/admin/centers/center/{center.pk}/history/{kind}/{row.pk}/put-back/"
    assert hers.get(url).status_code == 404
    assert hers.post(url).status_code == 404
    assert Contact.objects.count() == 1


def test_event_of_another_center_is_not_found(admin_client, center, make):
    other = make(Center, slug="other", name="Other")
    saved(other, name="Lantern")
    row = other.history.latest()

    url = f"/admin/centers/center/{center.pk}/history/center/{row.pk}/put-back/"
    assert admin_client.post(url, {"fields": ["name"]}).status_code == 404


def test_merged_center_tells_its_history_and_is_not_put_back(admin_client, center, make):
    other = make(Center, slug="other", name="Other")
    saved(center, name="Lantern")
    saved(center, merged_into=other)
    page = admin_client.get(history_url(center)).content.decode()
    row = center.history.filter(history_type="~").earliest()
    url = f"/admin/centers/center/{center.pk}/history/center/{row.pk}/put-back/"

    assert "It was merged into Other." in " ".join(page.split())
    assert "put-back" not in page
    assert admin_client.post(url, {"fields": ["name"]}).status_code == 403


def test_part_that_a_merge_moved_is_not_put_back_into_the_merged_center(admin_client, center, make):
    loser = make(Center, slug="loser", name="Loser")
    name = CenterName.objects.create(center=loser, value="Marcin", kind="alias")
    name._change_reason = "merged"
    saved(name, center=center)
    saved(loser, merged_into=center)
    answer = put_back(admin_client, center, "Loser → Mother Center Isperih")
    name.refresh_from_db()

    assert "“Loser” was merged into another record" in answer.content.decode()
    assert name.center == center


def test_participation_is_put_back_in_its_own_history(admin_client, center, make):
    project = make(Project, slug="pilot")
    tie = Participation.objects.create(project=project, center=center, role="host")
    saved(tie, role="lead")
    page = admin_client.get(history_url(center)).content.decode()

    assert history_url(tie) in page
    put_back(admin_client, tie, "host → lead")
    tie.refresh_from_db()
    assert tie.role == "host"


# --- Nothing is deleted ----------------------------------------------------------------------

# Persons are erased, and photos withdrawn, on pages of their own, which keep a ledger.


@pytest.fixture
def request_of(staff, rf):
    def request_of(kind):
        request = RequestFactory().get("/admin/")
        request.user = staff(kind)
        return request

    return request_of


@pytest.mark.parametrize("kind", ["hers", "other", "lead"])
def test_coordinators_delete_nothing(request_of, kind):
    request = request_of(kind)

    for model, page in admin.site._registry.items():
        assert (model, page.has_delete_permission(request)) == (model, False)
        assert "delete_selected" not in page.get_actions(request)


# What a list said in columns nobody knows may tell of persons; of a story nothing may stay when it
# is withdrawn, and of a picture nothing when it is deleted.
GONE_FOR_GOOD = (CenterNote, StoryTranslation, StoryPicture)


def test_parts_removed_on_a_page_can_be_put_back(request_of):
    for page in admin.site._registry.values():
        for inline in page.inlines:
            if inline.can_delete and inline.model not in GONE_FOR_GOOD:
                parts = timeline.parts_of(page.model, inlines=[inline.model])
                assert inline.model in [part.model for part in parts] or not inline(
                    page.model, admin.site
                ).has_delete_permission(request_of("lead"))


@pytest.mark.parametrize("model", [ContactAttempt, Report])
@pytest.mark.parametrize(("kind", "may"), [("hers", False), ("lead", False), ("technical", True)])
def test_attempts_and_reports_are_deleted_by_technical_accounts_alone(
    client, staff, center, make, model, kind, may
):
    row = make(model, center=center)
    client.force_login(staff(kind))
    options = model._meta
    url = reverse(f"admin:centers_{options.model_name}_delete", args=[row.pk])

    assert client.post(url, {"post": "yes"}).status_code == (302 if may else 403)
    assert model.objects.filter(pk=row.pk).exists() is not may
