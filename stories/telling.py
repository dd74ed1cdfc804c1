"""A woman tells her story: it is kept as a draft, and waits for a coordinator.

Nothing of it is public before a coordinator has accepted it.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from centers.folding import forms, index_words, light
from centers.gallery import Fresh, keeping
from centers.mail import absolute, send_mail
from centers.models import Center, Report, ReportStep, SearchEntry
from centers.models.base import new_key
from centers.reports.receiving import add_parts, receive, step
from centers.search import found
from stories.links import link_to
from stories.models import Story, StoryFormerSlug, StoryPicture, StoryReport, Teller

MAX_PICTURES = 5
LONGEST_SLUG = 70
# Of a voice: what stands for its title in lists.
TITLE_OF_VOICE = 60


@dataclass(frozen=True)
class GivenPicture:
    """A picture that comes with a story: made anew (`centers.gallery.fresh`), and what it shows."""

    fresh: Fresh
    alternative: str = ""
    shows_children: bool = False


def tell_story(
    *,
    kind,
    language,
    text,
    title="",
    shown_name="",
    center=None,
    center_words="",
    video="",
    pictures=(),
    email="",
    may_contact=False,
    page_language="en",
    **values,
):
    """Keep a story that was told, with all that belongs to it; returns its `Report`, which waits.

    `center_words` is what she wrote where no center is meant by it. She has agreed that text and
    pictures (`GivenPicture`) are published, and said that she is over 16: the form sees to it.
    `values` are further fields of `Report`. Whatever goes wrong, nothing is kept, files neither.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    title = title or title_of(text)
    with keeping(*(picture.fresh for picture in pictures)):
        story = _written(
            kind=kind,
            language=language,
            title=title,
            body=text,
            shown_name=shown_name,
            center=center,
            video=video,
            told_on=today.isoformat(),
            consent=f"her own, through the form of this site, {today.isoformat()}",
        )
        Teller.objects.create(
            story=story,
            email=email,
            language=page_language,
            text_agreed_at=now,
            pictures_agreed_at=now if pictures else None,
            contact_agreed_at=now if may_contact else None,
            is_over_16=True,
        )
        add_pictures(story, pictures)
        report = receive(
            center,
            Report.Subject.STORY,
            origin=Report.Origin.TELLER,
            text=center_words,
            email=email,
            language=page_language,
            **values,
        )
        StoryReport.objects.create(report=report, story=story)
        add_parts(report, parts_of_a_new_story(story))
    return report


def _written(*, title, **values):
    """The row of a new story; of two of the same title told at the same moment, too."""
    slug = new_slug(title)
    try:
        with transaction.atomic():
            return Story.objects.create(title=title, slug=slug, **values)
    except IntegrityError:
        return Story.objects.create(title=title, slug=f"{slug}-{new_key()}", **values)


def add_pictures(story, pictures, *, after=0):
    """Rows for pictures of a story, inside `centers.gallery.keeping` for their files."""
    return [
        StoryPicture.objects.create(
            story=story,
            alternative=picture.alternative,
            shows_children=picture.shows_children,
            position=position,
            **picture.fresh.values,
        )
        for position, picture in enumerate(pictures, start=after + 1)
    ]


def parts_of_a_new_story(story):
    """What the report of a new story would change: that it is published, and its pictures."""
    return {"story": {"publish": True}} | {
        f"story_picture:{picture.key}": {"picture": picture.key}
        for picture in story.pictures.filter(approved_at=None)
    }


def title_of(text):
    """The first words of a text, as a title."""
    words = " ".join(text.split())
    if len(words) <= TITLE_OF_VOICE:
        return words
    return words[:TITLE_OF_VOICE].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + "…"


def new_slug(title):
    """An address for a story of this title that no other has or had."""
    stem = slugify(light(title))[:LONGEST_SLUG].strip("-") or "story"
    taken = set(Story.RESERVED_SLUGS)
    begins = Q(slug=stem) | Q(slug__startswith=f"{stem}-")
    taken |= set(Story.objects.filter(begins).values_list("slug", flat=True))
    begins = Q(value=stem) | Q(value__startswith=f"{stem}-")
    taken |= set(StoryFormerSlug.objects.filter(begins).values_list("value", flat=True))
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def label_of(center):
    """A center as the form names it: “Mother Center Isperih, Isperih”."""
    return ", ".join(filter(None, [center.name, center.published_place]))


def center_meant(words, *, likely=None):
    """The center that somebody means by these words, in whatever spelling; None if that is open.

    `likely` is the center from whose page she came; of centers of the same name it is the one.
    """
    if not light(words):
        return None
    if likely is not None and light(words) in (light(likely.name), light(label_of(likely))):
        return likely
    centers = Center.objects.published().filter(pk__in=found(SearchEntry.Kind.CENTER, words))
    centers = list(centers.prefetch_related("names")[:50])
    exact = [center for center in centers if light(words) in _names_of(center)]
    # Not for its country or its network, by whose names it is found as well.
    chosen = exact or [center for center in centers if _is_called(center, words)]
    return chosen[0] if len(chosen) == 1 else None


def _names_of(center):
    names = [center.name, *(name.value for name in center.names.all())]
    return {light(f"{name} {place}") for name in names for place in ("", center.published_place)}


def _is_called(center, words):
    own = set(index_words(*_names_of(center)).split())
    return all(own & set(word) for word in forms(words))


def mail_to_teller(report):
    """Tell her that her story has arrived, and how she changes or withdraws it.

    Returns whether the mail server took it.
    """
    receipt = reverse("centers:receipt", args=[report.reference])
    sent = send_mail(
        "story_received",
        to=report.email,
        language=report.language,
        context={
            "report": report,
            "url": link_to(report.about_story.story.teller),
            "receipt_url": absolute(receipt, language=report.language),
        },
    )
    step(report, ReportStep.What.MAILED if sent else ReportStep.What.MAIL_FAILED, text="story")
    return sent
