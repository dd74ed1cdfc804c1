"""The pages where a woman changes her story, or takes it back."""

from django.http import Http404


def edit(request, token):
    raise Http404
