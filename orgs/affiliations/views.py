"""Where an organisation sees who says that it belongs to it, and to whom it belongs itself; and the presses on that page."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import ListView

from orgs.affiliations import actions as affiliations
from orgs.forms import sent
from orgs.mixins import OfOrganisation, PagedMixin
from orgs.models import Affiliation, Organisation
from orgs.models.affiliation import REFUSED_FOR
from orgs.permissions import Person, can_answer_affiliation, can_edit_organisation, leads_organisation


class AffiliationListView(OfOrganisation, PagedMixin, ListView):
    """Both ways; first what waits for an answer."""

    template_name = "orgs/affiliation_list.html"

    def get_queryset(self) -> QuerySet[Affiliation]:
        said_of_it = self.organisation.affiliates
        found = said_of_it.questions() | said_of_it.confirmed()
        oldest_question_first = F("accepted_at").desc(nulls_first=True), "proposed_at", "pk"
        return found.select_related("organisation__territory").order_by(*oldest_question_first)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        said = self.organisation.affiliations
        refused = said.refused_since(timezone.now() - REFUSED_FOR)
        own = (said.live() | refused).marked().select_related("parent").order_by("parent__name_folded", "pk")
        return super().get_context_data(
            own=own, can_answer=leads_organisation(self.person, self.organisation), **kwargs
        )


class OfAffiliation(OfOrganisation):
    """A press, of one of the two sides, in whose page it is."""

    http_method_names = ["post"]
    affiliation: Affiliation

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        rows = Affiliation.objects.select_related("organisation", "parent")
        self.affiliation = get_object_or_404(rows.filter(self.sides()), pk=kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What is not confirmed is told to the two sides alone: for everybody else there is no such thing."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except PermissionDenied as refusal:
            raise Http404 from refusal

    def sides(self) -> Q:
        return Q(organisation=self.organisation) | Q(parent=self.organisation)

    def act(self) -> str:
        raise NotImplementedError

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        def act() -> str:
            messages.success(request, self.act())
            return reverse("orgs:affiliation_list", args=[slug])

        try:
            return redirect(sent.act_once(request, act))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect("orgs:affiliation_list", slug)


class AffiliationAnswerView(OfAffiliation):
    """By the other side alone."""

    def sides(self) -> Q:
        return Q(parent=self.organisation)

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_answer_affiliation(user, self.affiliation)

    def act(self) -> str:
        answer = self.request.POST.get("answer")
        if answer not in ("accept", "refuse"):
            raise ValidationError(_("Say whether you accept or refuse it."))
        answered = affiliations.answer_affiliation(
            affiliation=self.affiliation, is_accepted=answer == "accept", by=self.person
        )
        if answered.accepted_at is not None:
            return _("You have accepted it. It is now public.")
        return _("You have refused it. The organisation gets an e-mail.")


class AffiliationEndView(OfAffiliation):
    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        """For the side in whose page it was pressed."""
        if organisation == self.affiliation.organisation:
            return can_edit_organisation(user, organisation)
        return leads_organisation(user, organisation)

    def act(self) -> str:
        affiliations.end_affiliation(affiliation=self.affiliation, by=self.person)
        return _("It has ended.")
