"""The filters of the list of stories."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from centers.facets import Facet, FacetedFilterSet, SortFilter, WordsFilter
from centers.models import SearchEntry, country_name
from centers.models.base import language_name
from stories.models import Story

SORTS = {
    "-told": (_("recently told"), [F("told_on").desc(nulls_last=True), "slug"]),
    "title": (_("title"), ["title", "slug"]),
}


class StoryFilter(FacetedFilterSet):
    """Filters of `/stories/`."""

    q = WordsFilter(SearchEntry.Kind.STORY, label=_("Words"))
    kind = Facet(column="kind", label=_("Kind"))
    language = Facet(column="language", label=_("Language"))
    country = Facet(column="center__country", label=_("Country"))
    sort = SortFilter(SORTS)

    page_size = 12

    class Meta:
        model = Story
        fields = []

    def __init__(self, data=None, *, on, **kwargs):
        super().__init__(data, Story.objects.published(), on=on, **kwargs)

    def facet_choices(self):
        rows = list(Story.objects.published().values_list("language", "center__country").distinct())
        languages = {language for language, _country in rows}
        countries = {country for _language, country in rows if country}
        return {
            "kind": Story.Kind.choices,
            "language": [(code, language_name(code)) for code in sorted(languages)],
            "country": [(code, country_name(code)) for code in sorted(countries)],
        }

    def rows(self):
        return self.qs.select_related("center").for_reader().order_by(*self.order)
