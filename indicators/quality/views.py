"""The quality rules, for administrators."""

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView

from indicators.quality import actions as quality
from indicators.quality.forms import QualityRulesForm
from orgs.mixins import ActionMixin, VisibleObjectMixin
from orgs.permissions import is_administrator


class QualityRulesView(VisibleObjectMixin, ActionMixin, FormView):
    """How far each goes, all on one page."""

    form_class = QualityRulesForm
    template_name = "indicators/quality_rules.html"
    has_page_permission = staticmethod(is_administrator)

    def perform(self, form: QualityRulesForm) -> None:
        quality.set_quality_rules(settings=form.settings(), by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The rules have been saved."))
        return reverse("indicators:quality_rules")
