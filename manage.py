#!/usr/bin/env python
"""Run the registry's commands: `python manage.py help` lists them."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mine_site.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            "Django is not installed here. `make run` sets everything up in .venv; "
            "then use .venv/bin/python manage.py."
        ) from error
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting is wrong: the sentence says how to mend it
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
