"""The photos of a center: taken in, described, shown, withdrawn; and what is left on the disk."""

import hashlib
import io
import re
import threading
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from centers import gallery
from centers.admin import photos as photo_pages
from centers.models import Center, Country, Erasure, Photo
from mine_site.register import soundness
from tests.centers.test_photos import HEIC, SVG, encoded, exif, picture, png_that_claims

pytestmark = pytest.mark.django_db

YEAR = "private, max-age=31536000, immutable"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A storage of the test's own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored():
    """The names of all files of photos."""
    return (
        {f"photos/{path}" for path in default_storage.listdir("photos")[1]}
        if (default_storage.exists("photos"))
        else set()
    )


def upload(data=None, name="photo.jpg"):
    return SimpleUploadedFile(name, encoded(picture()) if data is None else data)


def described(photo):
    Photo.objects.filter(pk=photo.pk).update(alternative="A room", consent="The group, 2026")
    photo.refresh_from_db()
    return photo


@pytest.fixture
def photo(center):
    """A draft of the center, 600 pixels wide."""
    return gallery.add_photo(center, upload(encoded(picture((600, 400)))))


@pytest.fixture
def page(center):
    return reverse("admin:centers_center_photos", args=[center.pk])


@pytest.fixture
def withdraw(center):
    return lambda photo: reverse("admin:centers_center_withdraw_photo", args=[center.pk, photo.pk])


def words(photo, **values):
    """What the page sends for a photo that was shown as it is."""
    sent = {}
    for name in ("alternative", "consent", "credit", "position"):
        sent[f"initial-photo-{photo.pk}-{name}"] = getattr(photo, name)
        sent[f"photo-{photo.pk}-{name}"] = values.get(name, getattr(photo, name))
    return sent


def said(response):
    return [str(message) for message in response.context["messages"]]


# --- Taken in --------------------------------------------------------------------------------


def test_added_photo_is_a_draft_with_all_its_files(photo, center):
    assert (photo.center, photo.is_published, photo.width, photo.height) == (
        center,
        False,
        600,
        400,
    )
    assert photo.rendition_widths == [480, 600]
    assert re.fullmatch(r"photos/[0-9a-f]{24}\.jpg", photo.image.name)
    assert stored() == set(photo.file_names)
    assert len(photo.file_names) == 1 + 2 * 3


def test_added_photos_come_in_the_order_in_which_they_were_sent(center):
    sizes = [(70, 40), (60, 40), (65, 40)]

    for size in sizes:
        gallery.add_photo(center, upload(encoded(picture(size))))

    assert [(photo.width, photo.height) for photo in center.photos.all()] == sizes


def test_the_same_photo_is_taken_once(center, photo):
    before = stored()

    with pytest.raises(ValidationError, match="here already"):
        gallery.add_photo(center, upload(encoded(picture((600, 400))), name="other.png"))

    assert (Photo.objects.count(), stored()) == (1, before)


def test_a_center_has_so_many_photos_and_no_more(center, photo, monkeypatch):
    monkeypatch.setattr(gallery, "MAX_PHOTOS", 1)

    with pytest.raises(ValidationError, match=r"can have 1 photos\. Withdraw one"):
        gallery.add_photo(center, upload())

    assert stored() == set(photo.file_names)


def test_a_failed_write_to_the_database_leaves_no_file(center, monkeypatch):
    def fail(**values):
        raise RuntimeError("the database is away")

    monkeypatch.setattr(Photo.objects, "create", fail)

    with pytest.raises(RuntimeError):
        gallery.add_photo(center, upload())

    assert (Photo.objects.count(), stored()) == (0, set())


def test_a_full_disk_leaves_no_file_and_no_row(center, monkeypatch):
    save = default_storage.save

    def full(name, content):
        if name.endswith(".webp"):
            raise OSError(28, "No space left on device")
        return save(name, content)

    monkeypatch.setattr(default_storage, "save", full)

    with pytest.raises(OSError, match="No space"):
        gallery.add_photo(center, upload())

    assert (Photo.objects.count(), stored()) == (0, set())


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("index.html", "<script>alert(1)</script>")
    return out.getvalue()


