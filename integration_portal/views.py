from typing import Any

from allauth.account.views import LoginView
from django.apps import apps
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from indicators.models import Release, Source
from integration_portal import home as first_page
from integration_portal.search import search as search_everywhere
from orgs.accounts import first_administrator
from orgs.models import TerritoryScheme, User


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """An inbox for whoever is signed in; for a visitor what the portal is for. Of an empty portal it leads to the first account.

    That is looked up when the page is made, and not when it is served as it was kept.
    """
    if not request.user.is_authenticated and first_administrator.is_missing():
        return redirect("administrator_first")
    cities = first_page.cities()
    context: dict[str, Any] = {"cities": cities}
    if isinstance(request.user, User):
        context |= {"inbox": first_page.inbox_of(request.user), "shortcuts": first_page.shortcuts_of(request.user)}
        return render(request, "integration_portal/inbox.html", context)
    context |= {
        "city": first_page.city_of(cities[0], request.user) if cities else None,
        "levels": first_page.levels(),
        "signposts": first_page.SIGNPOSTS,
    }
    return render(request, "home.html", context)


@login_not_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    groups = search_everywhere(query, request.user)
    return render(
        request, "search.html", {"query": query, "groups": groups, "count": sum(group.count for group in groups)}
    )


class LogInView(LoginView):
    """allauth's page; in the demo it lists the sample accounts."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        accounts = getattr(apps.get_app_config("demo"), "accounts", []) if settings.DEMO else []
        return {**super().get_context_data(**kwargs), "demo_accounts": accounts}


@login_not_required
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "integration_portal/about.html", {"levels": first_page.levels()})


@login_not_required
@require_safe
def data_licence(request: HttpRequest) -> HttpResponse:
    context = {
        "sources": Source.objects.all(),
        "schemes": TerritoryScheme.objects.exclude(licence=""),
        "release": Release.objects.current(),
    }
    return render(request, "integration_portal/data_licence.html", context)


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "integration_portal/accessibility.html")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "integration_portal/privacy.html")


@login_not_required
@require_safe
@cache_control(public=True, max_age=86400)
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may read what is public, but for the endless combinations of filters."""
    closed = [reverse("search"), "/accounts/", "/admin/", reverse("administration")]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=86400)
def favicon(request: HttpRequest) -> HttpResponse:
    """For whoever asks without having read the page."""
    return redirect(static("img/favicon.svg"))


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers while the database does; Redis may be away, pages do without it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
