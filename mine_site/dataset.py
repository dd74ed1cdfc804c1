"""What the page of open data tells machines of the register, in the words of schema.org."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from centers.alphabet import alphabetical
from centers.models import Center, country_name
from centers.structured_data import typed

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# Words by which data are looked for: names, not sentences.
KEYWORDS = [
    "Mother Centers", "mother centres", "family centers", "Mütterzentren", "mateřská centra",
    "grassroots women", "community centers", "self-help",
]  # fmt: skip


def dataset(*, absolute, page, package, modified=None):
    """The register as a `Dataset` (https://schema.org/Dataset), a dict of JSON-LD.

    `page` is the path of the page on the data, and `package` of the register's data package;
    `absolute` makes a full address of a path; `modified` is the day of the last change, if known.
    `spatialCoverage` are the countries that have a center. One query.
    """
    codes = Center.objects.published().order_by().values_list("country", flat=True).distinct()
    countries = sorted(((country_name(code), code) for code in codes), key=_by_name)
    maker = typed("Organization", name=str(settings.SITE_NAME), url=absolute(reverse("home")))
    return {"@context": "https://schema.org"} | typed(
        "Dataset",
        name=str(settings.SITE_NAME),
        description=_("Where Mother Centers are, how they fare, and what became of them."),
        license=LICENCE,
        creator=maker,
        publisher=maker,
        url=absolute(page),
        identifier=absolute(page),
        inLanguage=get_language(),
        isAccessibleForFree=True,
        dateModified=modified and modified.isoformat(),
        keywords=KEYWORDS,
        spatialCoverage=[typed("Country", name=name, identifier=code) for name, code in countries],
        distribution=[
            typed(
                "DataDownload",
                name=name,
                contentUrl=absolute(path),
                encodingFormat=kind,
                license=LICENCE,
            )
            for name, path, kind in downloads(package)
        ],
    )


def downloads(package):
    """[(file, path, media type)] of all that can be had as a file, the whole register first.

    Lists leave out the closed centers unless they are asked for: here they are.
    """
    whole = "?status=all"
    return [
        ("register.zip", package, "application/zip"),
        ("centers.csv", reverse("centers:export", args=["csv"]) + whole, "text/csv"),
        ("centers.json", reverse("centers:export", args=["json"]) + whole, "application/json"),
        (
            "centers.geojson",
            reverse("centers:export", args=["geojson"]) + whole,
            "application/geo+json",
        ),
        ("hsds.json", reverse("centers:hsds"), "application/json"),
        ("projects.csv", reverse("projects:export"), "text/csv"),
        ("projects.json", reverse("projects:iati"), "application/json"),
    ]


def _by_name(country):
    return alphabetical(country[0])