HOSTILE = {
    "empty.jpg": (b"", "This file is empty."),
    "bomb.png": (png_that_claims(30_000, 30_000), "too many pixels"),
    "drawing.jpg": (SVG, "This is a drawing (SVG), not a photo. Save it as PNG"),
    "phone.heic": (HEIC, "as iPhones keep it (HEIC)"),
    "half.jpg": (encoded(picture((300, 300)))[:-300], "cannot be read to its end"),
    "text.png": (b"<html><script>alert(1)</script>", "not a photo that can be read"),
    "moving.gif": (encoded(picture(), "GIF"), "moving picture"),
    "large.jpg": (encoded(picture()) + bytes(12 * 1024 * 1024), "larger than 12 MB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_file_is_named_with_its_reason_and_leaves_nothing(admin_client, page, name):
    data, reason = HOSTILE[name]

    answer = admin_client.post(page, {"files": upload(data, name)}, follow=True)

    [message] = said(answer)
    assert message.startswith(f"“{name}”: ")
    assert reason in message.replace("&quot;", '"')
    assert (Photo.objects.count(), stored()) == (0, set())


def test_of_a_file_that_is_two_the_pixels_alone_are_stored(admin_client, page):
    data = encoded(picture(), exif=exif(6), comment=b"<b>Marker of a person</b>")

    admin_client.post(page, {"files": upload(data + zipped())})

    photo = Photo.objects.get()
    assert (photo.width, photo.height) == (40, 60)
    for name in photo.file_names:
        with default_storage.open(name) as file:
            kept = file.read()
        for hidden in (b"PK\x03\x04", b"index.html", b"Marker", b"Exif", b"Anna at home"):
            assert (name, hidden in kept) == (name, False)


@pytest.mark.parametrize("name", ["photo.gif", "Ana.exe", "…\u202egpj.exe", "a" * 200 + ".png"])
def test_a_photo_is_taken_for_what_it_is_whatever_its_name(admin_client, page, name):
    admin_client.post(page, {"files": upload(encoded(picture(), "PNG"), name)})

    [photo] = Photo.objects.all()
    assert re.fullmatch(r"photos/[0-9a-f]{24}\.jpg", photo.image.name)


def test_several_photos_come_at_once_and_a_bad_one_keeps_no_good_one_out(admin_client, page):
    files = [
        upload(encoded(picture((60, 40))), "one.jpg"),
        upload(SVG, "logo <b>.svg"),
        upload(encoded(picture((70, 40))), "two.jpg"),
    ]

    answer = admin_client.post(page, {"files": files}, follow=True)

    assert list(Photo.objects.values_list("width", flat=True)) == [60, 70]
    refused, taken = said(answer)
    assert refused.startswith("“logo &lt;b&gt;.svg”: This is a drawing")
    assert taken.startswith("2 photos added. Say what they show and who agreed")
    assert "<b>.svg" not in answer.content.decode()
    assert len(stored()) == 2 * 4


def test_more_than_ten_files_are_refused_whole(admin_client, page):
    files = [upload(encoded(picture((60 + number, 40)))) for number in range(11)]

    answer = admin_client.post(page, {"files": files}, follow=True)

    assert said(answer) == ["These are 11 files. None was taken: choose at most 10 at once."]
    assert (Photo.objects.count(), stored()) == (0, set())


def test_a_whole_album_is_refused_with_a_page_that_can_be_read(admin_client, page):
    files = [upload(encoded(picture((60, 40)))) for _ in range(101)]

    answer = admin_client.post(page, {"files": files})

    assert answer.status_code == 400
    assert "Perhaps it was too much at once. Nothing was changed" in answer.content.decode()
    assert (Photo.objects.count(), stored()) == (0, set())


def test_sending_nothing_says_so(admin_client, page, photo):
    assert said(admin_client.post(page, words(photo), follow=True)) == ["Nothing was changed."]


def test_too_many_bytes_together_are_refused_whole(admin_client, page, monkeypatch):
    monkeypatch.setattr(photo_pages, "MAX_TOGETHER", 1024 * 1024)
    files = [upload(encoded(picture()) + bytes(600_000)) for _ in range(2)]

    answer = admin_client.post(page, {"files": files}, follow=True)

    assert said(answer) == [
        "Together these files are larger than 1 MB. None was taken: choose fewer."
    ]
    assert (Photo.objects.count(), stored()) == (0, set())


# --- Described -------------------------------------------------------------------------------


def test_a_photo_becomes_public_with_its_text_and_its_consent(
    admin_client, client, page, center, photo
):
    public = center.get_absolute_url()

    for values in ({"alternative": "A room"}, {"alternative": "A room", "consent": " "}):
        admin_client.post(page, words(photo, **values))
        photo.refresh_from_db()
        assert (photo.alternative, photo.is_published) == ("A room", False)
        assert photo.stem not in client.get(public).content.decode()
        assert client.get(photo.image.url).status_code == 404
    answer = admin_client.post(page, words(photo, consent="The group, May 2026"), follow=True)

    assert said(answer)[-1] == "Saved what is told of 1 photo."
    shown = client.get(public).content.decode()
    assert 'alt="A room"' in shown
    assert photo.stem in shown
    assert "The group, May 2026" not in shown
    assert client.get(photo.image.url).status_code == 200


def test_a_photo_that_loses_its_text_is_public_no_more(admin_client, client, page, center, photo):
    described(photo)

    admin_client.post(page, words(photo, alternative="  "))

    assert photo.stem not in client.get(center.get_absolute_url()).content.decode()
    assert client.get(photo.image.url).status_code == 404


def test_new_photos_and_words_go_in_one_step(admin_client, page, photo):
    sent = words(photo, alternative="A room") | {"files": upload(encoded(picture((70, 40))))}

    admin_client.post(page, sent)

    assert list(Photo.objects.values_list("alternative", flat=True)) == ["A room", ""]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("alternative", "x" * 301, "at most 300 characters"),
        ("consent", "Ana\0", "Null characters are not allowed"),
        ("position", "1000", "less than or equal to 999"),
        ("position", "first", "Enter a whole number"),
    ],
)
def test_words_that_do_not_fit_are_shown_again_and_nothing_is_lost(
    admin_client, page, center, photo, field, value, reason
):
    other = gallery.add_photo(center, upload(encoded(picture((70, 40)))))
    sent = words(photo, **{field: value}) | words(other, alternative="A garden")
    sent["files"] = upload(encoded(picture((80, 40))))

    answer = admin_client.post(page, sent)

    shown = answer.content.decode()
    assert (answer.status_code, reason in shown, "A garden" in shown) == (200, True, True)
    assert set(Photo.objects.values_list("alternative", flat=True)) == {""}
    assert Photo.objects.count() == 3  # the file that came along is kept, and shown
    assert Photo.objects.get(width=80).stem in shown


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten_unseen(admin_client, page, photo):
    sent = words(photo, alternative="A room with a stove", credit="Ana")
    Photo.objects.filter(pk=photo.pk).update(alternative="The room", position=7)

    refused = admin_client.post(page, sent)

    photo.refresh_from_db()
    assert (photo.alternative, photo.credit, photo.position) == ("The room", "", 7)
    assert "Somebody wrote “The room” here meanwhile." in refused.content.decode()
    again = re.findall(
        r'<input type="hidden" name="(initial-[^"]+)" value="([^"]*)"', refused.content.decode()
    ) + re.findall(
        r'<textarea name="(initial-[^"]+)"[^>]*hidden[^>]*>\s*([^<]*)<', refused.content.decode()
    )
    admin_client.post(page, sent | dict(again))
    photo.refresh_from_db()
    assert (photo.alternative, photo.credit, photo.position) == ("A room with a stove", "Ana", 7)


