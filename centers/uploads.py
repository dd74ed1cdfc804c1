"""Bounds on the files that come with a form as a whole, of which the words survive.

Django reads a form's files to their end before anybody can look at them. `BoundedUploads` passes
over what is too much, and the form with all its words goes on.
"""

from functools import wraps

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.views.decorators.csrf import csrf_exempt, csrf_protect


class BoundedUploads(FileUploadHandler):
    """Passes over files from the one on by which all of them together are more than `most` bytes,
    or more than `files`; then `request.has_too_many_files` is true, and no file is to be used:
    Django closes those that came before."""

    def __init__(self, request, *, most, files):
        super().__init__(request)
        self.most, self.files = most, files
        request.has_too_many_files = False

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.files -= 1
        if self.files < 0:
            self._pass_over()

    def receive_data_chunk(self, raw_data, start):
        self.most -= len(raw_data)
        if self.most < 0:
            self._pass_over()
        return raw_data

    def file_complete(self, file_size):
        return None

    def _pass_over(self):
        self.request.has_too_many_files = True
        raise SkipFile


def bounded_uploads(*, most, files):
    """Decorates a view: at most `files` files of together `most` bytes come with its forms.

    The check of a form's origin reads the form: it comes after the bounds are set.
    """

    def decorate(view):
        checked = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def bounded(request, *args, **kwargs):
            request.upload_handlers.insert(0, BoundedUploads(request, most=most, files=files))
            return checked(request, *args, **kwargs)

        return bounded

    return decorate
