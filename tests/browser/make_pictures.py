"""Makes the pictures of the coordinator's handbook from the running desk (`make pictures`).

Not a test by its name: it writes into docs/handbook. The rows are those of the real register; a
list that is imported here is an example, and no person is shown.
"""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from centers import search
from centers.models import BY_IMPORT, Center, Coordinator
from tests.browser.test_imports import bring

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "handbook"
EXAMPLE = """\
Názov;Mesto;Založené;Stav;Počet miestností;Vedúca
Príklad jeden;Nitra;2003;aktívne;2;-
Matko, Detva;Detva;2001;zatvorené;1;-
Príklad dva;Martin;niekedy;aktívne;;-
"""


def shoot(page, name, *, height=None):
    """Keep what the window shows, or its first `height` pixels."""
    clip = height and {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height}
    page.screenshot(path=FOLDER / f"{name}.png", **({"clip": clip} if clip else {}))


def test_pictures_are_made(visit, anna, settings, tmp_path):
    settings.SECOND_STEP_REQUIRED = False
    FOLDER.mkdir(exist_ok=True)
    center = Center.objects.get(name="Carmen")
    double = Center.objects.create(
        name="Carmen Center Razgrad", slug="carmen-center", country=center.country,
        place=center.place, opening_hours="Mon-Fri 9-12",
    )  # fmt: skip
    double.record_status("active", observed="2019", by=BY_IMPORT)
    search.reindex("center", [double.pk])

    page = visit(as_user=anna)
    page.set_viewport_size({"width": 1100, "height": 760})
    page.goto("/admin/")
    shoot(page, "desk", height=620)
    page.goto("/admin/centers/center/?whose=mine")
    shoot(page, "list", height=620)
    page.goto(f"/admin/centers/center/{center.pk}/change/")
    shoot(page, "center", height=560)

    page.goto(f"/admin/centers/center/{center.pk}/record-status/")
    page.get_by_role("radio", name="closed: No longer exists.").check()
    page.get_by_label("Since").fill("5/2026")
    page.get_by_role("radio", name="Rent could not be paid: main").check()
    page.get_by_role("radio", name="Members emigrated: contributing").check()
    page.set_viewport_size({"width": 1100, "height": 1250})
    page.evaluate("scrollTo(0, 0)")
    shoot(page, "record", height=1250)
    page.set_viewport_size({"width": 1100, "height": 900})

    page.goto(f"/admin/centers/center/{center.pk}/compare/{double.pk}/")
    shoot(page, "compare", height=900)
    page.get_by_role("link", name="Keep the first one").click()
    shoot(page, "merge", height=900)

    file = tmp_path / "zoznam.csv"
    file.write_bytes(EXAMPLE.encode("cp1250"))
    bring(page, file, observed="2024")
    shoot(page, "import-preview", height=900)
    page.goto(page.url.replace("/preview/", "/columns/"))
    shoot(page, "import-columns", height=900)

    page.goto(f"/admin/centers/center/{center.pk}/history/")
    shoot(page, "history", height=620)

    lead = get_user_model().objects.create_user("lead", is_staff=True)
    Coordinator.objects.create(user=lead, is_lead=True)
    page = visit(as_user=lead)
    page.set_viewport_size({"width": 1100, "height": 700})
    page.goto("/admin/auth/user/countries/")
    shoot(page, "countries", height=560)

    phone = visit(width=360, as_user=anna)
    phone.goto("/admin/")
    shoot(phone, "desk-phone", height=760)
    phone.goto("/admin/centers/center/?whose=mine")
    shoot(phone, "list-phone", height=760)
