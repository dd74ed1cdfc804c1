"""The pages where a center answers the yearly question, or wants no more mails.

Looking changes nothing: mail scanners open every link. Whoever has the link may answer, and needs
no cookie: nobody else could send the form, so that it stands behind no other check, and works
where cookies are refused. The address of the page is told to no other page and kept by nobody.
"""

from functools import wraps

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from centers.asking.answers import AnswerForm, keep_answer
from centers.asking.links import open_question, signed_question, stopped_by
from centers.asking.sending import renew
from centers.asking.stopping import stop
from centers.guard import address_of, count
from centers.mail import mail_is_configured
from centers.reports.letters import tell_coordinators, tell_reporter
from centers.reports.parts import figures_in_words
from centers.reports.receiving import LONGEST_TEXT

# From one connection; sending bounds each center as well.
BOUNDS = {"new_links": "10/h/key"}
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def page_of_a_link(view):
    """A page whose address is a secret: neither kept, nor found, nor told to the next page."""

    @csrf_exempt
    @sensitive_post_parameters()
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request, token):
        response = view(request, token)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return guarded


@page_of_a_link
def confirm(request, token):
    """What we hold of the center, and the question; a dead link offers a new one."""
    if request.method != "POST":
        question = open_question(token)
        return _question_page(request, AnswerForm(question)) if question else _dead_page(request)
    if "renew" in request.POST:
        return _renewed(request, token)
    return _answered(request, token)


def _answered(request, token):
    try:
        with transaction.atomic():
            question = open_question(token, for_update=True)
            if question is None:
                return _dead_page(request)
            form = AnswerForm(question, request.POST)
            if not form.is_valid():
                return _question_page(request, form)
            report = keep_answer(question, form)
    except ValidationError as error:  # somebody was at the center's log at the same moment
        form.add_error(None, error.messages)
        return _question_page(request, form)
    if report.is_urgent:
        tell_coordinators(report)
    if report.is_open:
        tell_reporter(report, "received")
    return redirect(report)


def _question_page(request, form):
    context = {
        "form": form,
        "center": form.center,
        "figures": figures_in_words(form.held_figures),
    }
    return render(request, "centers/confirm.html", context)


def _dead_page(request, *, asked="", status=410):
    """The same for every link that cannot be used, so that it tells nothing of anybody."""
    context = {
        "asked": asked,
        "has_mail": mail_is_configured(),
        "words": request.POST.get("text", "")[:LONGEST_TEXT],
    }
    return render(request, "centers/confirm_dead.html", context, status=status)


def _renewed(request, token):
    """Send a new link to the address on record, if this was a link of ours."""
    if count(request, BOUNDS, {"new_links": address_of(request)}) is None:
        return _dead_page(request, asked="too often", status=429)
    question, _is_present = signed_question(token)
    if question is not None:
        renew(question)
    return _dead_page(request, asked="sent")


@page_of_a_link
def confirm_stop(request, token):
    """The button that ends our mails; mail programs press it as well (RFC 8058)."""
    is_done = request.method == "POST"
    if is_done and (question := stopped_by(token)):
        stop(question)
    return render(request, "centers/confirm_stop.html", {"is_done": is_done})
