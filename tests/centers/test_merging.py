"""Merging two records of one center, and taking it back: nothing is lost either way."""

import json

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_bakery import baker

from centers import duplicates, search
from centers.merge_plan import Plan, fact_names, links_to_centers
from centers.merging import may_merge, may_undo, merge_centers, obstacle, undo_merge
from centers.models import (
    BY_IMPORT,
    Affiliation,
    Cause,
    Center,
    CenterFormerSlug,
    CenterLink,
    CenterMerge,
    CenterName,
    CenterNote,
    CenterText,
    Contact,
    ContactAttempt,
    Country,
    ExternalIdentifier,
    ImportRow,
    MatchKey,
    NotDuplicate,
    Offer,
    Organisation,
    Photo,
    Report,
    SearchEntry,
    Snapshot,
    Source,
    StatusEntry,
    YearlyQuestion,
)
from centers.rights import Rights
from mine_site.register import package, soundness
from projects.models import Lesson, Participation, Project
from stories.models import Story
from tests.centers.test_status_log import at_once

User = get_user_model()
DERIVED = (MatchKey, SearchEntry)


@pytest.fixture
def two(center, bulgaria):
    """(the center that stays, the one that goes): two records of one center."""
    double = Center.objects.create(
        name="Майчин център Исперих", slug="double", country=bulgaria, place="Исперих"
    )
    search.reindex("center")
    return center, double


@pytest.fixture
def others(bulgaria):
    """What the rows of centers point to."""
    return {
        "organisations": [
            Organisation.objects.create(slug=f"o{n}", name=f"Organisation {n}", kind="network")
            for n in range(3)
        ],
        "projects": [Project.objects.create(slug=f"p{n}", kind="pilot") for n in range(3)],
        "centers": [
            Center.objects.create(slug=f"c{n}", name=f"Number {n}", country=bulgaria)
            for n in range(3)
        ],
        "offers": [Offer.objects.create(slug=f"offer-{n}") for n in range(3)],
        "cause": Cause.objects.create(slug="rent", group="space"),
        "serial": iter(range(10**6)),
    }


def _status(center, n, others):
    status = ["active", "closed", "paused"][n]
    causes = [("rent", "main")] if n else []
    center.record_status(status, observed=f"{2010 + n}", causes=causes, by=BY_IMPORT)


# By the name of the link: adds the row number n to a center. Rows of the same number are alike.
ADD = {
    "centers.CenterName.center": lambda c, n, o: CenterName.objects.create(
        center=c, value=f"Name {n}", kind="former"
    ),
    "centers.CenterText.center": lambda c, n, o: CenterText.objects.create(
        center=c, language=["en", "bg", "de"][n], summary=f"Of {c.slug}"
    ),
    "centers.CenterFormerSlug.center": lambda c, n, o: CenterFormerSlug.objects.create(
        center=c, value=f"former-{next(o['serial'])}"
    ),
    "centers.Center_offers.center": lambda c, n, o: c.offers.add(o["offers"][n]),
    "centers.ExternalIdentifier.center": lambda c, n, o: ExternalIdentifier.objects.create(
        center=c, network=o["organisations"][n], value=f"{next(o['serial'])}"
    ),
    "centers.CenterNote.center": lambda c, n, o: CenterNote.objects.create(
        center=c, network=o["organisations"][n], cells={"Rooms": f"{n}"}
    ),
    "centers.ImportRow.center": lambda c, n, o: baker.make(
        ImportRow, center=c, line=next(o["serial"])
    ),
    "centers.Affiliation.center": lambda c, n, o: Affiliation.objects.create(
        center=c, organisation=o["organisations"][n], role="member", began="2010" if n else None
    ),
    "centers.Snapshot.center": lambda c, n, o: Snapshot.objects.create(center=c, visitors=n),
    "centers.CenterLink.center": lambda c, n, o: CenterLink.objects.create(
        center=c, kind="branch_of", other=o["centers"][n]
    ),
    "centers.CenterLink.other": lambda c, n, o: CenterLink.objects.create(
        center=o["centers"][n], kind="successor_of", other=c
    ),
    "centers.Center.merged_into": lambda c, n, o: Center.objects.create(
        name="Gone", slug=f"gone-{next(o['serial'])}", country_id="BG", merged_into=c
    ),
    "centers.StatusEntry.center": _status,
    "centers.Contact.center": lambda c, n, o: Contact.objects.create(
        center=c, name=f"Marker of a person {n}", phone="1"
    ),
    "centers.ContactAttempt.center": lambda c, n, o: ContactAttempt.objects.create(center=c),
    "centers.Report.center": lambda c, n, o: Report.objects.create(center=c, subject="other"),
    "centers.YearlyQuestion.center": lambda c, n, o: YearlyQuestion.objects.create(
        center=c, state="ended" if n else "open", ended_at=timezone.now() if n else None
    ),
    "centers.Photo.center": lambda c, n, o: Photo.objects.create(
        center=c, image="a.jpg", width=1, height=1, alternative="A room", consent="all"
    ),
    "projects.Participation.center": lambda c, n, o: Participation.objects.create(
        center=c, project=o["projects"][n], role="partner"
    ),
    "projects.Lesson.center": lambda c, n, o: Lesson.objects.create(
        center=c, project=o["projects"][n], text=f"Lesson {n}"
    ),
    "stories.Story.center": lambda c, n, o: Story.objects.create(
        center=c, kind="story", language="bg", title=f"Story {n}", body="It was so.",
        slug=f"story-{next(o['serial'])}", is_sample=True, state="published",
    ),
}  # fmt: skip


