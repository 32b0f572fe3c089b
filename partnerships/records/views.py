from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import CreateView, TemplateView, UpdateView, View

from orgs.forms import PortalModelForm
from orgs.mixins import ActionMixin
from partnerships.agreements.within import WithinPartnershipMixin
from partnerships.engagement.evidence import AnyRecord
from partnerships.models import Activity, Contribution, Document
from partnerships.permissions import can_edit_partnership
from partnerships.records.actions import add_document, log_activity, log_contribution, remove_record, revise_record
from partnerships.records.forms import ActivityForm, ContributionForm, DocumentForm

FORMS: dict[str, type[PortalModelForm]] = {
    "activity": ActivityForm,
    "contribution": ContributionForm,
    "document": DocumentForm,
}


class RecordCreateView(ActionMixin, WithinPartnershipMixin, CreateView):
    """Logs something that happened, and comes back to the partnership."""

    has_object_permission = staticmethod(can_edit_partnership)
    template_name = "partnerships/record_form.html"
    model: Any

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.model(partnership=self.partnership)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.get_title(), **kwargs)

    def get_title(self) -> str:
        raise NotImplementedError

    def get_success_url(self) -> str:
        return f"{self.partnership.get_absolute_url()}#records"


class ActivityCreateView(RecordCreateView):
    model = Activity
    form_class = ActivityForm

    def get_title(self) -> str:
        return _("Log an activity")

    def perform(self, form: ActivityForm) -> Activity:
        logged = log_activity(partnership=self.partnership, by=self.person, **form.cleaned_data)
        messages.success(self.request, _("The activity is logged."))
        return logged


class ContributionCreateView(RecordCreateView):
    model = Contribution
    form_class = ContributionForm

    def get_title(self) -> str:
        return _("Log a contribution")

    def perform(self, form: ContributionForm) -> Contribution:
        logged = log_contribution(partnership=self.partnership, by=self.person, **form.cleaned_data)
        messages.success(self.request, _("The contribution is logged."))
        return logged


class DocumentCreateView(RecordCreateView):
    model = Document
    form_class = DocumentForm

    def get_title(self) -> str:
        return _("Add a document")

    def perform(self, form: DocumentForm) -> Document:
        added = add_document(partnership=self.partnership, by=self.person, **form.cleaned_data)
        messages.success(self.request, _("The document is stored."))
        return added


class RecordMixin(WithinPartnershipMixin):
    """For a page of one record, named by its family and key."""

    has_object_permission = staticmethod(can_edit_partnership)
    record: AnyRecord

    def find(self) -> None:
        super().find()
        self.record = self.get_record(self.kwargs["family"], self.kwargs["pk"])

    def get_record(self, family: str, pk: int) -> AnyRecord:
        match family:
            case "activity":
                return get_object_or_404(Activity, partnership=self.partnership, pk=pk)
            case "contribution":
                return get_object_or_404(Contribution, partnership=self.partnership, pk=pk)
            case "document":
                return get_object_or_404(Document, partnership=self.partnership, pk=pk)
        raise Http404


class RecordUpdateView(ActionMixin, RecordMixin, UpdateView):
    template_name = "partnerships/record_form.html"

    def get_object(self, queryset: QuerySet[Any] | None = None) -> Model:
        return self.record

    def get_form_class(self) -> type[PortalModelForm]:
        return FORMS[self.kwargs["family"]]

    def perform(self, form: PortalModelForm) -> None:
        revise_record(record=form.instance, by=self.person)
        messages.success(self.request, _("Saved."))

    def get_success_url(self) -> str:
        return f"{self.partnership.get_absolute_url()}#records"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("Edit “%(title)s”") % {"title": self.record}, **kwargs)


class RecordDeleteView(RecordMixin, TemplateView):
    template_name = "partnerships/record_remove.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.act(lambda: remove_record(record=self.record, by=self.person), _("The record has been removed."))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(record=self.record, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class DocumentDownloadView(View):
    """Streams a paper to those who may read it, always as a download: nothing uploaded is ever shown inside the
    portal.
    """

    def get(self, request: HttpRequest, reference: str, pk: int) -> FileResponse:
        visible = Document.objects.visible_to(request.user)
        document = get_object_or_404(visible, pk=pk, partnership__reference=reference)
        try:
            stored = document.file.open("rb")
        except FileNotFoundError as gone:
            raise Http404 from gone
        response = FileResponse(
            stored, as_attachment=True, filename=document.file_name, content_type=document.content_type
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response
