"""Who changed what in a center and its parts."""

import datetime
import re
import time

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from centers import changes, timeline
from centers.models import (
    BY_CENTER,
    BY_IMPORT,
    Affiliation,
    Cause,
    CauseText,
    Center,
    CenterLink,
    CenterName,
    CenterText,
    Contact,
    ContactAttempt,
    Offer,
    OfferText,
    Organisation,
)
from centers.resources import CenterNameResource
from projects.models import Participation, Project
from stories.models import Story

pytestmark = pytest.mark.django_db
User = get_user_model()


def saved(record, **values):
    """The record, changed and saved as a later moment's work."""
    for name, value in values.items():
        setattr(record, name, value)
    record.save()
    return record


def history_url(record):
    options = record._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_history", args=[record.pk])


def yesterday(record):
    """Let what was done with the record so far have been done the day before."""
    record.history.update(history_date=timezone.now() - datetime.timedelta(days=1))


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def told(client, record, **query):
    """The events on the page of the history, each as one line of text, newest first."""
    page = client.get(history_url(record), query).content.decode()
    items = re.findall(r"<li>\s*<p class=\"event-head\">.*?(?=<li>\s*<p class=\"event-head|</ol>)",
                       page, re.DOTALL)  # fmt: skip
    return [text_of(item) for item in items]


def event_of(client, record, words):
    """The one event on the page that says the words."""
    page = client.get(history_url(record))
    found = [
        event
        for event in page.context["page"].object_list
        if words in f"{event.part} {event.did}: {event.content}"
        or words in " ".join(f"{c.label}: {c.old} → {c.new}" for c in event.changes)
    ]
    assert len(found) == 1, [f"{e.part} {e.did}" for e in page.context["page"].object_list]
    return found[0]


# --- What is told ----------------------------------------------------------------------------


def test_change_of_a_center_is_told_with_labels_and_values(hers, center, staff):
    center._history_user = User.objects.get(username="hers")
    saved(center, name="Lantern", founded="2006-05", precision="exact", languages="")

    line = told(hers, center)[0]

    assert line.startswith("Center changed Name: Mother Center Isperih → Lantern")
    assert "Founded: nothing → May 2006" in line
    assert "How precisely the place may be published: town → exact" in line
    assert "by hers" in line
    assert "Languages" not in line


def test_parts_are_told_on_the_centers_page(hers, center, make):
    host = make(Organisation, slug="host", name="Integro", kind="ngo")
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias", language="bg")
    Affiliation.objects.create(center=center, organisation=host, role="host", began="2015")
    saved(name, kind="former")
    name.delete()

    lines = told(hers, center)

    assert lines[0].startswith(
        "Other name “Marcin” removed: Name: Marcin · Language: Bulgarian · Kind: former"
    )
    assert "Other name “Marcin” changed Kind: other spelling → former" in lines[1]
    assert "Affiliation “Integro” added" in lines[2]
    assert "Organisation: Integro · Role: hosted by · From: 2015" in lines[2]
    assert "Other name “Marcin” added" in lines[3]
    assert lines[4].startswith("Center added")


def test_offers_are_told_as_added_and_removed(hers, center):
    shop, school = (Offer.objects.create(slug=slug) for slug in ("shop", "school"))
    OfferText.objects.create(offer=shop, language="en", name="Second-hand shop")
    center.offers.set([shop])
    yesterday(center)
    center.offers.set([school])

    lines = told(hers, center)

    assert "Offers: Second-hand shop removed; school added" in lines[0]
    # A new center and what it offers are one event.
    assert len(lines) == 2
    assert lines[1].startswith("Center added")
    assert "Offers: Second-hand shop" in lines[1]


def test_one_save_of_fields_and_offers_is_one_event(admin_client, center):
    Offer.objects.create(slug="shop")
    yesterday(center)
    center.name = "Lantern"
    center.save()
    center.offers.set(["shop"])

    lines = told(admin_client, center)

    assert len(lines) == 2
    assert "Name: Mother Center Isperih → Lantern" in lines[0]
    assert "Offers: shop added" in lines[0]


def test_save_that_changes_nothing_is_not_told(hers, center):
    center.save()
    center.save()

    assert len(told(hers, center)) == 1


def test_kept_and_published_columns_and_keys_are_not_told(hers, center, coordinator):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    saved(center, latitude="43.715000", longitude="26.829000")
    center.record_status("closed", observed="2016", by=coordinator)
    center.refresh_from_db()
    saved(center, name="Lantern")

    lines = " ".join(line for line in told(hers, center) if not line.startswith("Status"))

    for label in ("published", "Published latitude", "closed", "Confirmed", "Last confirmed"):
        assert label not in lines.replace("How precisely the place may be published", "")
    assert name.key not in lines
    assert center.public_id not in lines


