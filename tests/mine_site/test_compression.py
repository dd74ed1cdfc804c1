"""What consists of words goes out compressed, and is still known by its ETag."""

import gzip

import pytest

pytestmark = pytest.mark.django_db
PACKED = {"HTTP_ACCEPT_ENCODING": "gzip, deflate"}


def test_pages_go_out_compressed_to_who_can_read_it(client):
    plain, packed = client.get("/about/"), client.get("/about/", **PACKED)

    assert not plain.has_header("Content-Encoding")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
    assert all("Accept-Encoding" in answer["Vary"] for answer in (plain, packed))


@pytest.mark.parametrize("address", ["/about/", "/centers.json", "/sitemap.xml", "/changes.atom"])
def test_a_compressed_answer_is_asked_for_again_by_its_etag(client, register, address):
    first = client.get(address, **PACKED)

    again = client.get(address, headers={"if-none-match": first["ETag"]}, **PACKED)

    assert first["Content-Encoding"] == "gzip"
    assert (again.status_code, again.content) == (304, b"")
    # A cache takes these over: it must not hand packed content to who cannot read it.
    assert "Accept-Encoding" in again["Vary"]
    assert again["Cache-Control"] == first["Cache-Control"]


def test_pictures_are_not_compressed_twice(client):
    answer = client.get("/card.png", **PACKED)

    assert answer["Content-Type"] == "image/png"
    assert not answer.has_header("Content-Encoding")


def test_pages_of_one_secret_differ_in_length(client):
    """Django's random bytes against BREACH are there."""
    lengths = {len(client.get("/accounts/login/", **PACKED).content) for _time in range(12)}

    assert len(lengths) > 1


def test_an_error_goes_out_compressed_and_is_kept_by_nobody(client, settings):
    settings.MAINTENANCE = True

    answer = client.get("/", **PACKED)

    assert (answer.status_code, answer["Content-Encoding"]) == (503, "gzip")
    assert answer["Cache-Control"] == "no-store"