def test_the_page_takes_as_many_queries_for_one_photo_as_for_many(admin_client, page, center):
    def add(number):
        Photo.objects.create(
            center=center, image=f"photos/{number:024x}.jpg", width=9, height=9, widths="9"
        )

    add(1)
    for_one = queries_of(admin_client, page)
    for number in range(2, 31):
        add(number)

    assert queries_of(admin_client, page) == for_one


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


# --- Shown -----------------------------------------------------------------------------------


def test_profile_offers_each_photo_in_three_formats_and_three_widths(client, center):
    photo = described(gallery.add_photo(center, upload(encoded(picture((2000, 1000))))))

    page = client.get(center.get_absolute_url()).content.decode()

    [shown] = re.findall(r"<picture>.*?</picture>", page, re.S)
    for ending, kind in {"avif": "avif", "webp": "webp", "jpg": "jpeg"}.items():
        widths = ", ".join(
            f"/media/{photo.stem}-{width}.{ending} {width}w" for width in (480, 960, 1600)
        )
        assert f'<source type="image/{kind}" srcset="{widths}" sizes="' in shown
    image = re.search(r"<img [^>]*>", shown)[0]
    assert f'src="/media/{photo.stem}-960.jpg"' in image
    assert 'alt="A room" width="2000" height="1000" loading="lazy"' in image