def names_of_links():
    return [f"{link.model._meta.label}.{link.name}" for link in links_to_centers()]


def rows_of(*centers):
    """{link: the primary keys of its rows at the centers}."""
    return {
        f"{link.model._meta.label}.{link.name}": sorted(
            link.model._base_manager.filter(**{f"{link.name}__in": centers}).values_list(
                "pk", flat=True
            )
        )
        for link in links_to_centers()
    }


def everything():
    """Every row of the three apps but history and the records of merges, as values."""
    found = {}
    for label in ("centers", "projects", "stories"):
        for model in apps.get_app_config(label).get_models(include_auto_created=True):
            if model.__name__.startswith("Historical") or model is CenterMerge:
                continue
            fields = [
                field.attname
                for field in model._meta.concrete_fields
                if not (model in DERIVED and field.primary_key)
            ]
            found[model._meta.label] = sorted(
                model._base_manager.order_by().values_list(*fields), key=repr
            )
    return found


def problems():
    """What is not sound, but for the files of photos, which are none here."""
    return [problem for problem in soundness.problems() if not problem.startswith("photo")]


def test_every_link_to_a_center_is_tried_here():
    assert sorted(names_of_links()) == sorted(ADD)


# --- What moves ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ADD))
def test_what_belongs_to_the_double_moves(two, others, coordinator, name):
    keep, double = two
    ADD[name](keep, 0, others)
    ADD[name](double, 1, others)
    search.reindex()
    before = rows_of(keep, double)

    merge_centers(keep=keep, merge=double, by=coordinator)

    after = rows_of(keep)
    for link, pks in before.items():
        assert set(pks) <= set(after[link])
    assert len(before[name]) == 2
    double.refresh_from_db()
    assert double.merged_into == keep
    assert problems() == []


STAYING = [
    "centers.Affiliation.center",
    "centers.CenterLink.center",
    "centers.CenterLink.other",
    "centers.CenterName.center",
    "centers.CenterNote.center",
    "centers.CenterText.center",
    "centers.Center_offers.center",
    "centers.StatusEntry.center",
    "projects.Participation.center",
]


@pytest.mark.parametrize("name", sorted(ADD))
def test_what_is_there_already_stays_with_the_double_and_the_plan_says_so(
    two, others, coordinator, name
):
    keep, double = two
    for each in two:
        ADD[name](each, 1, others)
    [theirs], before = rows_of(double)[name], rows_of(keep, double)
    [group] = Plan(keep=keep, merge=double).groups

    merge_centers(keep=keep, merge=double, by=coordinator)

    stays = name in STAYING
    assert ([row.pk for row in group.staying] == [theirs]) is stays
    assert (theirs in rows_of(double)[name]) is stays
    before["centers.CenterName.center"].append(CenterName.objects.get(value=double.name).pk)
    before["centers.Center.merged_into"].append(double.pk)
    assert rows_of(keep, double) == {link: sorted(pks) for link, pks in before.items()}


def test_ties_between_the_two_stay_with_the_double(two, coordinator):
    keep, double = two
    CenterLink.objects.create(center=keep, kind="successor_of", other=double)
    CenterLink.objects.create(center=double, kind="branch_of", other=keep)
    before = list(CenterLink.objects.order_by("pk").values_list("center", "other"))

    merge = merge_centers(keep=keep, merge=double, by=coordinator)

    assert list(CenterLink.objects.order_by("pk").values_list("center", "other")) == before
    assert set(merge.moved["stayed"]) == {"centers.CenterLink.center", "centers.CenterLink.other"}