def test_long_texts_are_compared_word_by_word(hers, center):
    words = " ".join(f"word{number}" for number in range(60))
    text = CenterText.objects.create(
        center=center, language="en", description=f"{words} <b>old</b>"
    )
    saved(text, description=f"{words} <b>new</b>")

    page = hers.get(history_url(center)).content.decode()

    assert "<del>&lt;b&gt;old&lt;/b&gt;</del> <ins>&lt;b&gt;new&lt;/b&gt;</ins>" in page
    assert "… word52" in page
    compared = page.split("Description:</span>")[1].split("</li>")[0]
    assert "word51" not in compared


def test_text_of_which_only_line_breaks_changed_says_so(hers, center):
    text = CenterText.objects.create(center=center, language="en", description="one two " * 20)
    saved(text, description="one\ntwo " * 20)

    assert "Description: only blanks and line breaks changed" in told(hers, center)[0]


def test_rows_of_an_import_are_told_as_its_own(hers, center):
    dataset = CenterNameResource().export(CenterName.objects.none())
    dataset.append(["aaaa", center.public_id, "Marcin", "bg", "alias"])
    CenterNameResource().import_data(dataset, raise_errors=True)

    assert "Other name “Marcin” added" in told(hers, center)[0]
    assert "by an import" in told(hers, center)[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b " * 50_000, "b c " * 50_000),
        ("a " * 2000, "a b " * 1000),
        ("a b " * 999, "b a " * 999),
    ],
)
def test_comparing_long_texts_does_not_keep_her_waiting(old, new):
    began = time.monotonic()
    html = changes.compared(old, new)

    assert time.monotonic() - began < 5  # seconds; without a bound it takes minutes
    assert "<del>a" in html
    assert len(html) < 20_000


def test_statements_are_told_with_who_said_so(hers, center):
    user = User.objects.get(username="hers")
    cause = Cause.objects.create(slug="rent", group="other")
    CauseText.objects.create(cause=cause, language="en", name="The rent")
    center.record_status("active", observed="2010", by=BY_IMPORT)
    center.record_status("paused", observed="2012-05", by=BY_CENTER)
    entry = center.record_status(
        "closed", observed="2016", since="2015-05", causes=[("rent", "main")],
        according_to="the host", by=user,
    )  # fmt: skip
    entry.withdraw("It was another center.", by=user)

    lines = told(hers, center, part="statusentry")

    assert "Status withdrawn: closed (2016); because: It was another center." in lines[0]
    assert (
        "Status recorded: closed since May 2015, seen or told in 2016; "
        "because of The rent (main cause); according to the host" in lines[1]
    )
    assert "by hers" in lines[0]
    assert "by hers" in lines[1]
    assert "paused, seen or told in May 2012" in lines[2]
    assert "by the center itself" in lines[2]
    assert "by an import" in lines[3]


def test_standing_statement_leads_to_its_withdrawal(client, staff, center):
    entry = center.record_status("closed", observed="2016", by=BY_IMPORT)
    url = reverse("admin:centers_statusentry_withdraw", args=[entry.pk])

    for kind, offered in [("hers", True), ("other", False)]:
        client.force_login(staff(kind))
        assert (url in client.get(history_url(center)).content.decode()) is offered


def test_redacted_note_is_gone_and_its_removal_told(hers, center):
    entry = center.record_status("closed", observed="2016", note="Marker of a person", by=BY_IMPORT)
    entry.redact_note(by=User.objects.get(username="hers"))

    page = hers.get(history_url(center)).content.decode()

    assert "Marker of a person" not in page
    assert "note removed to protect a person" in page


def test_attempts_are_told_on_their_day_and_marked_when_mistaken(hers, center):
    user = User.objects.get(username="hers")
    attempt = ContactAttempt.objects.create(
        center=center, tried_on=datetime.date(2099, 5, 17), means="telephone", by=user
    )
    assert "Attempt to reach it nobody answered: telephone May 17, 2099" in told(hers, center)[0]

    saved(attempt, is_mistaken=True)

    assert "(entered by mistake)" in told(hers, center)[0]
    assert list(ContactAttempt.objects.standing()) == []


def test_change_by_an_import_and_its_reason_are_told(hers, center):
    center._change_reason = "import of members.csv"
    saved(center, name="Lantern")

    line = told(hers, center)[0]

    assert "by an import" in line
    assert "import of members.csv" in line


@pytest.mark.parametrize("language", ["de", "bg"])
def test_times_and_dates_are_written_as_the_reader_writes_them(language):
    moment = datetime.datetime(2026, 5, 3, 14, 5, tzinfo=datetime.UTC)
    expected = {"de": "3. Mai 2026, 14:05", "bg": "3 май 2026\u202fг., 14:05"}

    with translation.override(language):
        words = timeline.moment_in_words(moment)

    assert words.startswith(expected[language])