@pytest.mark.parametrize(
    ("ending", "kind"), [("avif", "image/avif"), ("webp", "image/webp"), ("jpg", "image/jpeg")]
)
def test_each_rendition_is_served_as_what_it_is_and_kept_long(client, photo, ending, kind):
    described(photo)

    answer = client.get(photo.url_of(480, ending))

    with default_storage.open(gallery.rendition_name(photo.stem, 480, ending)) as file:
        assert answer.content == file.read()
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == YEAR
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Cookie" not in answer.headers.get("Vary", "")
    kept = client.get(photo.url_of(480, ending), headers={"if-none-match": answer.headers["ETag"]})
    assert (kept.status_code, kept.content) == (304, b"")


def test_a_file_that_is_not_there_answers_404(client, photo):
    described(photo)

    for name in (f"{photo.stem}-481.jpg", f"{photo.stem}-960.avif", "photos/00.jpg"):
        assert (name, client.get(f"/media/{name}").status_code) == (name, 404)
    default_storage.delete(photo.image.name)
    assert client.get(photo.image.url).status_code == 404


@pytest.mark.parametrize(
    "path", ["photos/../login", "photos/a.png", "login", "photos/", "photos/a.jpg/"]
)
def test_media_hands_out_photos_alone(client, path):
    default_storage.save("photos/a.png", ContentFile(b"x"))

    assert client.get(f"/media/{path}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "may"),
    [("hers", True), ("lead", True), ("other", False), ("without", False), ("visitor", False)],
)
def test_photos_follow_the_rights(client, staff, center, photo, page, withdraw, kind, may):
    client.force_login(staff(kind))
    before = stored()

    draft = client.get(photo.small_url)
    seen = client.get(page)
    asked = client.get(withdraw(photo))
    added = client.post(page, {"files": upload(encoded(picture((70, 40))))})
    taken_back = client.post(withdraw(photo), {"reason": "consent"})

    if may:
        assert (draft.status_code, draft.headers["Cache-Control"]) == (200, "private, no-store")
        assert (seen.status_code, asked.status_code) == (200, 200)
        assert (added.status_code, taken_back.status_code) == (302, 302)
        assert list(Photo.objects.values_list("width", flat=True)) == [70]
    else:
        refused = 302 if kind == "visitor" else 403  # a visitor is sent to the login
        assert draft.status_code == 404
        assert [each.status_code for each in (seen, asked, added, taken_back)] == [refused] * 4
        assert (list(Photo.objects.all()), stored()) == ([photo], before)


def test_the_photo_of_another_center_is_not_withdrawn_through_hers(
    client, staff, make, center, photo
):
    foreign = make(Center, slug="foreign", country=Country.objects.create(code="SI"))
    theirs = gallery.add_photo(foreign, upload(encoded(picture((70, 40)))))
    client.force_login(staff("hers"))

    answer = client.post(
        reverse("admin:centers_center_withdraw_photo", args=[center.pk, theirs.pk]),
        {"reason": "consent"},
    )
    client.post(
        reverse("admin:centers_center_photos", args=[center.pk]), words(theirs, alternative="Mine")
    )

    assert answer.status_code == 302
    assert set(Photo.objects.values_list("alternative", flat=True)) == {""}
    assert Photo.objects.count() == 2


