"""Look for migrations that would lock or lose data on the PostgreSQL of DATABASE_URL.

The linter's command is called from here instead of being listed among the apps, because the
registry runs without it.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

PROJECT = Path(__file__).resolve().parent.parent


def main():
    sys.path.insert(0, str(PROJECT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mine_site.settings")
    django.setup()
    # Importable only once the settings are read.
    from django_migration_linter.management.commands.lintmigrations import Command

    call_command(
        Command(),
        include_apps=["mine_site", "centers", "projects", "stories"],
        project_root_path=str(PROJECT),
        # A table that is new holds nothing that could be locked or lost.
        ignore_initial_migrations=True,
        no_cache=True,
        quiet=["ok", "ignore"],
    )


if __name__ == "__main__":
    main()
