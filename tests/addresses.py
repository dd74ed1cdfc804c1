"""Every public address of the site: those of the urlconfs, with examples where a part varies.

Whoever adds an address with a part that varies adds an example;
`tests/test_private.py` asks for it.
"""

import re

from django.urls import URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern

from tests.browser.kinds import KINDS

HOPE, MUNICH = "hope-for-provadia", "mother-father-center-neuhausen-munich"
PUBLIC_ID = "4agnjphy"  # of Hope for Provadia

# {what stands in a urlconf: addresses of this kind}; a literal one is its own example.
EXAMPLES = {
    r"^centers\.(?P<extension>csv|json|geojson)$": [
        "centers.csv?status=all", "centers.json?status=all", "centers.geojson?status=all",
        "centers.csv?q=zyx&status=all", "centers.json?country=XX",
    ],
    "centers/<slug:slug>/": [
        f"centers/{HOPE}/", f"centers/{MUNICH}/", "centers/withheld/", "centers/double/",
        "centers/hope-for-provadi/",
    ],
    "centers/<slug:slug>/card.png": [f"centers/{HOPE}/card.png", "centers/withheld/card.png"],
    "id/<slug:public_id>/": [f"id/{PUBLIC_ID}/", "id/4agnjphz/"],
    "id/<slug:public_id>": [f"id/{PUBLIC_ID}"],
    "report/<slug:public_id>/": [f"report/{PUBLIC_ID}/", "report/4agnjphz/"],
    "receipt/<slug:reference>/": ["receipt/bcdf-2345-ghjk/"],
    "countries/<slug:code>/": ["countries/bg/", "countries/de/", "countries/xx/"],
    "countries/<slug:code>/card.png": ["countries/bg/card.png"],
    "countries/<slug:code>/contact/": ["countries/bg/contact/", "countries/de/contact/"],
    "countries/<slug:code>/contact/sent/": ["countries/bg/contact/sent/"],
    r"^insights/(?P<figure>years|causes|survival|confirmed)\.csv$": [
        "insights/years.csv", "insights/causes.csv", "insights/survival.csv?by=project",
        "insights/confirmed.csv", "insights/years.csv?by=zyx",
    ],
    "data/<slug:day>/": ["data/2026-11-01/", "data/2026-11-02/", "data/zyx/"],
    "data/<slug:day>.zip": ["data/2026-11-01.zip", "data/2026-11-02.zip"],
    "organisations/<slug:slug>/": ["organisations/mine/", "organisations/integro/"],
    "projects/<slug:slug>/": ["projects/roma-mother-centers/", "projects/roma-mother/"],
    "projects/<slug:slug>/card.png": ["projects/roma-mother-centers/card.png"],
    "stories/<slug:slug>/": ["stories/homework-and-songs/", "stories/zyxslug-draft/",
                            "stories/zyxslug-withdrawn/"],
    "confirm/<str:token>/": ["confirm/nonsense/"],
    "confirm/<str:token>/stop/": ["confirm/nonsense/stop/"],
    "stories/edit/<str:token>/": ["stories/edit/nonsense/"],
    "stories/edit/<str:token>/withdraw/": ["stories/edit/nonsense/withdraw/"],
    "accounts/invitation/<str:token>/": ["accounts/invitation/nonsense/"],
    "^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": [
        "accounts/password/reset/key/1-nonsense/"
    ],
    "^accounts/(?:password/(?!change/)|email|confirm-email|login/code|social|3rdparty)": [
        "accounts/email/", "accounts/confirm-email/nonsense/", "accounts/social/signup/",
    ],
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": ["accounts/confirm-email/nonsense/"],
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": [
        "accounts/password/reset/key/1-set-password/"
    ],
    "sitemap-<slug:section>.xml": [
        f"sitemap-{section}.xml"
        for section in ("pages", "centers", "countries", "organisations", "projects", "stories")
    ],
    r"^media/(?P<path>photos/[0-9a-f]+(?:-[0-9]+)?\.(?:jpg|webp|avif))$": [
        "media/photos/d0d0d0.jpg", "media/photos/abab.jpg",
    ],
}  # fmt: skip
# What else is asked of literal addresses: all of it, words, a view of the map, and nonsense.
ASKED_OF = {
    "centers/": ["status=all", "q=zyx&status=all", "status=all&view=map", "near=zyx", "sort=place"],
    "centers/map.json": ["bbox=-180,-90,180,90&zoom=9&status=all", "bbox=20,40,30,50&zoom=14"],
    "data/hsds.json": ["q=zyx", "country=XX"],
    "projects/": ["q=zyx"],
    "projects.csv": ["q=zyx"],
    "insights/": ["known_on=2024-01-01&country=BG", "by=core_group&cause=rent"],
    "stories/": ["q=zyx"],
    "receipt/": ["reference=zyx", "reference=%00"],
    f"report/{PUBLIC_ID}/": ["about=status", "about=zyx"],
    "stories/tell/": [f"center={PUBLIC_ID}", "center=zyx"],
    "search/": ["q=zyx", "q=provadia", "q=", "q=%00"],
    "search/suggest.json": ["q=zyx", "q=hope"],
    "changes/": ["country=BG", "page=2"],
    "changes.atom": ["country=BG"],
    "no/such/page/": ["q=zyx"],
    "hope-for-provadi/": ["q=zyx"],
}

# Lists and files that look for the beginning of all marks.
FINDING = r"(/de)?/(centers|stories|projects|search|data)[/.a-z]*\?q=zyx(&status=all)?"


def patterns(resolver=None, before="", *, is_page=False):
    """[(what stands in the urlconfs, whether it is a page with a prefix for languages)].

    Without the desk: `tests/centers/test_every_address.py` sees that strangers are sent away.
    """
    for each in (resolver or get_resolver()).url_patterns:
        text = before + str(each.pattern)
        if isinstance(each, URLResolver):
            if isinstance(each.pattern, LocalePrefixPattern):
                yield from patterns(each, before, is_page=True)
            elif not text.startswith("admin/"):
                yield from patterns(each, text, is_page=is_page)
        else:
            yield text, is_page


def is_literal(pattern):
    return not re.search(r"[<^$(\\]", pattern)


def public_addresses():
    """Every public address, pages in two languages."""
    found = dict.fromkeys(KINDS)
    for pattern, is_page in patterns():
        examples = [pattern] if is_literal(pattern) else EXAMPLES.get(pattern, [])
        found |= {f"/{each}": None for each in examples}
        if is_page:
            found |= {f"/de/{each}": None for each in examples}
    for path, queries in ASKED_OF.items():
        found |= {f"{before}{path}?{query}": None for query in queries for before in ("/", "/de/")}
    return [*found, "/admin/", "/admin/centers/contact/", "/de/admin/login/"]
