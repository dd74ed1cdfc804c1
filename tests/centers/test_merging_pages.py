"""The desk's pages on possible doubles: the list, two side by side, merging, undoing."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centers import search
from centers.duplicates import OpenPairs, remember_different
from centers.merging import merge_centers, undo_merge
from centers.models import (
    Affiliation,
    Center,
    CenterMerge,
    CenterName,
    Contact,
    Coordinator,
    Country,
    NotDuplicate,
    Organisation,
)
from tests.centers.test_admin import Form, change, message_of

User = get_user_model()


@pytest.fixture
def serbia(db):
    return Country.objects.create(code="RS")


@pytest.fixture
def staff(bulgaria, serbia):
    """`staff("hers")`: a coordinator of Bulgaria; "other": of Serbia; "lead"; "nobody"."""

    def staff(kind):
        user = User.objects.create_user(kind, is_staff=True)
        if kind != "nobody":
            row = Coordinator.objects.create(user=user, is_lead=kind == "lead")
            row.countries.set({"hers": [bulgaria], "other": [serbia]}.get(kind, []))
        return user

    return staff


@pytest.fixture
def two(center, bulgaria):
    """(the center that stays, its double), as the admin would have made them."""
    double = Center.objects.create(
        name="Майчин център Исперих", slug="double", country=bulgaria, place="Исперих"
    )
    search.reindex("center")
    return center, double


@pytest.fixture
def hers(client, staff):
    """The browser of a coordinator of Bulgaria."""
    client.force_login(staff("hers"))
    return client


def page(name, *centers):
    return reverse(f"admin:centers_center_{name}", args=[center.pk for center in centers])


def words(answer):
    return answer.content.decode()


# --- The list ----------------------------------------------------------------------------------


def test_the_list_shows_her_pairs_with_their_reasons(hers, two, serbia):
    for slug in ("one", "two"):
        Center.objects.create(name="Nada", slug=slug, country=serbia)
    search.reindex("center")

    answer = hers.get(page("duplicates"))

    [pair] = answer.context["pairs"]
    assert (pair["a"], pair["b"]) == two
    assert pair["reasons"] == [
        "the same name", "the same town or point, and the same core of the name",
    ]  # fmt: skip
    assert page("compare", *two) in words(answer)
    assert "Nada" not in words(answer)


def test_the_list_is_filtered_by_country_and_kind(client, staff, two, serbia, bulgaria):
    for number, place in enumerate(("Niš", "Niš", "Novi Sad")):
        Center.objects.create(name="Nada", slug=f"n{number}", country=serbia, place=place)
    search.reindex("center")
    client.force_login(staff("lead"))

    def shown(**values):
        pairs = client.get(page("duplicates"), values).context["pairs"]
        return sorted((pair["a"].slug, pair["b"].slug) for pair in pairs)

    assert shown() == [("isperih", "double"), ("n0", "n1")]
    assert shown(country="rs") == [("n0", "n1")]
    assert shown(show="elsewhere") == [("n0", "n2"), ("n1", "n2")]


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"country": "XX"}, "There is no center in the country “XX”."),
        ({"show": "nonsense\0"}, "There is no list “nonsense\0”."),
        ({"page": "9" * 30}, "They share:"),
    ],
)
def test_the_list_says_what_it_does_not_understand(hers, two, values, note):
    answer = hers.get(page("duplicates"), values)

    assert note in words(answer)
    assert len(answer.context["pairs"]) == 1


def test_the_list_helps_where_there_is_nothing(hers, center):
    assert "No pair waits for you." in words(hers.get(page("duplicates")))
    nobody = words(hers.get(page("duplicates"), {"show": "decided"}))
    assert "Nobody has said of two of these centers that they are different." in nobody


@pytest.mark.parametrize("show", ["likely", "decided"])
def test_the_list_takes_the_same_queries_for_one_and_for_many(client, staff, bulgaria, show):
    client.force_login(staff("lead"))
    client.get("/admin/")  # the first page after a login notes where she is logged in
    counts = []
    for number in (1, 30):
        for each in range(number):
            pair = [
                Center.objects.create(
                    name=f"Nada {number} {each}",
                    slug=f"n-{number}-{each}-{twice}",
                    country=bulgaria,
                )
                for twice in range(2)
            ]
            if show == "decided":
                remember_different(*pair, by=None)
        search.reindex("center")
        with CaptureQueriesContext(connection) as queries:
            client.get(page("duplicates"), {"show": show})
        counts.append(len(queries))

    assert counts[0] == counts[1]


# --- Side by side --------------------------------------------------------------------------------


def test_the_comparison_says_in_words_where_they_differ(hers, two):
    keep, double = two
    Affiliation.objects.create(
        center=double,
        organisation=Organisation.objects.create(slug="u", name="Union", kind="network"),
        role="member",
    )
    Contact.objects.create(center=keep, name="Marker of a person", phone="1")

    answer = hers.get(page("compare", *two))

    marks = {line.label: (line.mark, line.a, line.b) for line in answer.context["lines"]}
    assert marks["Name"] == ("differs", [keep.name], [double.name])
    assert marks["Country"] == ("same", ["Bulgaria"], ["Bulgaria"])
    assert marks["Affiliations"] == ("one", [], ["member of Union"])
    assert marks["Contact persons"] == ("one", ["Marker of a person"], [])
    for said in ("≠ different", "= the same", "one of them only", "They share: the same name"):
        assert said in words(answer)
    assert page("merge", *two) in words(answer)
    assert page("merge", *two[::-1]) in words(answer)


def test_others_compare_but_see_no_person_and_decide_nothing(client, staff, two):
    Contact.objects.create(center=two[0], name="Marker of a person", phone="1")
    client.force_login(staff("other"))

    shown = words(client.get(page("compare", *two)))

    assert "Mother Center Isperih" in shown
    assert "Marker of a person" not in shown
    for name in ("merge", "different"):
        assert page(name, *two) not in shown
    assert "A lead coordinator can." in shown


def test_centers_of_two_countries_are_left_to_leads(hers, two, serbia):
    Center.objects.filter(pk=two[1].pk).update(country=serbia)

    shown = words(hers.get(page("compare", *two)))

    assert "a lead coordinator can merge them" in shown
    assert page("merge", *two) not in shown
    assert page("different", *two) in shown


# --- Not the same --------------------------------------------------------------------------------


def test_not_a_double_is_remembered_and_taken_back(hers, two):
    answer = hers.post(page("different", *two))

    [message] = message_of(answer, hers)
    assert page("compare", *two) in message
    assert OpenPairs().count() == 0
    shown = hers.get(page("compare", *two))
    assert "they are two centers" in words(shown)
    assert "hers" in words(hers.get(page("duplicates"), {"show": "decided"}))

    decision = NotDuplicate.objects.get()
    answer = hers.post(reverse("admin:centers_center_reconsider", args=[decision.pk]))

    assert answer.url == page("compare", *two)
    assert (NotDuplicate.objects.count(), OpenPairs().count()) == (0, 1)


# --- Merging -------------------------------------------------------------------------------------


def confirmed(client, keep, double, **values):
    """The answer to the form of the preview, sent as it is shown but for the values."""
    form = Form(client.get(page("merge", keep, double))).data
    return client.post(page("merge", keep, double), {**form, **values})


def test_the_preview_tells_what_goes_where_and_changes_nothing(hers, two):
    keep, double = two
    CenterName.objects.create(center=double, value="Надежда", kind="native")
    for each in two:
        CenterName.objects.create(center=each, value="Nada", kind="alias")
    Center.objects.filter(pk=double.pk).update(phone="+359 2")

    answer = hers.get(page("merge", *two))

    plan = answer.context["plan"]
    [names] = plan.groups
    assert ([str(r) for r in names.moving], [str(r) for r in names.staying]) == (
        ["Надежда"], ["Nada"],
    )  # fmt: skip
    assert answer.context["aliases"] == ["Майчин център Исперих"]
    form = Form(answer).data
    assert (form["take_phone"], form["take_name"], form["take_place"]) == (
        ["on"], ["kept"], ["kept"],
    )  # fmt: skip
    assert not CenterMerge.objects.exists()
    assert (keep.names.count(), double.names.count()) == (1, 2)


def test_a_confirmed_merge_is_told_and_its_address_leads_on(hers, client, two):
    keep, double = two
    Center.objects.filter(pk=double.pk).update(phone="+359 2", email="a@example.org")

    answer = confirmed(hers, keep, double, take_name=["merged"], take_email=[])

    merge = CenterMerge.objects.get()
    [message] = message_of(answer, hers)
    assert page("change", keep) in message
    assert reverse("admin:centers_centermerge_change", args=[merge.pk]) in message
    keep.refresh_from_db()
    assert (keep.name, keep.phone, keep.email) == (double.name, "+359 2", "")
    assert (merge.by.username, merge.kept, merge.merged) == ("hers", keep, double)
    assert client.get("/centers/double/").url == "/centers/isperih/"
    assert "Mother Center Isperih" in words(client.get("/centers/isperih/"))


def test_a_merge_that_something_came_between_is_shown_anew(hers, two):
    form = Form(hers.get(page("merge", *two))).data
    two[1].record_status("closed", observed="2016", by=User.objects.get())

    answer = hers.post(page("merge", *two), form)

    assert answer.url == page("merge", *two)
    [message] = message_of(answer, hers)
    assert message.startswith("Something changed")
    assert not CenterMerge.objects.exists()


def test_sent_twice_a_merge_is_done_once_and_the_second_time_explained(hers, two):
    form = Form(hers.get(page("merge", *two))).data
    hers.post(page("merge", *two), form)
    hers.get(page("duplicates"))

    answer = hers.post(page("merge", *two), form)

    assert answer.url == page("duplicates")
    said = "Майчин център Исперих was merged into Mother Center Isperih already."
    assert message_of(answer, hers) == [said]
    assert CenterMerge.objects.count() == 1


@pytest.mark.parametrize("values", [{"take_name": ["both"]}, {"seen": [""]}, {"seen": ["9" * 99]}])
def test_a_merge_is_refused_where_the_form_makes_no_sense(hers, two, values):
    answer = confirmed(hers, *two, **values)

    assert "Nothing was merged yet." in words(answer)
    assert not CenterMerge.objects.exists()


def test_find_its_double_searches_by_any_name(hers, two, bulgaria):
    far = Center.objects.create(name="Hope", slug="hope", country=bulgaria, place="Varna")
    CenterName.objects.create(center=far, value="Надежда", kind="native")
    search.reindex("center")

    suspected = hers.get(page("find_double", two[0]))
    found = hers.get(page("find_double", two[0]), {"q": "nadezhda"})
    nothing = hers.get(page("find_double", two[0]), {"q": "isperih zzz\0"})

    assert [row for row, _why in suspected.context["found"]] == [two[1]]
    assert [row for row, _why in found.context["found"]] == [far]
    assert page("compare", two[0], far) in words(found)
    assert "No other center is found by “isperih zzz”." in words(nothing)
    assert page("find_double", two[0]) in words(hers.get(page("change", two[0])))
    assert page("duplicates") in words(hers.get(reverse("admin:centers_center_changelist")))


# --- The record ----------------------------------------------------------------------------------


@pytest.fixture
def merge(two):
    Contact.objects.create(center=two[1], name="Marker of a person", phone="1")
    return merge_centers(keep=two[0], merge=two[1], by=None)


def record(merge, name="change"):
    return reverse(f"admin:centers_centermerge_{name}", args=[merge.pk])


def test_the_record_tells_what_went_where_without_persons(hers, merge):
    shown = words(hers.get(record(merge)))

    assert "Contact person (1)" in shown
    assert "Marker" not in shown
    assert record(merge, "undo") in shown
    assert "Майчин център Исперих" in words(
        hers.get(reverse("admin:centers_centermerge_changelist"))
    )


def test_a_merge_is_undone_from_its_record(hers, client, merge, two):
    asked = hers.get(record(merge, "undo"))
    assert Form(asked).action == ""
    assert CenterMerge.objects.standing().count() == 1

    answer = hers.post(record(merge, "undo"))

    assert answer.url == record(merge)
    [message] = message_of(answer, hers)
    assert message.startswith("Undone.")
    assert "Майчин център Исперих" in words(client.get("/centers/double/"))
    assert two[1].contacts.count() == 1
    shown = words(hers.get(record(merge)))
    assert record(merge, "undo") not in shown
    assert "undone already" in words(hers.post(record(merge, "undo")))


def test_undoing_tells_what_did_not_return(hers, merge, two):
    Contact.objects.all().delete()

    answer = hers.post(record(merge, "undo"))

    said = "Contact person: 1 was removed since and does not return."
    assert said in message_of(answer, hers)[1]
    assert said in words(hers.get(record(merge)))


def test_the_history_of_the_center_that_stays_tells_of_the_merge(hers, merge, two):
    undo_merge(merge, by=None)

    shown = words(hers.get(page("history", two[0])))

    told = [shown.index(each) for each in ("undone", "merged into it")]  # the newest first
    assert told == sorted(told)
    assert record(merge) in shown


def test_going_back_to_an_old_version_undoes_no_merge(admin_client, merge, two):
    double = two[1]
    version = double.history.earliest()
    url = reverse("admin:centers_center_simple_history", args=[double.pk, version.pk])
    form = Form(admin_client.get(url)).data

    admin_client.post(url, form)

    double.refresh_from_db()
    assert double.merged_into == two[0]


def test_links_to_a_merged_center_lead_to_the_one_it_is_part_of(hers, merge, two):
    answer = hers.get(page("change", two[1]))

    assert answer.url == page("change", two[0])
    said = "Майчин център Исперих was merged into Mother Center Isperih, which is this page."
    assert message_of(answer, hers) == [said]
    for gone in ("999", "9" * 30, "nonsense"):
        assert hers.get(f"/admin/centers/center/{gone}/change/").url == "/admin/"


def test_what_is_recorded_of_a_merged_center_is_recorded_of_the_one_it_is_part_of(hers, merge, two):
    url = page("record_status", two[1])

    hers.post(url, {**Form(hers.get(url)).data, "status": "paused", "observed": "2020"})

    assert [center.status_entries.count() for center in two] == [1, 0]


def test_changing_the_website_changes_what_a_center_is_compared_by(admin_client, two):
    change(admin_client, two[0], website="https://isperih.example.org/")

    assert two[0].match_keys.filter(key="w:isperih.example.org").exists()


# --- Rights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["nobody", "other", "stranger"])
def test_nobody_else_decides_on_her_centers(client, staff, two, bulgaria, kind):
    third = Center.objects.create(name="Third", slug="third", country=bulgaria)
    merge = merge_centers(keep=two[0], merge=third, by=None)
    decision = remember_different(*two, by=None)
    if kind != "stranger":
        client.force_login(staff(kind))
    posts = [
        page("merge", *two),
        page("different", *two),
        reverse("admin:centers_center_reconsider", args=[decision.pk]),
        record(merge, "undo"),
    ]
    gets = [page("merge", *two), page("find_double", two[0]), record(merge, "undo")]

    answers = [client.post(each, {"seen": "x"}) for each in posts] + [
        client.get(each) for each in gets
    ]

    assert {answer.status_code for answer in answers} == {302 if kind == "stranger" else 403}
    if kind == "stranger":
        assert {answer.url.split("?")[0] for answer in answers} == {"/admin/login/"}
    assert CenterMerge.objects.standing().count() == NotDuplicate.objects.count() == 1


def test_staff_without_responsibility_see_no_doubles(client, staff, two):
    client.force_login(staff("nobody"))

    for each in (page("duplicates"), page("compare", *two)):
        assert client.get(each).status_code == 403


def test_a_network_s_coordinator_who_looks_after_one_merges_not(client, staff, two, make):
    network = make(Organisation, slug="network")
    Affiliation.objects.create(center=two[1], organisation=network, role="member")
    user = staff("other")
    user.coordinator.networks.set([network])
    client.force_login(user)

    assert client.post(page("merge", *two), {"seen": "x"}).status_code == 403
    assert client.post(page("different", *two)).url == page("duplicates")


def test_leads_merge_across_countries(client, staff, two, serbia):
    Center.objects.filter(pk=two[1].pk).update(country=serbia)
    client.force_login(staff("lead"))

    confirmed(client, *two)

    merge = CenterMerge.objects.get()
    assert merge.kept.country_id == "BG"
    undo_merge(merge, by=None)
    assert Center.objects.get(pk=two[1].pk).country_id == "RS"


@pytest.mark.parametrize(
    ("name", "method"),
    [("different", "get"), ("compare", "post"), ("find_double", "post"), ("duplicates", "post")],
)
def test_pages_that_change_something_take_post_alone(hers, two, name, method):
    centers = {"duplicates": (), "find_double": two[:1]}.get(name, two)

    assert getattr(hers, method)(page(name, *centers)).status_code == 405
    assert not NotDuplicate.objects.exists()


@pytest.mark.parametrize("name", ["compare", "merge"])
@pytest.mark.parametrize("other", ["0", "9" * 30, "itself"])
def test_centers_that_are_not_there_are_not_found(hers, two, name, other):
    other = str(two[0].pk) if other == "itself" else other

    assert hers.get(f"/admin/centers/center/{two[0].pk}/{name}/{other}/").status_code == 404
