from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView, View
from django.views.generic.detail import SingleObjectMixin

from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import Remark
from orgs.permissions import can_judge_remark
from orgs.remarks import actions as remarks
from orgs.remarks.forms import AnswerForm


class RemarkListView(VisibleObjectMixin, PagedMixin, ListView):
    """Those that the reader may answer, or whose answer a reviewer has to see, the oldest first."""

    model = Remark
    template_name = "orgs/remark_list.html"
    context_object_name = "remarks"

    def get_queryset(self) -> QuerySet[Remark]:
        remarks_to_do = Remark.objects.to_do_for(self.person)
        return remarks_to_do.select_related("territory__parent__parent__parent", "organisation")


class RemarkAnswerView(VisibleObjectMixin, ActionMixin, FormView, DetailView):
    model = Remark
    form_class = AnswerForm
    template_name = "orgs/remark_answer.html"
    context_object_name = "remark"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = self.get_object()

    def get_queryset(self) -> QuerySet[Remark]:
        return Remark.objects.to_do_for(self.person).select_related("organisation", "closed_by")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "remark": self.object, "by": self.person}

    def perform(self, form: AnswerForm) -> Remark:
        return remarks.answer_remark(remark=self.object, answer=form.cleaned_data["answer"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Answered.") if self.object.answer else _("Closed."))
        return reverse("orgs:remark_list")


class RemarkSeenView(VisibleObjectMixin, SingleObjectMixin, View):
    """What its keeper answered is right, or is taken up otherwise: it leaves the reviewers' list."""

    http_method_names = ["post"]
    model = Remark
    has_object_permission = staticmethod(can_judge_remark)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        remark: Any = self.get_object()
        try:
            remarks.mark_remark_seen(remark=remark, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("Seen."))
        return redirect("orgs:remark_list")