def test_names_of_the_double_become_names_of_the_one_that_stays(two, coordinator, client):
    keep, double = two
    CenterName.objects.create(center=double, value="Надежда", kind="native", language="bg")

    merge_centers(keep=keep, merge=double, by=coordinator)

    assert sorted(keep.names.values_list("value", "kind")) == [
        ("Майчин център Исперих", "alias"),
        ("Надежда", "native"),
    ]
    assert list(search.found("center", "nadezhda")) == [{"object_id": keep.pk}]
    assert SearchEntry.objects.of_kind("center").count() == 1
    assert set(MatchKey.objects.values_list("center", flat=True)) == {keep.pk}
    page = client.get("/centers/").content.decode()
    assert ("/centers/isperih/" in page, "/centers/double/" in page) == (True, False)


def test_the_log_moves_and_both_keep_what_follows_from_theirs(two, coordinator):
    keep, double = two
    keep.record_status("active", observed="2010", by=coordinator)
    double.record_status("closed", observed="2016", by=coordinator)

    merge = merge_centers(keep=keep, merge=double, by=coordinator)
    keep.refresh_from_db()
    double.refresh_from_db()

    assert (keep.status, str(keep.confirmed_on), double.status) == ("closed", "2016", "unknown")
    undo_merge(merge, by=coordinator)
    keep.refresh_from_db()
    double.refresh_from_db()
    assert (keep.status, double.status, str(double.confirmed_on)) == ("active", "closed", "2016")


def test_a_statement_of_the_same_words_with_other_causes_moves(two, others, coordinator):
    keep, double = two
    keep.record_status("closed", observed="2016", causes=["rent"], by=coordinator)
    double.record_status("closed", observed="2016", by=coordinator)

    merge_centers(keep=keep, merge=double, by=coordinator)

    assert keep.status_entries.count() == 2


def test_history_tells_which_center_a_part_belonged_to(two, coordinator):
    keep, double = two
    name = CenterName.objects.create(center=double, value="Nada", kind="alias")

    merge = merge_centers(keep=keep, merge=double, by=coordinator)
    undo_merge(merge, by=coordinator)

    told = list(name.history.order_by("history_id").values_list("center", "history_change_reason"))
    assert told == [
        (double.pk, None),
        (keep.pk, "Merged: double into isperih"),
        (double.pk, "Merge undone: double out of isperih"),
    ]
    of_double = double.history.order_by("history_id").values_list("merged_into", flat=True)
    assert list(of_double) == [None, keep.pk, None]


def test_what_differs_from_the_double_differs_from_the_one_that_stays(two, others, coordinator):
    keep, double = two
    first, second, third = others["centers"]
    decisions = [
        duplicates.remember_different(*pair, by=coordinator)
        for pair in ((double, first), (double, second), (keep, second), (keep, double))
    ]

    merge = merge_centers(keep=keep, merge=double, by=coordinator)

    differ = set(NotDuplicate.objects.values_list("a", "b"))
    assert differ - {(each.a_id, each.b_id) for each in decisions} == {(keep.pk, first.pk)}
    assert third.pk not in {pk for pair in differ for pk in pair}
    undo_merge(merge, by=coordinator)
    assert set(NotDuplicate.objects.all()) == set(decisions)


# --- Facts -----------------------------------------------------------------------------------


def test_facts_that_are_missing_are_taken_and_others_stay(two, coordinator):
    keep, double = two
    source = Source.objects.create(slug="review", title="Review")
    Center.objects.filter(pk=keep.pk).update(phone="1")
    Center.objects.filter(pk=double.pk).update(
        phone="2", email="a@example.org", latitude=43, longitude=26, source=source, source_page="7"
    )

    merge = merge_centers(keep=keep, merge=double, by=coordinator)
    keep.refresh_from_db()

    assert (keep.phone, keep.email, keep.place) == ("1", "a@example.org", "Isperih")
    assert (keep.latitude, keep.longitude, keep.source, keep.source_page) == (43, 26, source, "7")
    assert sorted(merge.moved["facts"]) == [
        "email", "latitude", "longitude", "source", "source_page",
    ]  # fmt: skip


