"""What the register is made of as files: in full, for staff, and as the public may have it.

Both profiles are read and written by the same resources. The public one leaves whole files out
(persons, what was reported from outside, the lists of networks, stories, whose authors gave their
leave for this site alone), and publishes of a center what its page shows and nothing finer.
"""

from centers import private_resources as private
from centers import resources as centers
from centers.models import Center, StatusEntry
from projects import resources as projects
from stories import resources as stories

# In the order of loading: what others point to comes first.
FULL = {
    "countries": centers.CountryResource,
    "sources": centers.SourceResource,
    "claims": centers.ClaimResource,
    "organisations": centers.OrganisationResource,
    "organisation_names": centers.OrganisationNameResource,
    "organisation_texts": centers.OrganisationTextResource,
    "organisation_former_slugs": centers.OrganisationFormerSlugResource,
    "awards": centers.AwardResource,
    "causes": centers.CauseResource,
    "cause_texts": centers.CauseTextResource,
    "offers": centers.OfferResource,
    "offer_texts": centers.OfferTextResource,
    "centers": centers.CenterResource,
    "center_names": centers.CenterNameResource,
    "center_texts": centers.CenterTextResource,
    "center_former_slugs": centers.CenterFormerSlugResource,
    "affiliations": centers.AffiliationResource,
    "snapshots": centers.SnapshotResource,
    "status_entries": centers.StatusEntryResource,
    "external_identifiers": centers.ExternalIdentifierResource,
    "center_notes": centers.CenterNoteResource,
    "center_links": centers.CenterLinkResource,
    "center_merges": centers.CenterMergeResource,
    "erasures": private.ErasureResource,
    "contacts": private.ContactResource,
    "contact_attempts": centers.ContactAttemptResource,
    "reports": centers.ReportResource,
    "projects": projects.ProjectResource,
    "project_texts": projects.ProjectTextResource,
    "project_former_slugs": projects.ProjectFormerSlugResource,
    "project_sequence": projects.ProjectSequenceResource,
    "participations": projects.ParticipationResource,
    "funding": projects.FundingResource,
    "events": projects.EventResource,
    "event_texts": projects.EventTextResource,
    "indicators": projects.IndicatorResource,
    "indicator_texts": projects.IndicatorTextResource,
    "measurements": projects.MeasurementResource,
    "evaluations": projects.EvaluationResource,
    "documents": projects.DocumentResource,
    "lessons": projects.LessonResource,
    "stories": stories.StoryResource,
    "story_former_slugs": stories.StoryFormerSlugResource,
}

PRIVATE = {
    "external_identifiers", "center_notes", "erasures", "contacts", "contact_attempts", "reports",
    "stories", "story_former_slugs",
}  # fmt: skip
# What stays of a center that was merged into another one: enough to lead old addresses on.
IDENTITY = ("public_id", "slug", "name", "country", "precision")
PLACE = ("place", "address", "latitude", "longitude")
# From the finest to the coarsest.
PRECISIONS = [Center.Precision(name) for name in ("exact", "district", "town", "withheld")]


def coarser(one, other):
    """The coarser of two precisions; one that nobody knows is taken for withheld."""
    known = [name if name in PRECISIONS else Center.Precision.WITHHELD for name in (one, other)]
    return max(known, key=PRECISIONS.index)


class KeepsWhatIsFiner:
    """Rows of the public package; coming back, they overwrite nothing that is known better here.

    An empty cell clears nothing, and a year does not replace a day in it. Rows of centers that
    were merged into others are left out: their pages tell them no more.
    """

    def filter_export(self, queryset, **kwargs):
        rows = super().filter_export(queryset, **kwargs)
        for name in ("center", "other"):
            if name in {field.name for field in rows.model._meta.get_fields()}:
                rows = rows.exclude(**{f"{name}__merged_into__isnull": False})
        return rows

    def after_init_instance(self, instance, new, row, **kwargs):
        super().after_init_instance(instance, new, row, **kwargs)
        if new:
            return
        for field in self.get_import_fields():
            name = field.column_name
            cell = str(row.get(name) or "").strip()
            is_date = isinstance(field.widget, centers.PartialDateWidget)
            there = getattr(instance, field.attribute) if is_date else None
            is_coarser = there is not None and str(there).startswith(f"{cell}-")
            if name in row and name not in self.NEVER_EMPTY and (not cell or is_coarser):
                del row[name]

    NEVER_EMPTY = ("slug", "name", "country", "key")  # refused if empty, and not passed over


class PublicCenterResource(KeepsWhatIsFiner, centers.CenterResource):
    """Centers as their pages show them.

    Coming back, a place is taken only where both sides know it exactly, and precision only ever
    becomes coarser.
    """

    def export_resource(self, instance, **kwargs):
        cells = dict(zip(self.get_export_headers(), super().export_resource(instance), strict=True))
        if instance.merged_into_id:
            cells = {name: cells[name] if name in IDENTITY else "" for name in cells}
        else:
            number = centers.DecimalWidget()
            latitude, longitude = instance.published_point or (None, None)
            cells |= {
                "place": instance.published_place,
                "address": instance.published_address,
                "latitude": number.render(latitude),
                "longitude": number.render(longitude),
            }
        return list(cells.values())

    def after_init_instance(self, instance, new, row, **kwargs):
        super().after_init_instance(instance, new, row, **kwargs)
        if new:
            return
        incoming = str(row.get("precision") or "").strip()
        if {incoming, instance.precision} != {Center.Precision.EXACT}:
            for name in PLACE:
                row.pop(name, None)
        if incoming in PRECISIONS:
            row["precision"] = coarser(incoming, instance.precision)


class PublicStatusEntryResource(KeepsWhatIsFiner, centers.StatusEntryResource):
    """Statements without who recorded them; `via` says only where the center itself did."""

    def export_resource(self, instance, **kwargs):
        cells = super().export_resource(instance, **kwargs)
        if instance.via != StatusEntry.Via.CENTER:
            cells[self.get_export_headers().index("via")] = ""
        return cells


_OF_THEIR_OWN = {"centers": PublicCenterResource, "status_entries": PublicStatusEntryResource}


def _public(stem, resource):
    """The resource of a file of the public package."""
    if stem in _OF_THEIR_OWN:
        return _OF_THEIR_OWN[stem]
    # Former addresses lead on, and merges are what these files tell.
    if stem in ("center_former_slugs", "center_merges"):
        return resource
    name = f"Public{resource.__name__}"
    return type(name, (KeepsWhatIsFiner, resource), {"__doc__": resource.__doc__})


PUBLIC = {stem: _public(stem, resource) for stem, resource in FULL.items() if stem not in PRIVATE}

# How the descriptor of a package says which profile it is of.
MARK = "mine:profile"
BY_NAME = {"full": FULL, "public": PUBLIC}
