"""The pages where a center answers the yearly question."""

from django.http import Http404


def confirm(request, token):
    raise Http404


def confirm_stop(request, token):
    raise Http404