def test_chosen_facts_alone_are_taken_and_both_names_are_found(two, coordinator):
    keep, double = two
    double.phone, double.email, double.founded = "2", "a@example.org", "2006-05"
    double.save()

    merge_centers(keep=keep, merge=double, by=coordinator, take=["name", "founded", "nonsense"])
    keep.refresh_from_db()

    assert (keep.name, str(keep.founded)) == (double.name, "2006-05")
    assert keep.founded_earliest.isoformat() == "2006-05-01"
    assert (keep.phone, keep.email) == ("", "")
    assert list(keep.names.values_list("value", flat=True)) == ["Mother Center Isperih"]


def test_the_more_private_place_is_proposed(two):
    keep, double = two
    double.precision = "withheld"

    assert "precision" in Plan(keep=keep, merge=double).proposed
    assert "precision" not in Plan(keep=double, merge=keep).proposed


def test_facts_return_unless_somebody_changed_them(two, coordinator):
    keep, double = two
    double.phone, double.email, double.founded = "2", "a@example.org", "2006-05"
    double.latitude, double.longitude = "43.5", "26.5"
    double.save()
    merge = merge_centers(keep=keep, merge=double, by=coordinator)
    keep.refresh_from_db()
    keep.phone = "3"
    keep.save()

    told = undo_merge(merge, by=coordinator)
    keep.refresh_from_db()

    assert told == ["Public telephone was changed since and stays as it is now."]
    assert (keep.phone, keep.email, keep.founded, keep.founded_earliest) == ("3", "", None, None)
    assert (keep.latitude, keep.longitude) == (None, None)


# --- Nothing is lost ---------------------------------------------------------------------------


@pytest.fixture
def many(two, others):
    """Both centers with rows behind every link: some alike, some of their own."""
    for add in ADD.values():
        for each, numbers in zip(two, ((0, 1), (1, 2)), strict=True):
            for n in numbers:
                add(each, n, others)
    search.reindex()
    return two


def test_merging_and_undoing_restores_every_row(many, coordinator):
    before, counted = everything(), {link: len(pks) for link, pks in rows_of(*many).items()}

    merge = merge_centers(keep=many[0], merge=many[1], by=coordinator)

    merged = {link: len(pks) for link, pks in rows_of(*many).items()}
    for added in ("centers.CenterName.center", "centers.Center.merged_into"):
        counted[added] += 1
    assert merged == counted
    assert undo_merge(merge, by=coordinator) == []
    assert everything() == before


POSSIBLE = st.dictionaries(
    st.sampled_from(sorted(ADD)),
    st.tuples(st.sets(st.integers(0, 2)), st.sets(st.integers(0, 2))),
    max_size=6,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=POSSIBLE, turned=st.booleans(), facts=st.sets(st.sampled_from(fact_names())))
def test_no_merge_loses_anything(two, others, undone, coordinator, parts, turned, facts):
    with undone():
        two[1].phone, two[1].precision, two[1].founded = "2", "exact", "2006"
        two[1].save()
        for name, numbers_of_both in parts.items():
            for each, numbers in zip(two, numbers_of_both, strict=True):
                for n in sorted(numbers):
                    ADD[name](each, n, others)
        search.reindex()
        keep, double = two[::-1] if turned else two
        before, pks = everything(), rows_of(*two)

        merge = merge_centers(keep=keep, merge=double, by=coordinator, take=facts)

        for link, rows in rows_of(*two).items():
            assert set(pks[link]) <= set(rows)
        assert problems() == []
        assert json.loads(json.dumps(merge.moved)) == merge.moved
        assert undo_merge(merge, by=coordinator) == []
        assert everything() == before


# --- Undoing after something happened ------------------------------------------------------------


def test_undo_tells_what_does_not_return(two, others, coordinator):
    keep, double = two
    for n in range(3):
        ADD["centers.Snapshot.center"](double, n, others)
    ADD["centers.Affiliation.center"](double, 0, others)
    merge = merge_centers(keep=keep, merge=double, by=coordinator)
    gone, elsewhere, _returns = keep.snapshots.order_by("pk")
    gone.delete()
    Snapshot.objects.filter(pk=elsewhere.pk).update(center=others["centers"][0])
    ADD["centers.Affiliation.center"](double, 0, others)
    alias = keep.names.get()
    alias.kind = "former"
    alias.save()

    told = undo_merge(merge, by=coordinator)

    merge.refresh_from_db()
    assert sorted(told) == [
        "Affiliation: 1 is there again already, so this one stays.",
        "Snapshot: 1 was moved on since and stays where it is.",
        "Snapshot: 1 was removed since and does not return.",
        "The name “Майчин център Исперих” was changed since and stays.",
    ]
    assert (merge.moved["not_returned"], merge.undone_by) == (told, coordinator)
    assert (keep.snapshots.count(), double.snapshots.count()) == (0, 1)
    assert (keep.affiliations.count(), double.affiliations.count()) == (1, 1)


