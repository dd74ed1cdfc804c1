"""The page of changes, and the same as an Atom feed."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mine_site.news import News, feed_url

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@require_safe
def changes(request):
    """What changed, newest first, in pages; `country` limits it, also to several."""
    news = News(request.GET)
    context = {"found": news, "page": news.page, "feed": feed_url(news.countries)}
    return render(request, "changes.html", context)


@require_safe
def changes_feed(request):
    """The latest changes as Atom; values that make no sense are refused, not passed over."""
    news = News(request.GET)
    if news.notes:
        return HttpResponse(
            "\n".join(news.notes), status=400, content_type="text/plain; charset=utf-8"
        )
    response = ChangesFeed(news)(request)
    if not news.latest:
        # Django would say "now", which nobody knows.
        del response.headers["Last-Modified"]
    return response


def permanent_id(key):
    """A `tag:` address (RFC 4151) for ever: it changes with neither names nor languages."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},2026:{key}"


def _writable(text):
    """The text with a space for each sign that XML cannot hold, such as come from workbooks."""
    return _NOT_IN_XML.sub(" ", text)


class ChangesFeed(Feed):
    """Atom (RFC 4287) of a `News`."""

    feed_type = Atom1Feed

    def __init__(self, news):
        self.news = news

    def title(self):
        if self.news.shown_countries:
            countries = ", ".join(self.news.shown_countries)
            return _("What changed in %(countries)s") % {"countries": countries}
        return _("What changed in the register")

    def subtitle(self):
        return settings.SITE_NAME

    def author_name(self):
        return settings.SITE_NAME

    def link(self):
        return reverse("changes") + (self.news.query if self.news.countries else "")

    def feed_url(self):
        return feed_url(self.news.countries)

    def feed_guid(self):
        countries = "+".join(sorted(self.news.countries)) or "all"
        return permanent_id(f"changes:{countries}:{get_language()}")

    def items(self):
        return self.news.latest

    def item_title(self, change):
        # Translators: the name of a center, a project or a story, and what happened to it.
        return _writable(_("%(name)s: %(what)s") % {"name": change.name, "what": change.what})

    def item_description(self, change):
        return escape(_writable(change.place))

    def item_link(self, change):
        return change.url

    def item_guid(self, change):
        return permanent_id(change.key)

    def item_pubdate(self, change):
        return change.first_at

    def item_updateddate(self, change):
        return change.at
