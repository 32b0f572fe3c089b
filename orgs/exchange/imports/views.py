"""Bringing a file of organisations into the directory, for administrators."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView
from django.views.generic.base import View

from orgs.exchange.imports import actions as imports
from orgs.exchange.imports.column_form import ColumnsForm
from orgs.exchange.imports.forms import OrganisationFileForm
from orgs.exchange.imports.messages import problems_of
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import OrganisationImport
from orgs.permissions import is_administrator
from orgs.spreadsheets import csv_response
from orgs.uploads import LimitedUploadMixin

SHOWN_PROBLEMS = 100


class OrganisationImportListView(VisibleObjectMixin, PagedMixin, ListView):
    has_page_permission = staticmethod(is_administrator)
    model = OrganisationImport
    template_name = "orgs/organisation_import_list.html"
    context_object_name = "imports"

    def get_queryset(self) -> QuerySet[OrganisationImport]:
        found: QuerySet[OrganisationImport] = super().get_queryset()
        return found.select_related("created_by").defer("problems", "mapping", "contents")


class OrganisationImportCreateView(LimitedUploadMixin, ActionMixin, VisibleObjectMixin, FormView):
    """Keeps the file, and says what it would do where what its columns mean is known."""

    has_page_permission = staticmethod(is_administrator)
    form_class = OrganisationFileForm
    template_name = "orgs/organisation_import_form.html"
    object: OrganisationImport

    def too_large(self) -> ValidationError:
        return OrganisationFileForm.too_large()

    def get_refused_url(self) -> str:
        return reverse("orgs:organisation_import_add")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "is_too_large": self.is_too_large}

    def perform(self, form: OrganisationFileForm) -> OrganisationImport:
        mapping, name = form.read()
        batch = imports.receive_file(
            file=form.cleaned_data["file"], mapping=mapping, mapping_name=name, described_later=True, by=self.person
        )
        return imports.check_import(batch=batch, by=self.person, from_page=True) if batch.mapping else batch

    def get_success_url(self) -> str:
        if self.object.mapping:
            return self.object.get_absolute_url()
        return reverse("orgs:organisation_import_columns", args=[self.object.pk])


class OfOrganisationImport(VisibleObjectMixin):
    has_page_permission = staticmethod(is_administrator)
    batch: OrganisationImport

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        found = OrganisationImport.objects.select_related("created_by", "stored_by", "undone_by")
        self.batch = get_object_or_404(found, pk=kwargs["pk"])


class OrganisationImportColumnsView(OfOrganisationImport, ActionMixin, FormView):
    """What the columns of the file mean, picked from lists; then the dry run."""

    form_class = ColumnsForm
    template_name = "orgs/organisation_import_columns.html"
    object: OrganisationImport

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.batch.is_open and self.has_page_permission(request.user):
            return redirect(self.batch)
        try:
            return super().dispatch(request, *args, **kwargs)
        except imports.FileGone as gone:
            messages.error(request, " ".join(gone.messages))
            return redirect(self.batch)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "batch": self.batch, "file_format": imports.format_in(self.batch)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(batch=self.batch, **kwargs)

    def perform(self, form: ColumnsForm) -> OrganisationImport:
        name = form.cleaned_data["mapping_name"]
        batch = imports.describe_import(batch=self.batch, mapping=form.read(), mapping_name=name, by=self.person)
        return imports.check_import(batch=batch, by=self.person, from_page=True)

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()


class OrganisationImportMappingView(OfOrganisationImport, View):
    """What its columns mean, as the command reads it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = JsonResponse(self.batch.mapping, json_dumps_params={"indent": 2, "ensure_ascii": False})
        answer["Content-Disposition"] = f'attachment; filename="organisations-{self.batch.pk}-mapping.json"'
        return answer


class OrganisationImportDetailView(OfOrganisationImport, DetailView):
    """What the file would do, or did."""

    template_name = "orgs/organisation_import_detail.html"

    def get_object(self, queryset: QuerySet[Any] | None = None) -> OrganisationImport:
        return self.batch

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            batch=self.batch,
            seen=imports.check_sign(self.batch),
            progress=imports.progress_in(self.batch) if self.batch.is_with_worker else None,
            is_own_standard_file=imports.is_own_standard_file(self.batch),
            letters=imports.letters_of(self.batch),
            problems=problems_of(self.batch, SHOWN_PROBLEMS),
            more_problems=max(0, self.batch.rows_refused - SHOWN_PROBLEMS),
            **kwargs,
        )


class OrganisationImportStoreView(OfOrganisationImport, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            batch = imports.store_import(
                batch=self.batch,
                writes_to_them=bool(request.POST.get("writes_to_them")),
                from_page=True,
                seen=request.POST.get("seen", ""),
                by=self.person,
            )
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            if batch.is_with_worker:
                messages.success(request, _("The file is large and is being stored."))
            else:
                messages.success(request, _("The organisations are stored."))
        return redirect(self.batch)


class OrganisationImportUndoView(OfOrganisationImport, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            imports.undo_import(batch=self.batch, from_page=True, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect(self.batch)


class OrganisationImportProblemsView(OfOrganisationImport, View):
    """All that is wrong in the file, as a table to work through."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        head = [_("Line"), _("Column"), _("Value"), _("What is wrong")]
        rows = [[one.line, one.column, one.value, text] for one, text in problems_of(self.batch)]
        return csv_response(f"organisations-{self.batch.pk}-problems.csv", [head, *rows])