@pytest.mark.parametrize("method", ["put", "delete", "trace", "options"])
def test_pages_of_photos_answer_to_no_other_method(admin_client, page, withdraw, photo, method):
    for address in (page, withdraw(photo)):
        assert getattr(admin_client, method)(address).status_code == 405


def test_centers_whose_photos_wait_are_found(admin_client, make, center, photo):
    done = make(Center, slug="done", name="Done")
    described(gallery.add_photo(done, upload()))

    def listed(value):
        answer = admin_client.get(reverse("admin:centers_center_changelist"), {"photos": value})
        return [row.name for row in answer.context["cl"].result_list]

    assert (listed("drafts"), listed("public")) == (["Mother Center Isperih"], ["Done"])
    assert list(Photo.objects.drafts()) == [photo]


# --- Withdrawn -------------------------------------------------------------------------------


def test_withdrawing_is_asked_before_and_a_look_changes_nothing(admin_client, withdraw, photo):
    described(photo)

    asked = admin_client.get(withdraw(photo))

    assert "cannot be brought back" in asked.content.decode()
    assert (Photo.objects.count(), stored()) == (1, set(photo.file_names))


def test_a_withdrawn_photo_is_gone_and_a_line_without_names_stays(
    admin_client,
    admin_user,
    client,
    page,
    center,
    photo,
    withdraw,
    django_capture_on_commit_callbacks,
):
    Photo.objects.filter(pk=photo.pk).update(
        alternative="Marker of a person", credit="Marker of a person", consent="Marker of a person"
    )
    addresses = [photo.image.url, photo.url_of(480, "avif"), photo.url_of(600, "jpg")]
    assert [client.get(address).status_code for address in addresses] == [200] * 3

    with django_capture_on_commit_callbacks() as callbacks:
        admin_client.post(withdraw(photo), {"reason": "consent"})
        assert stored() == set(photo.file_names)  # nothing is deleted before the commit
    for callback in callbacks:
        callback()

    assert (Photo.objects.count(), stored()) == (0, set())
    [line] = Erasure.objects.all()
    assert (line.kind, line.center, line.reason) == ("photo", center.public_id, "consent")
    assert (line.key, line.by) == (f"photo-{photo.key}", admin_user)
    assert [client.get(address).status_code for address in addresses] == [410] * 3
    assert photo.stem not in client.get(center.get_absolute_url()).content.decode()
    told = "".join(LogEntry.objects.values_list("change_message", flat=True))
    assert "Marker" not in told + "".join(LogEntry.objects.values_list("object_repr", flat=True))


def test_a_photo_that_is_withdrawn_already_is_no_error(admin_client, withdraw, photo):
    admin_client.post(withdraw(photo), {"reason": "consent"})

    again = admin_client.post(withdraw(photo), {"reason": "mistake"}, follow=True)

    assert said(again)[-1] == "This photo is not here any more."
    assert [line.reason for line in Erasure.objects.all()] == ["consent"]
    assert gallery.withdraw_picture(photo, reason="other", by=None) == Erasure.objects.get()


@pytest.mark.parametrize("reason", ["", "Marker of a person", "expired"])
def test_withdrawing_needs_one_of_the_reasons(admin_client, withdraw, photo, reason):
    answer = admin_client.post(withdraw(photo), {"reason": reason})

    assert (answer.status_code, bool(answer.context["form"].errors["reason"])) == (200, True)
    assert (Photo.objects.count(), Erasure.objects.count()) == (1, 0)


def test_words_for_a_photo_that_was_withdrawn_meanwhile_bring_nothing_back(
    admin_client, page, center, photo
):
    sent = words(photo, alternative="A room")
    gallery.withdraw_picture(photo, reason="consent", by=None)

    answer = admin_client.post(page, sent, follow=True)

    assert said(answer) == ["1 photo is not here any more: it was withdrawn meanwhile."]
    assert Photo.objects.count() == 0


