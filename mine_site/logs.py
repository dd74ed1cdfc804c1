"""The registry's log."""

import logging


class ReferenceFilter(logging.Filter):
    """Gives each line of the log `reference`: that of the error page, if one was shown."""

    def filter(self, record):
        reference = getattr(getattr(record, "request", None), "error_reference", "")
        record.reference = f" [reference {reference}]" if reference else ""
        return True
