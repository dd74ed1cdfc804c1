"""Imports run one way: mine_site → stories → projects → centers; and models import no user."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ["mine_site", "stories", "projects", "centers"]  # each may import those after it
USERS_OF_MODELS = {"admin", "views", "filters", "forms", "resources", "urls", "templatetags"}


def imported(source, module="", is_package=False):
    """The dotted names that the source of `module` imports, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: len(module.split(".")) - node.level + is_package]
            package = [*(base if node.level else []), *([node.module] if node.module else [])]
            yield from (".".join([*package, alias.name]) for alias in node.names)


def modules():
    """(dotted name, path) of every module of the site."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = [pytest.param(name, path, id=name) for name, path in modules()]


def imports_of(name, path):
    return set(imported(path.read_text(), name, is_package=path.name == "__init__.py"))


@pytest.mark.parametrize(
    ("source", "module", "expected"),
    [
        ("import stories.models as s", "centers.views", ["stories.models"]),
        ("from projects import models", "centers.views", ["projects.models"]),
        ("def late():\n    from mine_site import views", "centers.x", ["mine_site.views"]),
        ("from . import admin", "centers.models", ["centers.admin"]),
        ("from ..views import home", "centers.models.center", ["centers.views.home"]),
    ],
)
def test_imported_finds_every_form_of_import(source, module, expected):
    assert list(imported(source, module)) == expected


def test_imported_reads_relative_imports_of_a_package():
    assert list(imported("from . import center", "centers.models", is_package=True)) == [
        "centers.models.center"
    ]


@pytest.mark.parametrize("app", APPS)
def test_every_app_has_modules(app):
    assert [name for name, _path in modules() if name == f"{app}.apps"] == [f"{app}.apps"]


@pytest.mark.parametrize(("name", "path"), MODULES)
def test_module_imports_only_apps_below_its_own(name, path):
    app = name.split(".")[0]

    above = APPS[: APPS.index(app)]

    assert [each for each in imports_of(name, path) if each.split(".")[0] in above] == []


@pytest.mark.parametrize(
    ("name", "path"), [each for each in MODULES if each.values[0].split(".")[1:2] == ["models"]]
)
def test_models_import_nothing_that_uses_them(name, path):
    app = name.split(".")[0]

    users = [
        each
        for each in imports_of(name, path)
        if each.split(".")[0] == app and USERS_OF_MODELS & set(each.split(".")[1:])
    ]

    assert users == []


def test_no_module_is_a_place_for_everything():
    shunned = {"utils", "util", "helpers", "common", "misc", "signals"}

    assert [name for name, _path in modules() if shunned & set(name.split("."))] == []
