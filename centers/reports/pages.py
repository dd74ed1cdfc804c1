"""The pages where a visitor corrects us, and reads what became of it."""

from django.http import Http404


def report(request, public_id):
    raise Http404


def receipt(request, reference):
    raise Http404
