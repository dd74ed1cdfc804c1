"""The page where a woman tells her story."""

from dataclasses import dataclass

from django.core.cache import cache
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from centers import gallery
from centers.asking.links import address_mark
from centers.guard import address_of, count, sender_mark
from centers.models import Center, Report
from centers.models.base import new_key
from centers.uploads import bounded_uploads
from stories.forms import TellForm
from stories.telling import (
    MAX_PICTURES,
    GivenPicture,
    center_meant,
    label_of,
    mail_to_teller,
    tell_story,
)

MARKS_LAST = 60 * 60  # seconds
# While it is being kept: a program that is stopped meanwhile must not leave a receipt of nothing.
BEING_KEPT = 2 * 60
# Stories that are let through: from one address, and from all addresses.
BOUNDS = {"story_from_address": "5/h/key", "story_from_all": "100/h/key"}
# Mails to one address: it may be somebody's who told nothing.
MAIL_BOUNDS = {"story_mail": "5/d/key"}
MOST_BYTES = 40 * 1024 * 1024
# The receipt's address ends so: what the browser kept of the story is forgotten (draft.js).
ARRIVED = "#story-arrived"
FIELDS = ("kind", "language", "title", "text", "shown_name", "video", "email", "may_contact")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@bounded_uploads(most=MOST_BYTES, files=MAX_PICTURES)
def tell(request):
    """The form; what is sent is answered by the receipt, so that reloading sends nothing."""
    came_from = _center_of(request)
    initial = {
        "center": label_of(came_from) if came_from else "",
        "language": (get_language() or "en").split("-")[0],
    }
    form, status = TellForm(initial=initial), 200
    if request.method == "POST":
        words, files = request.POST, request.FILES
        # Where some were passed over, the others are closed already.
        form = TellForm(words, {} if request.has_too_many_files else files)
        if request.has_too_many_files:
            form.add_error(None, _too_much())
        if form.is_valid():
            sent = hand_over(request, form.cleaned_data, came_from)
            if sent.report_key:
                return redirect(Report(key=sent.report_key).get_absolute_url() + ARRIVED)
            form.add_error(None, sent.problem)
            status = sent.status
    centers = Center.objects.published().only("name", "place", "precision").order_by("name")
    context = {
        "form": form,
        "names": dict.fromkeys(label_of(center) for center in centers),
        "max_megabytes": MOST_BYTES // 1024 // 1024,
    }
    response = render(request, "stories/tell.html", context, status=status)
    if status == 429:
        response.headers["Retry-After"] = str(MARKS_LAST)
    return response


@dataclass(frozen=True)
class Sent:
    """What became of a story that was sent: the key of its report, or a problem."""

    report_key: str = ""
    problem: str = ""
    status: int = 200


def hand_over(request, words, came_from):
    """Keep the story once, however often it is sent."""
    mark = mark_of(words)
    if key := cache.get(mark):
        return Sent(key)
    keys = {"story_from_address": address_of(request), "story_from_all": "all"}
    counted = count(request, BOUNDS, keys)
    if counted is None:
        return Sent(
            problem=_(
                "Too many stories came within an hour. Your words are still here: please try "
                "again later."
            ),
            status=429,
        )
    pictures = [
        GivenPicture(gallery.fresh(upload), alternative, shows_children)
        for upload, alternative, shows_children in words["pictures"]
    ]
    key = new_key()
    if not cache.add(mark, key, BEING_KEPT):  # the same, sent at the same moment
        counted.rollback()
        return Sent(cache.get(mark))
    try:
        report = keep(request, words, pictures, came_from, key)
    except BaseException as error:
        cache.delete(mark)
        counted.rollback()
        if not isinstance(error, OSError):
            raise
        return Sent(
            problem=_(
                "Your story could not be kept just now. Your words are still here: please try "
                "again in a few minutes."
            ),
            status=503,
        )
    cache.set(mark, key, MARKS_LAST)
    if report.email and count(request, MAIL_BOUNDS, {"story_mail": address_mark(report.email)}):
        mail_to_teller(report)
    return Sent(key)


def keep(request, words, pictures, came_from, key):
    center = center_meant(words["center"], likely=came_from)
    return tell_story(
        **{name: words[name] for name in FIELDS},
        center=center,
        center_words="" if center else words["center"],
        pictures=pictures,
        page_language=get_language() or "en",
        sender_mark=sender_mark(request),
        key=key,
    )


def mark_of(words):
    """A mark of all that was told, which cannot be read back; equal for the same sent twice."""
    told = [str(words[name]) for name in (*FIELDS, "center")]
    for upload, alternative, shows_children in words["pictures"]:
        told += [upload.name, str(upload.size), alternative, str(shows_children)]
    return "story-" + salted_hmac("stories.tell_pages", "\0".join(told)).hexdigest()[:32]


def _center_of(request):
    public_id = request.GET.get("center", "").lower()
    if not public_id or "\0" in public_id:
        return None
    return Center.objects.published().filter(public_id=public_id).first()


def _too_much():
    return _(
        "The pictures are more than %(megabytes)d MB together, or more than %(most)d. Please "
        "choose fewer or smaller ones."
    ) % {"megabytes": MOST_BYTES // 1024 // 1024, "most": MAX_PICTURES}
