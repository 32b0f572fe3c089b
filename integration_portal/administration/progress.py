"""What it takes to set up a portal, and how far this one is: each step is read from the database, none is ticked by hand."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from integration_portal.home import Signpost
from orgs import installation
from orgs.models import (
    Domain,
    Invitation,
    Membership,
    Organisation,
    ReviewerAppointment,
    Territory,
    TerritoryScheme,
    VerificationRules,
)
from orgs.models.reach import ids_tied_within
from orgs.verification.checklist import checklist_of
from partnerships.models import Level

DONE, INCOMPLETE, NOT_STARTED, BLOCKED = "done", "incomplete", "not_started", "blocked"


@dataclass(frozen=True)
class Step:
    """A line of components/task_list.html."""

    label: str
    url: str
    status: str
    hint: str


class Way(Signpost):
    """A page that administrators go to often, as components/link_list.html draws it."""


def steps() -> list[Step]:
    """In the order in which one needs another."""
    authority = first_authority()
    return [
        naming(),
        territories(),
        authorities(authority),
        managers(authority),
        reviewers(),
        verification_rules(),
        engagement_scale(),
        domains(),
    ]


def naming() -> Step:
    portal = installation.current()
    languages = ", ".join(str(get_language_info(code)["name_translated"]) for code in portal.offered_languages)
    facts = f"{portal.title} · {languages} · {portal.zone}"
    hint = facts if portal.is_named else _("Not named yet. Until then: %(facts)s.") % {"facts": facts}
    return Step(
        _("Name, languages and time zone"), reverse("portal_edit"), DONE if portal.is_named else NOT_STARTED, hint
    )


def territories() -> Step:
    schemes, places = TerritoryScheme.objects.count(), Territory.objects.count()
    label, url = _("Territories"), reverse("orgs:scheme_list")
    if places:
        hint = ngettext("%(count)d place", "%(count)d places", places) % {"count": places}
        return Step(label, url, DONE, hint)
    if schemes:
        return Step(label, url, INCOMPLETE, _("There is a geographic classification, but no place in it yet."))
    return Step(
        label, url, NOT_STARTED, _("Add the municipalities, districts and neighbourhoods that the portal is about.")
    )


def first_authority() -> Organisation | None:
    """One that somebody can act for, if there is any; of those without anybody the first."""
    leading = Membership.objects.active().filter(organisation=OuterRef("pk"), role=Membership.Role.MANAGER)
    invited = Invitation.objects.open().filter(organisation=OuterRef("pk"), role=Membership.Role.MANAGER)
    there = Organisation.objects.authorities().filter(closed_on=None).select_related("territory")
    ways = there.annotate(is_led=Exists(leading), is_invited=Exists(invited))
    return ways.order_by("-is_led", "-is_invited", "pk").first()


def authorities(authority: Organisation | None) -> Step:
    label = _("First authority")
    if authority is not None:
        hint = f"{authority.name} · {authority.territory.local_name}"
        return Step(label, reverse("orgs:authority_list"), DONE, hint)
    if not Territory.objects.exists():
        return Step(label, reverse("orgs:authority_add"), BLOCKED, _("It needs a territory first."))
    hint = _("Add the municipality or region that runs the portal, with its territory.")
    return Step(label, reverse("orgs:authority_add"), NOT_STARTED, hint)


def managers(authority: Organisation | None) -> Step:
    label = _("Manager of the authority")
    if authority is None:
        return Step(label, reverse("orgs:authority_list"), BLOCKED, _("It needs an authority first."))
    members, invite = (reverse(f"orgs:{name}", args=[authority.slug]) for name in ("member_list", "member_invite"))
    if authority.is_led:  # type: ignore[attr-defined]
        return Step(label, members, DONE, _("%(name)s has a manager with an account.") % {"name": authority.name})
    if authority.is_invited:  # type: ignore[attr-defined]
        return Step(label, members, INCOMPLETE, _("Invited. The invitation has not been accepted yet."))
    hint = _("Invite somebody of %(name)s as manager. They invite their colleagues.") % {"name": authority.name}
    return Step(label, invite, NOT_STARTED, hint)


def reviewers() -> Step:
    label = _("Reviewers")
    acting = ReviewerAppointment.objects.acting()
    count = acting.values("user").distinct().count()
    authorities = Organisation.objects.authorities().filter(closed_on=None)
    uncovered = authorities.exclude(territory__in=ids_tied_within(acting.values("territory")))
    lacking = list(Territory.objects.filter(pk__in=uncovered.values("territory")).order_by("name", "pk")[:4])
    if count and lacking:
        names = ", ".join(place.local_name if at < 3 else "…" for at, place in enumerate(lacking))
        hint = _("No reviewer covers %(places)s.") % {"places": names}
        return Step(label, f"{reverse('orgs:appointment_add')}?territory={lacking[0].pk}", INCOMPLETE, hint)
    if count:
        hint = ngettext("%(count)d reviewer", "%(count)d reviewers", count) % {"count": count}
        return Step(label, reverse("orgs:appointment_list"), DONE, hint)
    hint = _("Nobody can verify an organisation yet. Appoint somebody for a territory.")
    return Step(label, reverse("orgs:appointment_add"), NOT_STARTED, hint)


def verification_rules() -> Step:
    """They come with the software, so that there is always something to go by."""
    count = len(checklist_of(VerificationRules.objects.current()))
    hint = ngettext("%(count)d question to reviewers", "%(count)d questions to reviewers", count) % {"count": count}
    return Step(_("Verification rules"), reverse("orgs:verification_rules"), DONE, hint)


def engagement_scale() -> Step:
    label, url = _("Engagement scale"), reverse("partnerships:scale_list")
    levels = [level.name for level in Level.objects.filter(scale__is_current=True).order_by("order")]
    if levels:
        return Step(label, url, DONE, " · ".join(levels))
    return Step(label, url, NOT_STARTED, _("No scale is used. Without one, no engagement level can be assessed."))


def domains() -> Step:
    label, url = _("Domains"), reverse("orgs:domain_list")
    count = Domain.objects.count()
    if count:
        return Step(label, url, DONE, ngettext("%(count)d domain", "%(count)d domains", count) % {"count": count})
    return Step(label, url, NOT_STARTED, _("Without domains, nobody can say what an organisation does."))


DAILY = [
    Way(gettext_lazy("Organisations"), "orgs:registry_list", "people",
        gettext_lazy("Every organisation, also those that are not public.")),
    Way(gettext_lazy("Authorities"), "orgs:authority_list", "bank", gettext_lazy("Add one, and see who acts for it.")),
    Way(gettext_lazy("Territories"), "orgs:scheme_list", "geo-alt",
        gettext_lazy("Import, rename, split and merge places.")),
    Way(gettext_lazy("Reviewers"), "orgs:appointment_list", "person-check",
        gettext_lazy("Appoint them for a territory, and see how much they have to review.")),
    Way(gettext_lazy("Verification rules"), "orgs:verification_rules", "patch-check",
        gettext_lazy("Which criteria each tier needs, and for how long a verification holds.")),
    Way(gettext_lazy("Reviews"), "orgs:review_queue", "check2-square",
        gettext_lazy("Organisations that a reviewer has to verify.")),
    Way(gettext_lazy("Accounts"), "orgs:account_list", "person-gear",
        gettext_lazy("Close an account, remove a lost second step, appoint another administrator.")),
    Way(gettext_lazy("Domains"), "orgs:domain_list", "grid",
        gettext_lazy("What they are called in each language, and in which order they stand.")),
    Way(gettext_lazy("Types of service"), "orgs:service_type_list", "tags",
        gettext_lazy("What newcomers look for, and the words by which they find it.")),
    Way(gettext_lazy("Dimensions and categories"), "indicators:dimension_list", "diagram-3",
        gettext_lazy("By what people are told apart in figures, and which groups are sensitive.")),
    Way(gettext_lazy("Sources"), "indicators:source_list", "database",
        gettext_lazy("Who published the figures, and under which licence.")),
    Way(gettext_lazy("Quality rules"), "indicators:quality_rules", "sliders",
        gettext_lazy("How far a figure may go before somebody has to look at it.")),
    Way(gettext_lazy("Engagement scales"), "partnerships:scale_list", "bar-chart-steps",
        gettext_lazy("What each level asks for, and the next version of it.")),
    Way(gettext_lazy("E-mails"), "mail_list", "envelope",
        gettext_lazy("E-mails that could not be sent, and why.")),
    Way(gettext_lazy("Schedule"), "schedule_list", "clock",
        gettext_lazy("What the portal does by itself, and when.")),
    Way(gettext_lazy("Queues"), "queue_list", "hourglass-split",
        gettext_lazy("What the portal still has to do, and since when.")),
    Way(gettext_lazy("Rollup"), "indicators:run_list", "calculator", gettext_lazy("How figures are added up, and what failed.")),
    Way(gettext_lazy("All tables"), "admin:index", "table",
        gettext_lazy("For emergencies: every row of the database, without the help of the pages above.")),
]  # fmt: skip


def state() -> dict[str, Any]:
    found = steps()
    return {"steps": found, "done": sum(step.status == DONE for step in found), "daily": DAILY}
