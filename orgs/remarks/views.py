from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView

from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import Remark
from orgs.remarks import actions as remarks
from orgs.remarks.forms import AnswerForm


class RemarkListView(VisibleObjectMixin, PagedMixin, ListView):
    """Those that the reader may answer, the oldest first."""

    model = Remark
    template_name = "orgs/remark_list.html"
    context_object_name = "remarks"

    def get_queryset(self) -> QuerySet[Remark]:
        return super().get_queryset().open().select_related("territory__parent__parent__parent", "organisation")  # type: ignore[attr-defined]


class RemarkAnswerView(VisibleObjectMixin, ActionMixin, FormView, DetailView):
    model = Remark
    form_class = AnswerForm
    template_name = "orgs/remark_answer.html"
    context_object_name = "remark"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = self.get_object()

    def get_queryset(self) -> QuerySet[Remark]:
        return super().get_queryset().open().select_related("organisation")  # type: ignore[attr-defined]

    def perform(self, form: AnswerForm) -> Remark:
        return remarks.answer_remark(remark=self.object, answer=form.cleaned_data["answer"], by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Answered."))
        return reverse("orgs:remark_list")
