"""The pages where a visitor corrects us, and reads what became of it.

Nothing that is told here is public. A receipt is read by whoever has its reference, also on the
telephone; it shows none of the words that were told, since receipts are forwarded.
"""

from django.db import IntegrityError
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from centers import guard
from centers.asking.links import address_mark
from centers.models import Center, Report, ReportStep
from centers.models.reports import TARGET_DAYS
from centers.reports import deciding, letters
from centers.reports.forgetting import forget_address
from centers.reports.forms import SUBJECTS, AnswerForm, ReportForm
from centers.reports.receipts import Receipt, find_report, is_reference
from centers.reports.receiving import key_of_words, receive
from centers.views import no_such_center

HOUR = 60 * 60
# Reports that are let through: from one connection, and on one center from all.
BOUNDS = {"report_from_address": "10/h/key,30/d/key", "report_on_center": "30/h/key,100/d/key"}
# Mails that say “we have it”, to one address: it may be somebody's who wrote nothing.
MAIL_BOUNDS = {"report_mail": "5/d/key"}
# References that are not there, and answers, from one connection.
GUESS_BOUNDS = {"receipt_guess": "30/h/key"}
ANSWER_BOUNDS = {"receipt_answer": "10/h/key"}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def report(request, public_id):
    """The form; what is sent is answered by a redirect to its receipt."""
    center = Center.objects.select_related("merged_into").filter(public_id=public_id.lower())
    center = center.first()
    if center is None:
        return no_such_center(request, public_id.lower())
    kept = center.merged_into or center
    if request.method != "POST" and kept.public_id != public_id:
        query = request.META.get("QUERY_STRING", "")
        address = reverse("centers:report", args=[kept.public_id])
        return HttpResponseRedirect(f"{address}?{query}" if query else address)
    about = request.GET.get("about")
    form = ReportForm(
        kept,
        request.POST if request.method == "POST" else None,
        initial={"subject": about} if about in SUBJECTS else None,
    )
    status = 200
    if form.is_bound and form.is_valid():
        if made := hand_over(request, form):
            return redirect(made)
        form.add_error(
            None,
            _(
                "Too much came from your connection, or on this center, within a short time. "
                "Your words are still here: please try again later."
            ),
        )
        status = 429
    context = {"center": kept, "form": form, "days": TARGET_DAYS}
    return slowed_down(render(request, "centers/report.html", context, status=status))


def hand_over(request, form):
    """Keep the report once, however often it is sent, and say so by mail; None: too many came."""
    values = {
        "subject": form.cleaned_data["subject"],
        "text": form.cleaned_data["text"],
        "told": form.told,
        "email": form.cleaned_data["answer_to"],
    }
    mark = guard.sender_mark(request)
    key = key_of_words(form.center.public_id, values, mark)
    if there := Report.objects.filter(key=key).first():
        return there
    keys = {
        "report_from_address": guard.address_of(request),
        "report_on_center": form.center.public_id,
    }
    if guard.count(request, BOUNDS, keys) is None:
        return None
    try:
        made = receive(
            form.center, key=key, language=get_language() or "en", sender_mark=mark, **values
        )
    except IntegrityError:  # the same, sent at the same moment
        return Report.objects.get(key=key)
    if made.email and guard.count(request, MAIL_BOUNDS, {"report_mail": address_mark(made.email)}):
        letters.tell_reporter(made, "received")
    return made


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request, reference):
    """What became of a report, and the question if we asked back."""
    keys = {"receipt_guess": guard.address_of(request)}
    if guard.count(request, GUESS_BOUNDS, keys, only_look=True) is None:
        return private(receipt_unknown(request, reference, status=429))
    found = find_report(reference)
    if found is None:
        guard.count(request, GUESS_BOUNDS, keys)
        return private(receipt_unknown(request, reference, status=404))
    if request.method != "POST" and found.reference != reference:
        return private(redirect(found))
    form, status = AnswerForm(found), 200
    if request.method == "POST":
        if "forget" in request.POST:
            forget_address(found)
            return private(redirect(found))
        form = AnswerForm(found, request.POST)
        if form.is_valid():
            problem, status = add_answer(request, found, form.cleaned_data["text"])
            if not problem:
                return private(redirect(found))
            form.add_error(None, problem)
    context = {"receipt": Receipt(found), "report": found, "form": form}
    return private(render(request, "centers/receipt.html", context, status=status))


@require_safe
def receipt_search(request):
    """Where a reference that was read out or written down is typed."""
    reference = request.GET.get("reference", "")
    typed = "".join(reference.split()).replace("_", "-")
    if is_reference(typed):
        return private(redirect("centers:receipt", typed))
    return private(receipt_unknown(request, reference, status=404 if typed else 200))


def receipt_unknown(request, reference, *, status):
    """No receipt of that reference, or none asked for yet; with a field to type it (again)."""
    context = {"reference": reference[:40], "status": status}
    return render(request, "centers/receipt_unknown.html", context, status=status)


def add_answer(request, report, text):
    """Note what she adds; (what went wrong or "", the status of the page)."""
    if report.steps.filter(what=ReportStep.What.ANSWERED, text=text).exists():  # sent twice
        return "", 200
    if guard.count(request, ANSWER_BOUNDS, {"receipt_answer": guard.address_of(request)}) is None:
        return _(
            "Too many answers came from your connection within an hour. "
            "Your words are still here: please try again later."
        ), 429
    try:
        deciding.answer(report, text)
    except deciding.DecidedMeanwhile:
        return _(
            "This was decided meanwhile, so nothing could be added. "
            "If something is still wrong, please tell us again from the page of the center."
        ), 409
    return "", 200


def private(response):
    """Read by whoever has the reference: kept by nobody between, and found by no search."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return slowed_down(response)


def slowed_down(response):
    """A page that refuses for now says when to come back."""
    if response.status_code == 429:
        response.headers["Retry-After"] = str(HOUR)
    return response
