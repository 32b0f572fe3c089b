"""Something is wrong here: whose page it is, of whichever app."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from orgs.mixins import ActionMixin
from orgs.models import Organisation, Remark, Service, Territory, VolunteerOpportunity
from orgs.remarks import actions as remarks
from orgs.remarks.forms import RemarkForm
from partnerships.models import Partnership

Keeper = tuple[Organisation | None, Territory | None]
OFFERED = {"orgs:service_detail": Service, "orgs:opportunity_detail": VolunteerOpportunity}
"""By the name of its page what an organisation offers."""


def keeper_of(page: str, user: Any) -> Keeper:
    """Who keeps a page, and the place that it is about, as far as the reader may see it; none for pages of the portal itself."""
    try:
        match = resolve(urlsplit(page).path)
    except Resolver404:
        return None, None
    facts = match.kwargs
    organisation: Organisation | None = None
    territory: Territory | None = None
    if page.startswith(reverse("orgs:organisation_list")):
        slug = facts.get("organisation", facts.get("slug", ""))
        organisation = Organisation.objects.visible_to(user).filter(slug=slug).first()
    elif match.view_name in OFFERED:
        offered = OFFERED[match.view_name].objects.visible_to(user).filter(pk=facts["pk"])  # type: ignore[attr-defined]
        found = offered.select_related("organisation").first()
        organisation = found.organisation if found else None
    elif match.view_name == "partnerships:partnership_detail":
        partnership = Partnership.objects.visible_to(user).filter(**facts).first()
        party = partnership.parties.filter(organisation__sector="authority").first() if partnership else None
        organisation = party.organisation if party else None
    elif "scheme" in facts:
        with suppress(Territory.DoesNotExist):
            territory = Territory.objects.coded(facts["scheme"], str(facts.get("territory", facts.get("code", ""))))
    return organisation, organisation.territory if organisation else territory


@method_decorator(login_not_required, name="dispatch")
class RemarkCreateView(ActionMixin, FormView):
    """Without an account, from the foot of every page."""

    form_class = RemarkForm
    template_name = "integration_portal/remark_form.html"

    def get_initial(self) -> dict[str, Any]:
        return {"page": self.page_of(self.request.GET.get("page", ""))}

    @staticmethod
    def page_of(asked: str) -> str:
        """Only pages of the portal, and nothing of what somebody looked for."""
        path = urlsplit(asked).path
        return path[:300] if path.startswith("/") and not path.startswith("//") else "/"

    def perform(self, form: RemarkForm) -> Remark:
        if not ratelimit.consume(self.request, action="make_remark"):
            raise ValidationError(_("From your connection much has been said already. Try again in an hour."))
        page = self.page_of(form.cleaned_data["page"])
        organisation, territory = keeper_of(page, self.request.user)
        return remarks.make_remark(
            page=page,
            words=form.cleaned_data["words"],
            language=get_language() or "en",
            email=form.cleaned_data["email"],
            organisation=organisation,
            territory=territory,
        )

    def get_success_url(self) -> str:
        return reverse("remark_made")


@method_decorator(login_not_required, name="dispatch")
class RemarkMadeView(TemplateView):
    template_name = "integration_portal/remark_made.html"
