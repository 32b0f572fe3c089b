from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.csrf import csrf_failure

from orgs.forms import kept


def refuse_forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form with the token of a session that is over. Somebody who has logged in again meanwhile, in another tab, finds what they typed."""
    response = redirect(request.get_full_path())
    if request.user.is_authenticated and kept.keep(request, response):
        return response
    return csrf_failure(request, reason)
