"""The sitemap: every page in every language, in files small enough to be made at once.

Closed centers are in it; merged ones are not, since their page is another center's. `lastmod` is
the last change that the register knows of; a page that has none says nothing.
"""

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import index, sitemap
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils import translation
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from centers.models import Center, Country, Organisation, StatusEntry
from projects.models import Project
from stories.models import Story

# Addresses a file; 50,000 are allowed, but each is told in all languages.
LIMIT = 1000


class _Addresses:
    """Every row in every language, as a sequence that a paginator can count and slice."""

    def __init__(self, rows, languages):
        self.rows, self.languages = rows, languages

    def __len__(self):
        rows = self.rows.count() if isinstance(self.rows, QuerySet) else len(self.rows)
        return rows * len(self.languages)

    def __getitem__(self, part):
        each = len(self.languages)
        first = part.start // each
        rows = self.rows[first : -(-part.stop // each)]
        pairs = [(row, language) for row in rows for language in self.languages]
        return pairs[part.start - first * each : part.stop - first * each]


class PagesSitemap(Sitemap):
    """Pages of one kind in all languages; `queryset` gives the rows, `view` names their page."""

    i18n = alternates = x_default = True
    limit = LIMIT
    view = ""

    @cached_property
    def prefixes(self):
        """{language: the path of its start page}; all other pages stand behind it."""
        prefixes = {}
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                prefixes[code] = reverse("home")
        return prefixes

    def items(self):
        return self.queryset()

    def _items(self):
        # Django makes a list of every row in every language for each file of a thousand addresses.
        return _Addresses(self.items(), [code for code, _name in settings.LANGUAGES])

    def get_latest_lastmod(self):
        """The latest `lastmod` of all rows, asked of the database and not of each row."""
        return max(filter(None, self.latest_moments()), default=None)

    def latest_moments(self):
        rows = self.queryset()
        history = rows.model.history.model._base_manager.filter(id__in=rows.order_by().values("pk"))
        return history.aggregate(latest=Max("history_date")).values()

    def _location(self, item, force_lang_code=None):
        # Django activates the language and reverses for each address, which takes seconds a file.
        row, language = item
        return self.prefixes[force_lang_code or language] + self.path(row).lstrip("/")

    @cached_property
    def pattern(self):
        """The English address of a page, with a slug that stands for all."""
        with translation.override(settings.LANGUAGE_CODE):
            return reverse(self.view, args=["slug"])

    def path(self, row):
        """The English address of the row's page."""
        return self.pattern.replace("/slug/", f"/{row.slug}/")

    def lastmod(self, row):
        return max(filter(None, self.moments(row)), default=None)

    def moments(self, row):
        return [row.changed_at]


def _latest(rows, column, link):
    """A subquery: the latest `column` of the rows whose `link` is the outer row."""
    found = rows.filter(**{link: OuterRef("pk")}).order_by().values(link)
    return Subquery(found.annotate(latest=Max(column)).values("latest"))


def _with_history(rows):
    """Annotates `changed_at`: when the row itself was last changed."""
    history = rows.model.history.model._base_manager.all()
    return rows.annotate(changed_at=_latest(history, "history_date", "id"))


class ListsSitemap(PagesSitemap):
    """Start page, lists, and what tells of the registry."""

    NAMES = (
        "home", "centers:list", "centers:country_list", "centers:organisation_list",
        "centers:network", "centers:insights", "projects:list", "stories:list", "changes", "data",
        "about", "accessibility", "privacy",
    )  # fmt: skip

    def queryset(self):
        return self.NAMES

    def path(self, row):
        with translation.override(settings.LANGUAGE_CODE):
            return reverse(row)

    def moments(self, row):
        return []

    def latest_moments(self):
        return []


class CentersSitemap(PagesSitemap):
    view = "centers:detail"

    def queryset(self):
        entries = StatusEntry.objects.all()
        return (
            _with_history(Center.objects.published())
            .annotate(
                recorded_at=_latest(entries, "recorded_at", "center"),
                withdrawn_at=_latest(entries, "withdrawn_at", "center"),
            )
            .only("slug")
            .order_by("pk")
        )

    def moments(self, row):
        return [row.changed_at, row.recorded_at, row.withdrawn_at]

    def latest_moments(self):
        entries = StatusEntry.objects.filter(center__merged_into__isnull=True)
        return [
            *super().latest_moments(),
            *entries.aggregate(Max("recorded_at"), Max("withdrawn_at")).values(),
        ]


class CountriesSitemap(PagesSitemap):
    view = "centers:country_detail"

    def queryset(self):
        return Country.objects.order_by("code")

    def path(self, row):
        return self.pattern.replace("/slug/", f"/{row.code.lower()}/")

    def moments(self, row):
        return []

    def latest_moments(self):
        return []


class OrganisationsSitemap(PagesSitemap):
    view = "centers:organisation_detail"

    def queryset(self):
        return _with_history(Organisation.objects.order_by("pk")).only("slug")


class ProjectsSitemap(PagesSitemap):
    view = "projects:detail"

    def queryset(self):
        return _with_history(Project.objects.order_by("pk")).only("slug")


class StoriesSitemap(PagesSitemap):
    view = "stories:detail"

    def queryset(self):
        return _with_history(Story.objects.published().order_by("pk")).only("slug")


SECTIONS = {
    "pages": ListsSitemap,
    "centers": CentersSitemap,
    "countries": CountriesSitemap,
    "organisations": OrganisationsSitemap,
    "projects": ProjectsSitemap,
    "stories": StoriesSitemap,
}


@require_safe
def sitemap_index(request):
    """Names the files of the sitemap."""
    return index(request, sitemaps=SECTIONS, sitemap_url_name="sitemap_section")


@require_safe
def sitemap_section(request, section):
    """The addresses of one kind of page; `p` is the number of the file."""
    return sitemap(request, sitemaps=SECTIONS, section=section)
