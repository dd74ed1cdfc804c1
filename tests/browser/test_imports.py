"""A national network's spreadsheet, imported by a coordinator without JavaScript on a telephone."""

import re

import pytest
from playwright.sync_api import expect

from centers.models import Center

pytestmark = [pytest.mark.browser, pytest.mark.alike, pytest.mark.django_db]

LIST = """\
Zoznam centier;;;;
Názov;Mesto;Založené;Stav;Vedúca
Žabka;Žilina;2003;aktívne;Marker of a person
Matko;Detva;2001;zatvorené;
Mc Matko;Detva;;;
Slniečko;Nitra;niekedy;aktívne;
"""


@pytest.fixture
def file(tmp_path):
    """`file(text)`: the path of a file with the text, in cp1250."""

    def file(text):
        path = tmp_path / "zoznam.csv"
        path.write_bytes(text.encode("cp1250"))
        return path

    return file


def bring(page, path, *, observed=""):
    """Choose the file and tell its columns; ends at the preview."""
    page.goto("/admin/centers/center/")
    page.get_by_role("link", name="Import a spreadsheet").click()
    page.locator(".object-tools").get_by_role("link", name="Import a spreadsheet").click()
    page.get_by_label("File").set_input_files(path)
    page.get_by_label("Country").select_option("SK")
    page.get_by_role("button", name="Go on to the columns").click()
    expect(page.get_by_label("Encoding")).to_have_value("cp1250")
    expect(page.get_by_text("About persons: Vedúca.")).to_be_visible()
    if observed:
        page.get_by_label("As of when is this list?").fill(observed)
    page.get_by_role("button", name="Check the rows").click()
    expect(page).to_have_url(re.compile("/preview/"))


def finish(page, button):
    page.get_by_role("button", name=button).click()
    expect(page).to_have_url(re.compile("/result/"))
    return " ".join(page.locator(".import-sum").inner_text().split())


def test_a_list_is_looked_at_decided_imported_mended_and_imported_again(visit, anna, file):
    before = Center.objects.count()
    page = visit(width=360, as_user=anna, java_script_enabled=False)
    bring(page, file(LIST), observed="2024")
    expect(page.locator(".import-suspect")).to_contain_text("Line 5: Mc Matko")
    page.get_by_label("It is the same: line 4 of the file").or_(
        page.get_by_label("It is the same: Matko")
    ).first.check()
    page.get_by_role("button", name="Keep these decisions").click()
    page.get_by_role("link", name=re.compile("^Rejected")).click()
    expect(page.locator(".import-rows")).to_contain_text("“niekedy” is not a date")

    told = finish(page, re.compile("^Import: 1 new"))

    assert told == "1 new + 1 changed + 0 unchanged + 2 rejected = 4 rows in the file"
    matko = Center.objects.get(slug="matko-detva")
    assert (str(matko.founded), matko.status) == ("2001", "closed")
    mended = LIST.replace("niekedy", "2010").replace("Mc Matko;Detva;;;\n", "")
    bring(page, file(mended), observed="2024")
    told = finish(page, re.compile("^Import: 1 new"))
    assert told == "1 new + 0 changed + 2 unchanged + 0 rejected = 3 rows in the file"
    bring(page, file(mended))  # as of when is known by now
    told = finish(page, "Finish: nothing changes")
    assert told == "0 new + 0 changed + 3 unchanged + 0 rejected = 3 rows in the file"
    assert Center.objects.count() == before + 2


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_of_an_import_are_sound_and_fit_the_window(visit, anna, file, width):
    page = visit(width=width, as_user=anna)
    wider = {}
    page.goto("/admin/centers/spreadsheetimport/add/")
    wider["add"] = page.watch.overflow()
    page.get_by_label("File").set_input_files(file(LIST))
    page.get_by_label("Country").select_option("SK")
    page.get_by_role("button", name="Go on to the columns").click()
    wider["columns"] = page.watch.overflow()
    page.get_by_label("As of when is this list?").fill("2024")
    page.get_by_role("button", name="Check the rows").click()
    expect(page).to_have_url(re.compile("/preview/"))
    for show in ("suspect", "rejected", "changed", "new", "unchanged"):
        page.goto(re.sub(r"\?.*", "", page.url) + f"?show={show}")
        wider[show] = page.watch.overflow()
    finish(page, re.compile("^Import: 1 new"))
    wider["result"] = page.watch.overflow()

    assert page.watch.seen == []
    assert wider == dict.fromkeys(wider, 0)
