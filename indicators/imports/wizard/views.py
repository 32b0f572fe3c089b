from functools import cached_property, partial
from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic import FormView
from django.views.generic.base import View
from django.views.generic.detail import SingleObjectMixin

from indicators.imports import actions as imports
from indicators.imports import kept_file, steps
from indicators.imports.definition import read_mapping
from indicators.imports.downloads import OfFile
from indicators.imports.error_rows import refused_rows
from indicators.imports.forms import MappingNameForm
from indicators.imports.mapping import layout_entries
from indicators.imports.views import ImportDecisionView
from indicators.imports.wizard.columns import fits_form
from indicators.imports.wizard.form import MappingForm
from indicators.imports.wizard.layout import LayoutForm
from indicators.models import ImportBatch, SavedMapping
from indicators.permissions import can_decide_import, can_import
from orgs.mixins import ActionMixin
from orgs.readers.sniffing import FileContents
from orgs.spreadsheets import csv_response


class ImportMapView(OfFile, ActionMixin, SingleObjectMixin, FormView):
    """What the columns of a file mean: the first rows, the guesses, and what a person makes of them. Checking stores no figure.

    Three buttons: `read_again` looks at the file as somebody says that it is written, `show` brings the texts of the columns that were
    chosen, and any other one checks the file. `?from=` starts from a saved mapping.
    """

    has_page_permission = staticmethod(can_import)
    has_object_permission = staticmethod(can_decide_import)
    model = ImportBatch
    template_name = "indicators/import_map.html"
    form_class = MappingForm
    batch: ImportBatch
    contents: FileContents

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._refusal() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refusal = self._refusal()
        if refusal is not None:
            return refusal
        if "read_again" in request.POST:
            return self._read_again()
        if "show" in request.POST:
            return self.render_to_response(self.get_context_data(form=self.get_form()))
        return super().post(request, *args, **kwargs)

    def _refusal(self) -> HttpResponse | None:
        """Where there is nothing to describe any more, the way back to the import."""
        batch = self.get_object()
        assert isinstance(batch, ImportBatch)
        self.batch = self.object = batch
        if not batch.can_be_described:
            return redirect(batch)
        try:
            self.contents = kept_file.contents_of(batch)
        except ValidationError as refusal:
            messages.error(self.request, " ".join(refusal.messages))
            return redirect("indicators:import_list")
        return None

    def _read_again(self) -> HttpResponse:
        form = LayoutForm(self.request.POST, layout=self.batch.mapping)
        if form.is_valid():
            try:
                imports.read_file_again(batch=self.batch, layout=form.layout(), by=self.person)
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                return redirect("indicators:import_map", self.batch.pk)
        return self.render_to_response(self.get_context_data(form=MappingForm(**self._file()), layout_form=form))

    @cached_property
    def start(self) -> SavedMapping | None:
        """The saved mapping from which to start."""
        asked = self.request.GET.get("from", "")
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
        return SavedMapping.objects.filter(pk=number).first()

    def _file(self) -> dict[str, Any]:
        layout = layout_entries(self.batch.mapping)
        base = self.batch.mapping
        if self.start is not None:
            saved = self.start.definition
            base = {name: value for name, value in saved.items() if name not in layout_entries(saved)} | layout
        return {"contents": self.contents, "base": base, "together": partial(kept_file.texts_together, self.batch)}

    def get_form_kwargs(self) -> dict[str, Any]:
        only_shown = "show" in self.request.POST
        initial = {"name": self.batch.mapping_name if self.batch.contents is not None else ""}
        return {**super().get_form_kwargs(), **self._file(), "only_shown": only_shown, "initial": initial}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("layout_form", LayoutForm(layout=self.batch.mapping))
        return super().get_context_data(
            batch=self.batch,
            contents=self.contents,
            mappings=[one for one in SavedMapping.objects.all() if _can_be_shown(one)],
            start=self.start,
            earlier=ImportBatch.objects.visible_to(self.person)
            .filter(checksum=self.batch.checksum, state__in=[ImportBatch.State.STORED, ImportBatch.State.APPROVED])
            .first(),
            **kwargs,
        )

    def perform(self, form: MappingForm) -> ImportBatch:
        definition, name = form.cleaned_data["definition"], form.cleaned_data["name"]
        batch = imports.describe_import(
            batch=self.batch, mapping=definition, mapping_name=name or _("own mapping"), by=self.person
        )
        if name and batch.state == ImportBatch.State.CHECKED:  # What refuses its own file is nothing to keep.
            imports.save_mapping(name=name, definition=definition, by=self.person)
        return batch

    def get_success_url(self) -> str:
        return self.batch.get_absolute_url()


def _can_be_shown(mapping: SavedMapping) -> bool:
    try:
        return fits_form(read_mapping(mapping.definition))
    except ValidationError:
        return False


class MappingSaveView(ImportDecisionView):
    """Keeps the mapping of an import under a name."""

    def decide(self, batch: ImportBatch) -> None:
        form = MappingNameForm(self.request.POST)
        if not form.is_valid():
            raise ValidationError(form.errors["name"].as_data())
        imports.save_mapping(name=form.cleaned_data["name"], definition=batch.mapping, by=self.person)
        self.done = _("Saved. It will be offered for the next file.")


class RefusedRowsView(OfFile, SingleObjectMixin, View):
    """The rows of a refused file that have a fault, as they stand in it, with line and reason."""

    has_page_permission = staticmethod(can_import)
    model = ImportBatch

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        batch = self.get_object()
        assert isinstance(batch, ImportBatch)
        if batch.state != ImportBatch.State.REFUSED:
            raise Http404
        try:
            mapping = read_mapping(batch.mapping)
            rows = refused_rows(kept_file.open_again(batch), mapping, within=steps.place_of(batch.authority))
            head = next(rows, None)  # By then the file has been looked through.
            if head is None:
                raise ValidationError(_("The rows of this file cannot be read. The list below says why."))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(batch)
        first = [*head[0], _("Line"), _("What is wrong")]
        others = ([*row, line, text] for row, line, text in rows)
        return csv_response(f"import-{batch.pk}-refused.csv", chain([first], others))
