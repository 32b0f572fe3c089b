"""Receiving large files without keeping what is too much."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.generic.base import View

from orgs.storage import NoRoom, discard_upload

# Beyond this a file is refused by what its sender says of its size, unread: ten times what would be taken.
HOPELESS = 10


def cut_off() -> ValidationError:
    return ValidationError(_("The upload was interrupted and nothing was kept. Send the file again."), code="cut_off")


class LimitedUploadHandler(FileUploadHandler):
    """Stands before the others. Once a file is larger than the limit the rest of it is read and thrown away, so that the browser may
    finish sending and then sees the page with the message; the other fields of the form arrive as they were.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.received = 0
        self.is_too_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > self.limit:
            self.is_too_large = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class LimitedUploadMixin(View):
    """A form with a large file: what is too large is refused without keeping it, in words. At most settings.IMPORT_MAX_BYTES.

    `is_too_large` says of a form that is then read that its file was thrown away.
    """

    is_too_large = False

    def too_large(self) -> ValidationError:
        raise NotImplementedError

    def get_refused_url(self) -> str:
        """Where whoever sent too much is led."""
        raise NotImplementedError

    # The token is checked below, once the body can be read without keeping what is too large.
    @method_decorator(csrf_exempt)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_allowed = getattr(type(self), "has_page_permission", None)
        if is_allowed is not None and not is_allowed(request.user):  # Before anything of the body is read.
            raise PermissionDenied
        if request.method == "POST":
            if int(request.META.get("CONTENT_LENGTH") or 0) > HOPELESS * settings.IMPORT_MAX_BYTES:
                return self.refuse(request)
            handler = LimitedUploadHandler(settings.IMPORT_MAX_BYTES)
            request.upload_handlers.insert(0, handler)
            try:
                request.POST  # noqa: B018 - reads the body
            except RequestDataTooBig:
                return self.refuse(request)
            except UnreadablePostError:  # The browser is gone; what it would read, nobody reads.
                return self.refuse(request, cut_off())
            except OSError:  # The folder for temporary files is full.
                discard_upload(request)
                return self.refuse(request, NoRoom())
            self.is_too_large = handler.is_too_large
        return self.dispatch_checked(request, *args, **kwargs)

    @method_decorator(csrf_protect)
    def dispatch_checked(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def refuse(self, request: HttpRequest, why: ValidationError | None = None) -> HttpResponse:
        """Says why without having read the body: nothing is done, so that no token is needed."""
        messages.error(request, (why or self.too_large()).messages[0])
        response = HttpResponseRedirect(self.get_refused_url())
        response.headers["Connection"] = "close"
        return response
