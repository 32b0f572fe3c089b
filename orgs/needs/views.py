from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView, TemplateView

from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import VoicedNeed
from orgs.needs import actions as needs
from orgs.needs.forms import NeedForm, NeedReadForm
from orgs.permissions import is_reviewer_or_administrator


@method_decorator(login_not_required, name="dispatch")
class NeedCreateView(ActionMixin, FormView):
    """Without an account. How often an address on the web says something is limited, and the same counts once a day; which address it was is kept
    nowhere."""

    form_class = NeedForm
    template_name = "orgs/need_form.html"

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        return {"language": asked.get("language", ""), "target_group": asked.get("target_group", "")}

    def perform(self, form: NeedForm) -> VoicedNeed | None:
        if not ratelimit.consume(self.request, action="voice_need"):
            raise ValidationError(_("From your connection much has been said already. Try again in an hour."))
        said = dict(form.cleaned_data)
        address = get_adapter().get_client_ip(self.request)
        return needs.voice_need(service_type=said.pop("type"), connection_from=address, **said)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_success_url(self) -> str:
        return reverse("orgs:need_said")


@method_decorator(login_not_required, name="dispatch")
class NeedSaidView(TemplateView):
    template_name = "orgs/need_said.html"


class NeedQueueView(VisibleObjectMixin, PagedMixin, ListView):
    """What residents have said in their own words, the oldest first."""

    model = VoicedNeed
    template_name = "orgs/need_queue.html"
    context_object_name = "needs"
    has_page_permission = staticmethod(is_reviewer_or_administrator)

    def get_queryset(self) -> QuerySet[VoicedNeed]:
        return super().get_queryset().to_read().select_related("territory__parent__parent__parent", "type")  # type: ignore[attr-defined]


class NeedReadView(VisibleObjectMixin, ActionMixin, FormView, DetailView):
    """One of them becomes a type of the list, or goes."""

    model = VoicedNeed
    form_class = NeedReadForm
    template_name = "orgs/need_read.html"
    context_object_name = "need"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = self.get_object()

    def get_queryset(self) -> QuerySet[VoicedNeed]:
        return super().get_queryset().to_read()  # type: ignore[attr-defined]

    def get_initial(self) -> dict[str, Any]:
        return {"type": self.object.type}

    def perform(self, form: NeedReadForm) -> None:
        needs.read_need(need=self.object, service_type=form.cleaned_data["type"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Read. The words are deleted."))
        return reverse("orgs:need_queue")