def test_part_that_moved_is_told_in_both_centers(hers, center, make, bulgaria):
    other = make(Center, slug="other", name="Other")
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    saved(name, center=other)
    saved(name, value="Marzipan")

    here, there = told(hers, center), told(hers, other)

    assert "Center: Mother Center Isperih → Other" in here[0]
    assert "Other name “Marcin” added" in here[1]
    assert "Marzipan" not in " ".join(here)
    assert "Name: Marcin → Marzipan" in there[0]
    assert "Center: Mother Center Isperih → Other" in there[1]
    assert "Other name “Marcin” added" not in " ".join(there)


def test_ties_projects_and_stories_of_a_center_are_told(hers, center, make, bulgaria):
    other = make(Center, slug="other", name="Other")
    project = make(Project, slug="pilot")
    Participation.objects.create(project=project, center=center, role="host")
    CenterLink.objects.create(center=other, kind="branch_of", other=center)
    make(Story, slug="told", title="A story", center=center, kind="story")

    lines = " ".join(told(hers, center))

    for words in ("Participation “pilot” added", "Story “A story” added",
                  "Tie to another center “Mother Center Isperih” added"):  # fmt: skip
        assert words in lines


def test_deleted_account_leaves_its_work_to_nobody(hers, center):
    gone = User.objects.create_user("gone", is_staff=True)
    center._history_user = gone
    saved(center, name="Lantern")
    gone.delete()

    assert "by unknown" in told(hers, center)[0]


def test_rows_written_in_bulk_keep_the_offers(hers, bulgaria):
    shop = Offer.objects.create(slug="shop")
    [center] = bulk_create_with_history(
        [Center(name="Nada", slug="nada", country=bulgaria)], Center,
        default_change_reason="import of members.csv",
    )  # fmt: skip
    center.offers.add(shop)
    center.name = "Nada 2"
    bulk_update_with_history([center], Center, ["name"], default_change_reason="import of more.csv")

    line = told(hers, center)[0]

    assert "Name: Nada → Nada 2" in line
    assert "Offers" not in line


def test_models_say_themselves_how_they_are_told(hers, center, monkeypatch):
    monkeypatch.setattr(timeline, "_SOURCES", {})

    @timeline.told_by(Center)
    def merges(record):
        yield timeline.Event(
            at=datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC), kind="centermerge",
            part="Merge", did="done", content=f"into {record}", link=("/admin/", "See the merge"),
        )  # fmt: skip

    line = told(hers, center)[0]

    assert "Merge done: into Mother Center Isperih" in line
    assert "See the merge" in line


def test_model_that_is_told_apart_is_not_told_twice(hers, center, monkeypatch):
    CenterName.objects.create(center=center, value="Marcin", kind="alias")
    monkeypatch.setattr(CenterName, "told_apart", True, raising=False)

    assert "Marcin" not in " ".join(told(hers, center))


def without_links(rows):
    """Rows as they were before offers were followed, and as an import writes them."""
    Center.history.model.offers.model.objects.filter(history__in=rows).delete()
    rows.update(links_kept=None)


def test_rows_that_do_not_hold_the_offers_do_not_tell_of_them(hers, center):
    center.offers.set([Offer.objects.create(slug="shop")])
    yesterday(center)
    saved(center, name="Lantern")
    without_links(Center.history.all())
    saved(center, name="Sunflower")
    imported = saved(center, name="Lantern 2").history.latest()
    without_links(Center.history.filter(pk=imported.pk))
    saved(center, name="Lantern 3")

    lines = told(hers, center)

    assert len(lines) == 5
    assert [("Offers" in line) for line in lines] == [False, False, False, False, True]
    assert "Offers: shop" in lines[4]


def test_rows_of_a_center_without_any_that_hold_offers_are_told(hers, center):
    saved(center, name="Lantern")
    without_links(Center.history.all())

    assert len(told(hers, center)) == 2


# --- Persons ---------------------------------------------------------------------------------


def test_persons_are_told_to_those_alone_who_look_after_the_center(client, staff, center):
    Contact.objects.create(center=center, name="Marker of a person", email="marker@example.org")

    for kind, seen in [("hers", True), ("lead", True), ("other", False)]:
        client.force_login(staff(kind))
        page = client.get(history_url(center)).content.decode()
        assert ("Marker of a person" in page) is seen
        assert ('value="contact"' in page) is seen


