"""What the frame around every page needs: navigation by what people come for, and what the portal says of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs import installation
from orgs.permissions import Person, is_administrator, is_reviewer_or_administrator, is_steward


def is_anybody(user: Person) -> bool:
    return True


@dataclass(frozen=True)
class Destination:
    """A place in the menu. It is named by its URL, so that the registry imports nothing from above."""

    label: str | Promise
    url_name: str
    icon: str
    is_for: Callable[[Person], bool] = is_anybody
    also: tuple[str, ...] = ()
    """Other sections of addresses that belong to it."""


DESTINATIONS = [
    Destination(_("Find"), "orgs:service_search", "search", also=("organisations", "volunteering", "needs-and-offers")),
    Destination(_("My city"), "indicators:territory_list", "geo-alt"),
    Destination(_("Partnerships"), "partnerships:partnership_list", "link-45deg"),
    Destination(_("Indicators"), "indicators:indicator_list", "graph-up"),
    Destination(_("Practices"), "partnerships:practice_list", "lightbulb"),
    Destination(_("Figures"), "indicators:worklist", "clipboard-data", is_steward),
    Destination(_("Reviews"), "orgs:review_queue", "check2-square", is_reviewer_or_administrator),
    Destination(_("Administration"), "administration", "sliders", is_administrator),
]


def section(path: str) -> str:
    """What an address begins with: "reviews" for every queue of reviews."""
    return path.split("/")[1]


def destinations_for(request: HttpRequest) -> list[dict[str, Any]]:
    shown = []
    for place in DESTINATIONS:
        try:
            url = reverse(place.url_name)
        except NoReverseMatch:
            continue  # A portal may run without one of the upper apps.
        if place.is_for(request.user):
            shown.append(
                {
                    "label": place.label,
                    "url": url,
                    "icon": place.icon,
                    "current": "page"
                    if request.path == url
                    else "true"
                    if section(request.path) in (section(url), *place.also)
                    else "",
                }
            )
    return shown


def navigation(request: HttpRequest) -> dict[str, Any]:
    portal = installation.current()
    return {
        # Called by the template, so that fragments and mails do not pay for a menu they do not show.
        "navigation": lambda: destinations_for(request),
        "public_url": settings.PUBLIC_URL,
        "today": timezone.localdate(),
        "offered_languages": portal.offered_languages,
        "portal_contact": portal.contact_email,
        "is_demo": getattr(settings, "DEMO", False),
        "source_code_url": getattr(settings, "SOURCE_CODE_URL", ""),
    }
