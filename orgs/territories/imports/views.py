"""Bringing a file of places into a classification."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView
from django.views.generic.base import View

from orgs.mixins import ActionMixin, PagedMixin
from orgs.models import TerritoryImport
from orgs.spreadsheets import csv_response
from orgs.territories.imports import actions as imports
from orgs.territories.imports.forms import DescriptionForm, TerritoryFileForm
from orgs.territories.imports.messages import changes_of, problems_of
from orgs.territories.ties import ties_texts
from orgs.territories.views import OfScheme
from orgs.uploads import LimitedUploadMixin

SHOWN_PROBLEMS = 100


class TerritoryImportListView(OfScheme, PagedMixin, ListView):
    """The files that came in, the last first: the history of the classification."""

    template_name = "orgs/territory_import_list.html"
    context_object_name = "imports"

    def get_queryset(self) -> QuerySet[TerritoryImport]:
        found: QuerySet[TerritoryImport] = self.scheme.imports.select_related("scheme", "created_by", "stored_by")
        return found.defer("problems", "changes", "contents")


class TerritoryImportCreateView(LimitedUploadMixin, ActionMixin, OfScheme, FormView):
    form_class = TerritoryFileForm
    template_name = "orgs/territory_import_form.html"
    object: TerritoryImport

    def too_large(self) -> ValidationError:
        return TerritoryFileForm.too_large()

    def get_refused_url(self) -> str:
        return reverse("orgs:territory_import_add", args=[self.scheme.code])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "is_too_large": self.is_too_large}

    def perform(self, form: TerritoryFileForm) -> TerritoryImport:
        return imports.receive_file(scheme=self.scheme, file=form.cleaned_data["file"], by=self.person)

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()


class OfTerritoryImport(OfScheme):
    batch: TerritoryImport

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        found = self.scheme.imports.select_related("scheme", "created_by", "stored_by")
        self.batch = get_object_or_404(found, pk=kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(batch=self.batch, **kwargs)


class TerritoryImportMapView(OfTerritoryImport, ActionMixin, FormView):
    """What the columns of the file mean; then the dry run."""

    form_class = DescriptionForm
    template_name = "orgs/territory_import_map.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.batch.is_stored and self.has_page_permission(request.user):
            return redirect(self.batch)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "batch": self.batch}

    def perform(self, form: DescriptionForm) -> TerritoryImport:
        return imports.check_import(batch=self.batch, description=form.read(), by=self.person)

    def get_success_url(self) -> str:
        return reverse("orgs:territory_import_detail", args=[self.scheme.code, self.batch.pk])


class TerritoryImportDetailView(OfTerritoryImport, DetailView):
    """What the file would do, or did."""

    template_name = "orgs/territory_import_detail.html"

    def get_object(self, queryset: QuerySet[Any] | None = None) -> TerritoryImport:
        return self.batch

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            problems=problems_of(self.batch, SHOWN_PROBLEMS),
            more_problems=max(0, self.batch.problems_count - SHOWN_PROBLEMS),
            changes=changes_of(self.batch),
            ties=ties_texts(self.batch.ties),
            **kwargs,
        )


class TerritoryImportStoreView(OfTerritoryImport, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            batch = imports.store_import(batch=self.batch, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            if batch.is_stored:
                messages.success(request, _("The places are stored."))
            else:
                messages.warning(
                    request,
                    _(
                        "The classification has changed since the file was checked. It was checked again: look at it, and store it then."
                    ),
                )
        return redirect("orgs:territory_import_detail", self.scheme.code, self.batch.pk)


class TerritoryImportProblemsView(OfTerritoryImport, View):
    """All that is wrong in the file, as a table to work through."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        head = [_("Line"), _("Column"), _("Value"), _("What is wrong")]
        rows = [[one.line, one.column, one.value, text] for one, text in problems_of(self.batch)]
        return csv_response(f"territories-{self.batch.pk}-problems.csv", [head, *rows])