def test_erased_person_leaves_nothing(hers, center):
    contact = Contact.objects.create(
        center=center, name="Marker of a person", email="marker@example.org"
    )
    saved(contact, phone="123 456")
    contact.delete()

    page = hers.get(history_url(center)).content.decode()

    for words in ("Marker of a person", "marker@example.org", "123 456", "Contact person"):
        assert words not in page


def test_person_who_moved_is_told_where_she_is_looked_after(client, staff, center, make, serbia):
    foreign = make(Center, slug="foreign", country=serbia)
    contact = Contact.objects.create(center=center, name="Marker of a person", phone="1")
    saved(contact, center=foreign)
    client.force_login(staff("hers"))

    assert "Marker of a person" not in client.get(history_url(center)).content.decode()


def test_private_models_are_private_in_the_history():
    for model, page in admin.site._registry.items():
        if "PrivateMixin" in [each.__name__ for each in type(page).__mro__]:
            assert getattr(model, "is_private", False) or not hasattr(model, "history")
    assert [part.is_removable for part in timeline.parts_of(Center, inlines=[Contact])
            if part.model is Contact] == [False]  # fmt: skip


# --- Lists -----------------------------------------------------------------------------------


def test_history_is_filtered_by_part_and_person(hers, center, admin_user):
    name = CenterName(center=center, value="Marcin", kind="alias")
    name._history_user = admin_user
    name.save()

    assert len(told(hers, center, part="centername")) == 1
    assert len(told(hers, center, by=admin_user.pk)) == 1
    assert len(told(hers, center, by="unknown")) == 1
    assert told(hers, center, part="centername", by="unknown") == []
    page = hers.get(history_url(center), {"part": "centername", "by": "unknown"})
    assert "Nothing in the history is of this kind" in page.content.decode()


@pytest.mark.parametrize("query", [{"part": "x\x00"}, {"by": "999"}, {"part": "a" * 5000}])
def test_unknown_filters_are_left_out_and_told(hers, center, query):
    page = hers.get(history_url(center), query)

    assert "One of the choices is not known here" in page.content.decode()
    assert len(page.context["page"].object_list) == 1


@pytest.mark.parametrize("number", ["0", "999", "x"])
def test_pages_that_are_not_there_show_the_nearest(hers, center, number):
    page = hers.get(history_url(center), {"page": number})

    assert len(page.context["page"].object_list) == 1


def test_long_history_is_paged_and_keeps_the_filter(hers, center):
    for number in range(70):
        saved(center, place=f"Town {number}")

    page = hers.get(history_url(center), {"part": "center"})

    assert len(page.context["page"].object_list) == 30
    assert 'href="?page=2&amp;part=center"' in page.content.decode()
    assert len(told(hers, center, part="center", page=3)) == 11


def test_queries_are_the_same_for_few_and_many_events_and_parts(hers, center, make):
    host = make(Organisation, slug="host", name="Integro", kind="ngo")
    offer = Offer.objects.create(slug="shop")

    def work(number):
        center.offers.set([offer] if number % 2 else [])
        saved(center, place=f"Town {number}")
        CenterName.objects.create(center=center, value=f"Name {number}", kind="alias")
        Affiliation.objects.create(
            center=center, organisation=host, role="host", began=str(1900 + number)
        )
        center.record_status("active", observed=str(1990 + number), by=BY_IMPORT)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            hers.get(history_url(center))
        return len(captured)

    work(1)
    few = queries()
    for number in range(2, 12):
        work(number)

    assert queries() == few
    assert few < 45


@pytest.mark.parametrize("pk", ["999999", "x", "9" * 40, "a%00b"])
def test_history_of_nothing_is_not_found(hers, db, pk):
    assert hers.get(f"/admin/centers/center/{pk}/history/").status_code == 404
    put_back_page = f"/admin/centers/center/{pk}/history/center/1/put-back/"
    assert hers.get(put_back_page).status_code == 404


@pytest.mark.parametrize(
    "page",
    [
        "x/history/1",
        "{pk}/history/x",
        "{pk}/history/99999999999999999999",
        "{pk}/history/center/99999999999999999999/put-back",
    ],
)
def test_version_of_nothing_is_not_found(hers, center, page):
    assert hers.get(f"/admin/centers/center/{page.format(pk=center.pk)}/").status_code == 404


def test_organisations_and_projects_have_the_same_history(admin_client, make, bulgaria):
    host = make(Organisation, slug="host", name="Integro", kind="ngo")
    host.names.create(value="Интегро", kind="native")
    project = make(Project, slug="pilot")
    project.countries.set([bulgaria])
    project.texts.create(language="en", title="The pilot")

    assert "Other name “Интегро” added" in told(admin_client, host)[0]
    lines = " ".join(told(admin_client, project))
    assert "Text “The pilot” added" in lines
    assert "Countries: Bulgaria" in lines