def test_what_came_after_the_merge_stays(two, coordinator):
    keep, double = two
    merge = merge_centers(keep=keep, merge=double, by=coordinator)
    keep.record_status("active", observed="2020", by=coordinator)

    assert undo_merge(merge, by=coordinator) == []
    assert (keep.status_entries.count(), double.status_entries.count()) == (1, 0)


def test_a_part_of_the_registry_that_is_gone_is_told(two, coordinator):
    merge = merge_centers(keep=two[0], merge=two[1], by=coordinator)
    merge.moved["rows"]["letters.Letter.center"] = [1, 2]
    merge.save()

    assert undo_merge(merge, by=coordinator) == ["2 rows of letters.Letter.center cannot return."]


def test_an_erased_person_does_not_return_and_leaves_no_name(two, others, coordinator):
    ADD["centers.Contact.center"](two[1], 0, others)
    merge = merge_centers(keep=two[0], merge=two[1], by=coordinator)
    Contact.objects.get().delete()

    told = undo_merge(merge, by=coordinator)

    assert told == ["Contact person: 1 was removed since and does not return."]
    assert "Marker" not in json.dumps(CenterMerge.objects.get().moved)
    assert not Contact.history.exists()


# --- Chains, and twice -------------------------------------------------------------------------


@pytest.fixture
def chain(two, others, bulgaria, coordinator):
    """Three records, each merged into the next: (the last one, the merges in order)."""
    keep, double = two
    first = Center.objects.create(name="First", slug="first", country=bulgaria)
    first.former_slugs.create(value="zero")
    ADD["centers.Snapshot.center"](first, 0, others)
    search.reindex()
    merges = [merge_centers(keep=double, merge=first, by=coordinator)]
    merges.append(merge_centers(keep=keep, merge=double, by=coordinator))
    return keep, merges


def test_chains_end_at_a_living_page(client, chain):
    keep = chain[0]

    merged = Center.objects.exclude(merged_into=None)
    assert set(merged.values_list("slug", "merged_into")) == {
        ("first", keep.pk),
        ("double", keep.pk),
    }
    for slug in ("zero", "first", "double"):
        assert client.get(f"/centers/{slug}/").url == "/centers/isperih/"
    for center in merged:
        assert client.get(f"/id/{center.public_id}/").url == "/centers/isperih/"
    assert problems() == []


def test_chains_are_undone_from_their_end(client, chain, coordinator):
    first, second = chain[1]
    with pytest.raises(ValidationError, match="First undo that merge"):
        undo_merge(first, by=coordinator)

    undo_merge(second, by=coordinator)
    assert client.get("/centers/first/").url == "/centers/double/"
    assert "Майчин център Исперих" in client.get("/centers/double/").content.decode()
    undo_merge(first, by=coordinator)

    assert client.get("/centers/zero/").url == "/centers/first/"
    assert "First" in client.get("/centers/first/").content.decode()
    assert list(Snapshot.objects.values_list("center__slug", flat=True)) == ["first"]


def test_no_browser_keeps_the_address_of_a_double_for_long(client, two, coordinator):
    merge = merge_centers(keep=two[0], merge=two[1], by=coordinator)
    merged = client.get("/centers/double/")
    undo_merge(merge, by=coordinator)

    assert (merged.status_code, merged.url) == (301, "/centers/isperih/")
    assert merged.headers["Cache-Control"] == "max-age=3600"
    assert client.get("/centers/double/").context["center"] == two[1]


def test_a_center_is_merged_once(two, coordinator, make):
    keep, double = two
    other = make(Center, slug="other")
    merge_centers(keep=keep, merge=double, by=coordinator)

    for wrong in (
        {"keep": keep, "merge": double},
        {"keep": double, "merge": other},
        {"keep": other, "merge": other},
    ):
        with pytest.raises(ValidationError):
            merge_centers(**wrong, by=coordinator)
    assert CenterMerge.objects.count() == 1


