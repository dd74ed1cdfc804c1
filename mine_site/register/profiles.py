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


class PublicCenterResource(centers.CenterResource):
    """Centers as their pages show them.

    Coming back, a row never overwrites what is finer here: an empty cell clears nothing, a place
    is taken only where both sides know it exactly, and precision only ever becomes coarser.
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
        for name in [name for name, cell in row.items() if not str(cell or "").strip()]:
            if name not in ("slug", "name", "country"):  # those no center can be without
                del row[name]


class PublicStatusEntryResource(centers.StatusEntryResource):
    """Statements without who recorded them; `via` says only where the center itself did."""

    def export_resource(self, instance, **kwargs):
        cells = super().export_resource(instance, **kwargs)
        if instance.via != StatusEntry.Via.CENTER:
            cells[self.get_export_headers().index("via")] = ""
        return cells


PUBLIC = {
    stem: {
        "centers": PublicCenterResource,
        "status_entries": PublicStatusEntryResource,
    }.get(stem, resource)
    for stem, resource in FULL.items()
    if stem not in PRIVATE
}

# How the descriptor of a package says which profile it is of.
MARK = "mine:profile"
BY_NAME = {"full": FULL, "public": PUBLIC}
