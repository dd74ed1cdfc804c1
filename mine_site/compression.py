"""Sends words compressed, also where no proxy in front does it."""

from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

# Pictures, fonts and workbooks are compressed already.
_WORDS = ("text/", "application/json", "application/geo+json", "application/ld+json",
          "application/xml", "application/atom+xml", "image/svg+xml")  # fmt: skip


class CompressionMiddleware(GZipMiddleware):
    """Compresses what consists of words, a page to about a fifth.

    It stands outside of what makes and compares ETags: these are of the content as it was made, and
    Django makes them weak. Random bytes in each answer hide how long a page is, so that nobody can
    guess secrets of a staff page by its compressed length (BREACH).
    """

    def process_response(self, request, response):
        if response.status_code == 304:
            # A cache takes over the headers of a 304: it must not forget that there are two forms.
            patch_vary_headers(response, ["Accept-Encoding"])
            return response
        if not response.headers.get("Content-Type", "").startswith(_WORDS):
            return response
        return super().process_response(request, response)
