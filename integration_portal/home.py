"""What the first page says: to a visitor what the portal is and how the city stands, to a signed-in person what waits for them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from indicators.dashboards.cards import Card
from indicators.dashboards.territory import DomainView, TerritoryDashboard, territory_dashboard
from indicators.models import Release
from indicators.permissions import can_see_reports
from indicators.worklist import inbox
from orgs import inbox as registry_inbox
from orgs.inbox import Task
from orgs.models import Membership, Organisation, Territory, User
from orgs.models.reach import ids_tied_within
from orgs.permissions import Person, holds_role, is_administrator, is_reviewer, is_steward
from partnerships import inbox as partnerships_inbox
from partnerships.models import CoordinationTable, Level, Partnership
from partnerships.permissions import can_log_partnerships

FIGURES = 3
LATEST = 4
CITIES = 8


@dataclass(frozen=True)
class Signpost:
    """One of the big ways in."""

    title: str | Promise
    url_name: str
    icon: str
    text: str | Promise

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True)
class City:
    """A municipality, as the first page shows it."""

    territory: Territory
    dashboard: TerritoryDashboard
    organisations: int
    partnerships: int
    latest: list[Partnership]
    """The partnerships that began last."""
    tables: list[CoordinationTable]

    @property
    def figures(self) -> list[tuple[DomainView, Card]]:
        """Its own figures alone, and of those the ones that may stand at the head of a page. First one of each domain.

        What is borrowed from a larger territory is said on the city's page; what is made up or old comes last.
        """
        own = [
            (view, card, number)
            for view in self.dashboard.with_figures
            for number, card in enumerate(one for one in view.cards if one.territory == self.territory and one.heads)
        ]
        own.sort(key=lambda one: (one[1].is_sample, one[1].is_old, one[2] > 0))
        return [(view, card) for view, card, _number in own][:FIGURES]


def cities() -> list[Territory]:
    """Municipalities, those in which most organisations are at home first."""
    today = timezone.localdate()
    published = Q(
        reach_below__valid_from__lte=today,
        reach_below__valid_to__gte=today,
        reach_below__tied_to__organisations__in=Organisation.objects.published().values("pk"),
    )
    at_home = Count("reach_below__tied_to__organisations", filter=published, distinct=True)
    places = Territory.objects.filter(kind=Territory.Kind.MUNICIPALITY).active(today)
    return list(places.annotate(at_home=at_home).select_related("scheme").order_by("-at_home", "name_folded")[:CITIES])


def city_of(territory: Territory, user: Person) -> City:
    within = ids_tied_within(territory)
    running = Partnership.objects.published().live().within(territory)
    return City(
        territory=territory,
        dashboard=territory_dashboard(territory, Release.objects.current(), timezone.localdate()),
        organisations=Organisation.objects.verified().filter(territory__in=within).count(),
        partnerships=running.count(),
        latest=list(running.select_related("territory").order_by("-starts_on", "-pk")[:LATEST]),
        tables=list(CoordinationTable.objects.filter(territory__in=within).order_by("name", "pk")[:LATEST]),
    )


SIGNPOSTS = [
    Signpost(
        _("Find a service"),
        "orgs:service_search",
        "search-heart",
        _("Language courses, legal advice, a bed, a meeting place: by domain, language and place."),
    ),
    Signpost(
        _("See my city"),
        "indicators:territory_list",
        "geo-alt",
        _("Figures, organisations and partnerships of a city, a district or a neighbourhood."),
    ),
    Signpost(
        _("Register an organisation"),
        "orgs:registration_start",
        "person-plus",
        _("Three short pages. Informal groups are as welcome as foundations."),
    ),
    Signpost(
        _("Volunteer"),
        "orgs:opportunity_search",
        "hand-thumbs-up",
        _("Help each week or for a day: residents and newcomers together."),
    ),
]


def levels() -> list[Level]:
    return list(Level.objects.filter(scale__is_current=True).order_by("order"))


# --- For those who are signed in ---------------------------------------------------------------------------------------

INBOXES: list[Callable[[User], list[Task]]] = [registry_inbox.tasks_of, inbox.tasks_of, partnerships_inbox.tasks_of]


def inbox_of(user: User) -> list[Task]:
    """What there is to do for the person in every app, oldest first."""
    tasks = [task for tasks_of in INBOXES for task in tasks_of(user)]
    return sorted(tasks, key=lambda task: task.since)


@dataclass(frozen=True)
class Shortcut(Signpost):
    """A way that a role goes often."""

    is_for: Callable[[Person], bool]


def has_organisation(user: Person) -> bool:
    return user.is_authenticated and user.memberships.active().exists()


def speaks_for_civil_society(user: Person) -> bool:
    return holds_role(user, Membership.Role.OWNER, Membership.Role.EDITOR)


def has_none(user: Person) -> bool:
    return not (has_organisation(user) or is_reviewer(user) or is_administrator(user))


SHORTCUTS = [
    Shortcut(
        _("Log a partnership"),
        "partnerships:partnership_add",
        "plus-circle",
        _("Two minutes: who, where, what was promised."),
        can_log_partnerships,
    ),
    Shortcut(
        _("Import figures"),
        "indicators:import_add",
        "upload",
        _("Upload a file. Nothing is stored until you have seen what it contains."),
        is_steward,
    ),
    Shortcut(
        _("Review queue"),
        "orgs:review_queue",
        "check2-square",
        _("Organisations and engagement levels to decide on."),
        is_reviewer,
    ),
    Shortcut(
        _("My organisations"),
        "orgs:my_organisations",
        "building",
        _("Profile, services, members."),
        has_organisation,
    ),
    Shortcut(
        _("Reports"),
        "indicators:report_list",
        "clipboard-data",
        _("Figures you have been asked for or are asking for."),
        can_see_reports,
    ),
    Shortcut(
        _("Partnerships"),
        "partnerships:partnership_list",
        "link-45deg",
        _("Who works with whom, and how far."),
        has_organisation,
    ),
    Shortcut(
        _("Register an organisation"),
        "orgs:registration_start",
        "person-plus",
        _("Three short pages. It need not be a legal entity."),
        has_none,
    ),
    Shortcut(
        _("Administration"),
        "administration",
        "sliders",
        _("Set up the portal, and keep it running."),
        is_administrator,
    ),
]


def shortcuts_of(user: Person) -> list[Shortcut]:
    return [shortcut for shortcut in SHORTCUTS if shortcut.is_for(user)]
