"""The pages where a woman tells her story."""

from django.http import Http404


def tell(request):
    raise Http404