def test_a_merge_is_undone_once(two, coordinator):
    merge = merge_centers(keep=two[0], merge=two[1], by=coordinator)
    undo_merge(merge, by=coordinator)

    with pytest.raises(ValidationError, match="undone already"):
        undo_merge(merge, by=coordinator)
    again = merge_centers(keep=two[1], merge=two[0], by=coordinator)
    assert obstacle(again) == ""


def test_a_merge_is_not_done_on_what_has_changed_since_it_was_shown(two, coordinator):
    keep, double = two
    shown = Plan(keep=keep, merge=double).fingerprint
    double.record_status("active", observed="2020", by=coordinator)

    with pytest.raises(ValidationError, match="Something changed"):
        merge_centers(keep=keep, merge=double, by=coordinator, expected=shown)
    assert not CenterMerge.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", ["same", "turned"])
def test_two_people_at_once_merge_once(two, coordinator, second):
    two[1].record_status("active", observed="2020", by=coordinator)
    outcomes = []

    def merge(keep, double):
        try:
            merge_centers(keep=keep, merge=double, by=coordinator)
        except ValidationError:
            outcomes.append("refused")
        else:
            outcomes.append("merged")

    at_once(lambda: merge(*two), lambda: merge(*two[:: 1 if second == "same" else -1]))

    assert outcomes == ["merged", "refused"]
    assert Center.objects.get(merged_into__isnull=False) == two[1]
    assert Center.objects.get(pk=two[0].pk).status == "active"


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_undo_once(two, coordinator):
    merge, outcomes = merge_centers(keep=two[0], merge=two[1], by=coordinator), []

    def undo():
        try:
            outcomes.append(undo_merge(CenterMerge.objects.get(pk=merge.pk), by=coordinator))
        except ValidationError:
            outcomes.append("refused")

    at_once(undo, undo)

    assert outcomes == [[], "refused"]


# --- The register as files ---------------------------------------------------------------------


def test_a_register_with_merges_is_the_same_elsewhere(many, coordinator, tmp_path):
    Photo.objects.all().delete()  # photos travel with a backup
    merge_centers(keep=many[0], merge=many[1], by=coordinator)
    package.export(tmp_path / "here")
    for model in (CenterMerge, StatusEntry, Contact, Participation, Story):
        model.objects.all().delete()
    Center.objects.update(merged_into=None)
    Center.objects.all().delete()

    package.load(tmp_path / "here")
    package.export(tmp_path / "there")

    files = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert "center_merges.csv" in files
    assert files == sorted(path.name for path in (tmp_path / "there").iterdir())
    for file in files:
        assert (tmp_path / "here" / file).read_bytes() == (tmp_path / "there" / file).read_bytes()
    assert problems() == []


# --- Rights --------------------------------------------------------------------------------------


def test_who_may_merge(two, make):
    keep, double = two
    abroad = make(Center, slug="abroad", country=Country.objects.create(code="RS"))
    network = make(Organisation, slug="network")
    Affiliation.objects.create(center=double, organisation=network, role="member")
    lead, hers = Rights(is_lead=True), Rights(countries=frozenset(["BG"]))
    both = Rights(countries=frozenset(["BG", "RS"]))
    half = Rights(networks=frozenset([network.pk]))

    assert [may_merge(each, keep, double) for each in (lead, hers, both, half)] == [
        True, True, True, False,
    ]  # fmt: skip
    assert [may_merge(each, keep, abroad) for each in (lead, hers, both)] == [True, False, False]
    merge = CenterMerge(kept=keep, merged=double)
    assert [may_undo(each, merge) for each in (lead, hers, half)] == [True, True, False]
    merge = CenterMerge(kept=keep, merged=abroad)
    assert [may_undo(each, merge) for each in (lead, both)] == [True, False]


def test_undoing_leaves_a_point_whole_of_which_one_half_was_changed(two, coordinator):
    keep, double = two
    Center.objects.filter(pk=keep.pk).update(latitude=None, longitude=None)
    Center.objects.filter(pk=double.pk).update(latitude="43.1", longitude="27.1")
    keep.refresh_from_db()
    double.refresh_from_db()
    merge = merge_centers(keep=keep, merge=double, by=coordinator)
    keep.refresh_from_db()
    keep.longitude = "27.2"
    keep.save()

    told = undo_merge(merge, by=coordinator)

    keep.refresh_from_db()
    assert told == ["Latitude, longitude was changed since and stays as it is now."]
    assert (str(keep.latitude), str(keep.longitude)) == ("43.100000", "27.200000")
