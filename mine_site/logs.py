"""The registry's log."""

import logging
import re

# What follows in such an address opens something: it is no line of a log.
_LIVE_LINK = re.compile(r"(/(?:stories/edit|confirm|receipt)/)[^/\s'\"<>]+")


def without_links(text):
    """The text without what makes the links of single persons work."""
    return _LIVE_LINK.sub(r"\1…", text)


class LinkFilter(logging.Filter):
    """Takes links that open an answer, a receipt or a story out of a line and its traceback."""

    def filter(self, record):
        record.msg, record.args = without_links(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = without_links(logging.Formatter().formatException(record.exc_info))
        return True


class ReferenceFilter(logging.Filter):
    """Gives each line of the log `reference`: that of the error page, if one was shown."""

    def filter(self, record):
        reference = getattr(getattr(record, "request", None), "error_reference", "")
        record.reference = f" [reference {reference}]" if reference else ""
        return True
