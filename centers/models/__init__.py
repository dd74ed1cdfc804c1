"""Countries, organisations, centers and their histories."""

from centers.models.center import Center, CenterFormerSlug, Freshness
from centers.models.coordinators import Coordinator
from centers.models.countries import Claim, Country, Source, country_name
from centers.models.details import (
    Affiliation,
    CenterLink,
    CenterName,
    CenterText,
    Snapshot,
)
from centers.models.duplicates import CenterMerge, MatchKey, NotDuplicate
from centers.models.erasures import Erasure
from centers.models.imports import (
    CenterNote,
    ExternalIdentifier,
    ImportRow,
    SpreadsheetImport,
)
from centers.models.invitations import Invitation
from centers.models.offers import Offer, OfferText
from centers.models.organisations import (
    Award,
    NameKind,
    Organisation,
    OrganisationFormerSlug,
    OrganisationName,
    OrganisationText,
)
from centers.models.people import Contact, ContactAttempt
from centers.models.photos import Photo
from centers.models.questions import QuestionMail, YearlyQuestion
from centers.models.reports import Report, ReportPart, ReportStep
from centers.models.search import SearchEntry
from centers.models.statements import record_statuses
from centers.models.status import (
    BY_CENTER,
    BY_IMPORT,
    EXPLAINED,
    LIVING,
    RECORDABLE,
    STATUS_EXPLANATIONS,
    Cause,
    CauseText,
    Recorder,
    Status,
    StatusCause,
    StatusEntry,
)

__all__ = [
    "BY_CENTER",
    "BY_IMPORT",
    "EXPLAINED",
    "LIVING",
    "RECORDABLE",
    "STATUS_EXPLANATIONS",
    "Affiliation",
    "Award",
    "Cause",
    "CauseText",
    "Center",
    "CenterFormerSlug",
    "CenterLink",
    "CenterMerge",
    "CenterName",
    "CenterNote",
    "CenterText",
    "Claim",
    "Contact",
    "ContactAttempt",
    "Coordinator",
    "Country",
    "Erasure",
    "ExternalIdentifier",
    "Freshness",
    "ImportRow",
    "Invitation",
    "MatchKey",
    "NameKind",
    "NotDuplicate",
    "Offer",
    "OfferText",
    "Organisation",
    "OrganisationFormerSlug",
    "OrganisationName",
    "OrganisationText",
    "Photo",
    "QuestionMail",
    "Recorder",
    "Report",
    "ReportPart",
    "ReportStep",
    "SearchEntry",
    "Snapshot",
    "Source",
    "SpreadsheetImport",
    "Status",
    "StatusCause",
    "StatusEntry",
    "YearlyQuestion",
    "country_name",
    "record_statuses",
]