def test_a_file_that_cannot_be_deleted_is_logged_and_found(photo, monkeypatch, caplog):
    def refuse(name):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(default_storage, "delete", refuse)

    gallery.remove_files(photo.file_names[:1])
    Photo.objects.all().delete()

    assert f"{photo.image.name} could not be deleted" in caplog.text
    later = datetime.now(UTC) + timedelta(hours=2)
    assert photo.image.name in gallery.stray_files(now=later)


@pytest.mark.django_db(transaction=True)
def test_two_people_withdraw_and_send_at_once(center, admin_user):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one write at a time, and tests keep it in memory.")
    photo = gallery.add_photo(center, upload(encoded(picture((70, 40)))))
    page = reverse("admin:centers_center_photos", args=[center.pk])
    withdraw = reverse("admin:centers_center_withdraw_photo", args=[center.pk, photo.pk])
    answers = []

    def act(address, data):
        client = Client()
        client.force_login(admin_user)
        try:
            answers.append(client.post(address, data()).status_code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=act, args=each)
        for each in [
            (withdraw, lambda: {"reason": "consent"}),
            (withdraw, lambda: {"reason": "mistake"}),
            (page, lambda: {"files": upload()}),
            (page, lambda: {"files": upload()}),
        ]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [302] * 4
    [left] = Photo.objects.all()
    assert (left.width, Erasure.objects.count()) == (60, 1)
    assert stored() == set(left.file_names)


# --- Sound -----------------------------------------------------------------------------------


def old_photo(center):
    """A photo as it was stored before there were renditions."""
    data = encoded(picture((600, 400)))
    name = default_storage.save("photos/00ff.jpg", ContentFile(data))
    return Photo.objects.create(
        center=center, image=name, width=600, height=400, alternative="A room", consent="yes"
    )


def test_an_old_photo_is_shown_as_it_is_and_gets_its_renditions(client, center):
    photo = old_photo(center)
    before = client.get(center.get_absolute_url()).content.decode()
    assert 'src="/media/photos/00ff.jpg"' in before
    assert list(soundness.files()) == [f"photo {photo.key}: its renditions were never made"]

    soundness.repair()

    photo.refresh_from_db()
    assert (photo.rendition_widths, stored()) == ([480, 600], set(photo.file_names))
    assert list(soundness.files()) == []
    after = client.get(center.get_absolute_url()).content.decode()
    assert 'srcset="/media/photos/00ff-480.avif 480w, /media/photos/00ff-600.avif 600w"' in after


def test_a_missing_rendition_is_told_and_made_again(photo):
    missing = photo.rendition_names[0]
    default_storage.delete(missing)

    assert list(soundness.files()) == [f"photo {photo.key}: its file {missing} is missing"]
    soundness.repair()
    photo.refresh_from_db()

    assert (list(soundness.files()), stored()) == ([], set(photo.file_names))


def test_a_photo_whose_file_is_damaged_is_told_and_stops_no_repair(photo, caplog):
    default_storage.delete(photo.image.name)
    default_storage.save(photo.image.name, ContentFile(b"damaged"))
    default_storage.delete(photo.rendition_names[0])

    soundness.repair()

    assert f"{photo.image.name} cannot be read" in caplog.text
    assert len(list(soundness.files())) == 1


def test_files_that_no_photo_names_are_told_and_deleted_after_an_hour(photo, monkeypatch):
    default_storage.save("photos/0123.jpg", ContentFile(b"x"))
    assert gallery.stray_files() == []

    monkeypatch.setattr(gallery, "STRAY_AFTER", timedelta(seconds=-5))
    assert list(soundness.files()) == ["files: no photo has the file photos/0123.jpg"]
    gallery.repair()

    assert stored() == set(photo.file_names)


def test_the_digest_is_of_the_file_that_is_kept(photo):
    with default_storage.open(photo.image.name) as file:
        kept = file.read()

    assert photo.digest == hashlib.sha256(kept).hexdigest()
    assert Image.open(io.BytesIO(kept)).size == (600, 400)
