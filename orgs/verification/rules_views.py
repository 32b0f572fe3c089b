"""What administrators decide about verification: which criteria each tier needs, for how long it holds, and when a review is overdue."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from orgs.mixins import ActionMixin, VisibleObjectMixin, page_of
from orgs.models import Organisation, Verification, VerificationRules
from orgs.permissions import is_administrator
from orgs.verification import actions as verification_actions
from orgs.verification.checklist import checklist_of
from orgs.verification.forms import NOT_ASKED, RulesForm
from orgs.vocabulary import Tier, VerificationCriterion


class RulesView(VisibleObjectMixin, ActionMixin, FormView):
    """The rules in force, to be changed; and every version before them."""

    form_class = RulesForm
    template_name = "orgs/verification_rules.html"
    has_page_permission = staticmethod(is_administrator)

    def get_initial(self) -> dict[str, Any]:
        rules = VerificationRules.objects.current()
        tiers = {f"tier_{code}": NOT_ASKED for code in VerificationCriterion}
        tiers |= {f"tier_{code}": tier for tier, codes in rules.criteria.items() for code in codes}
        return {
            **tiers,
            "months_valid": rules.months_valid,
            "days_until_overdue": rules.days_until_overdue,
            "months_until_look": rules.months_until_look,
        }

    def perform(self, form: RulesForm) -> VerificationRules:
        cleaned = form.cleaned_data
        return verification_actions.set_verification_rules(
            criteria=form.criteria(),
            months_valid=cleaned["months_valid"],
            days_until_overdue=cleaned["days_until_overdue"],
            months_until_look=cleaned["months_until_look"],
            note=cleaned["note"],
            by=self.person,
        )

    def get_success_url(self) -> str:
        messages.success(self.request, _("The rules have been saved. They hold for every decision from now on."))
        return reverse("orgs:verification_rules")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            page_obj=versions(self.request),
            verified=Organisation.objects.verified().count(),
            to_review=Verification.objects.waiting().count(),
            **kwargs,
        )


def versions(request: HttpRequest) -> Any:
    page = page_of(request, VerificationRules.objects.select_related("made_by"), 10)
    for rules in page:
        asked = checklist_of(rules)
        rules.tiers = [
            (capfirst(tier.label), [question.text for question in asked if question.tier == tier]) for tier in Tier
        ]
    return page
