"""The pages where a woman changes her story, or takes it back.

Whoever has the link may do it, so nobody keeps these pages. They go with no address to other sites
(`SECURE_REFERRER_POLICY`); a stricter policy would take away the origin by which forms are checked.
"""

from functools import wraps

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from centers import gallery
from centers.asking.links import address_mark
from centers.dates import PartialDate
from centers.guard import address_of, count
from centers.mail import send_mail
from centers.models import Erasure
from centers.uploads import bounded_uploads
from stories import editing
from stories.edit_forms import EditForm, LinkForm
from stories.links import link_to, teller_of
from stories.models import Story, Teller
from stories.telling import MAX_PICTURES, GivenPicture
from stories.withdrawing import withdraw_story

MOST_BYTES = 40 * 1024 * 1024
AN_HOUR = 60 * 60  # seconds
# What is let through: changes of one story; links from one connection, and to one mail address.
BOUNDS = {"story_edit": "60/h/key", "link_from_address": "10/h/key", "link_to_mail": "3/h/key"}
TAKEN_BACK = {
    "pictures": editing.take_back_pictures,
    "contact": editing.take_back_contact,
}


def for_her_alone(view):
    """A page that is kept by nobody and found by no search engine."""

    @wraps(view)
    def private(*args, **kwargs):
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return private


@for_her_alone
@sensitive_variables("token")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@bounded_uploads(most=MOST_BYTES, files=MAX_PICTURES)
def edit(request, token):
    """Her story as it is, and the form with which she changes it; opening it changes nothing."""
    teller = teller_of(token)
    if teller is None:
        return dead_link(request)
    form, status = EditForm(teller=teller), 200
    if request.method == "POST":
        counted = count(request, BOUNDS, {"story_edit": str(teller.pk)})
        if counted and (take_back := TAKEN_BACK.get(request.POST.get("take_back"))):
            take_back(teller)
            return _back(token, "taken-back")
        files = {} if request.has_too_many_files else request.FILES
        form = EditForm(request.POST, files, teller=teller)
        if counted is None:
            form.add_error(None, _too_often())
            status = 429
        elif done := save(form, has_too_many=request.has_too_many_files):
            return _back(token, done)
    return render(request, "stories/edit.html", _context(request, form, token), status=status)


def save(form, *, has_too_many=False):
    """Carry out what the form says; returns what was done, or "" where the form has errors.

    Pictures that she deletes go at once, whatever else is wrong.
    """
    for picture in form.removed:
        editing.remove_picture(picture)
    if has_too_many:
        form.add_error(
            None,
            _(
                "The pictures are more than %(megabytes)d MB together, or more than %(most)d. "
                "Please choose fewer or smaller ones."
            )
            % {"megabytes": MOST_BYTES // 1024 // 1024, "most": MAX_PICTURES},
        )
    if not form.is_valid():
        form.pictures = [each for each in form.pictures if each not in form.removed]
        return ""
    teller, cleaned = form.teller, form.cleaned_data
    waits = editing.change_words(teller, form.words)
    for picture in form.pictures:
        words = " ".join(cleaned[f"shows_{picture.key}"].split())
        if picture not in form.removed:
            waits |= editing.change_alternative(teller, picture, words)
    if cleaned["pictures"]:
        given = [
            GivenPicture(gallery.fresh(upload), alternative, shows_children)
            for upload, alternative, shows_children in cleaned["pictures"]
        ]
        editing.give_pictures(teller, given)
        waits = True
    return "waits" if waits else "saved"


@for_her_alone
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request, token):
    """Asks once more, and takes the story back for ever."""
    teller = teller_of(token)
    if teller is None:
        return dead_link(request)
    if request.method == "POST":
        withdraw_story(teller.story, reason=Erasure.Reason.ASKED, by=None)
        return redirect("stories:withdrawn")
    return render(request, "stories/withdraw.html", {"story": teller.story, "token": token})


@for_her_alone
@require_safe
def withdrawn(request):
    return render(request, "stories/edit_withdrawn.html")


# --- A new link ----------------------------------------------------------------------------------


def dead_link(request):
    """One answer to all links that do not work, whatever is wrong with them."""
    return render(
        request, "stories/edit_link.html", {"form": LinkForm(), "is_dead": True}, status=410
    )


@for_her_alone
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request):
    """Sends her links to the address on record; the answer does not say whether there is one."""
    form, status = LinkForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound and form.is_valid():
        email = form.cleaned_data["email"]
        keys = {"link_from_address": address_of(request), "link_to_mail": address_mark(email)}
        if count(request, BOUNDS, keys) is not None:
            mail_links(email)
            return redirect("stories:link_sent")
        form.add_error(None, _too_often())
        status = 429
    return render(request, "stories/edit_link.html", {"form": form}, status=status)


def mail_links(email):
    """Send whoever has this address the links of all her stories; nothing where nobody has it."""
    tellers = list(Teller.objects.filter(email__iexact=email).select_related("story"))
    if tellers:
        send_mail(
            "story_links",
            to=tellers[0].email,
            language=tellers[0].language,
            context={"links": [(teller.story.title, link_to(teller)) for teller in tellers]},
        )


@for_her_alone
@require_safe
def link_sent(request):
    return render(request, "stories/edit_link.html", {"is_sent": True})


# --- What the page shows -------------------------------------------------------------------------


def _back(token, done):
    return redirect(reverse("stories:edit", args=[token]) + f"?done={done}")


def _too_often():
    return _("That was very often within an hour. Please try again later.")


def _day(moment):
    return PartialDate.of(timezone.localdate(moment))


def _context(request, form, token):
    teller, story = form.teller, form.story
    first = story.history.filter(state=Story.State.PUBLISHED).order_by("history_date").first()
    report = editing.open_report(story)
    last = story.reports.order_by("-report__received_at").select_related("report").first()
    return {
        "form": form,
        "token": token,
        "teller": teller,
        "story": story,
        "done": request.GET.get("done", ""),
        "published_on": _day(first.history_date) if first else None,
        "agreed_on": {
            name: _day(at)
            for name in ("text", "pictures", "contact")
            if (at := getattr(teller, f"{name}_agreed_at"))
        },
        "waits_for_coordinator": report is not None,
        "asked": report is not None and report.state == report.State.ASKED,
        "report": last.report if last else None,
        "max_megabytes": MOST_BYTES // 1024 // 1024,
    }
