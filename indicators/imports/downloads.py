"""Files about an import: its messages, and mappings with the template that fits them."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic.base import View
from django.views.generic.detail import SingleObjectMixin

from indicators.confidential import actions as confidential
from indicators.imports.definition import read_mapping
from indicators.imports.messages import message_text
from indicators.models import ImportBatch, ImportMessage, SavedMapping
from indicators.permissions import can_import
from orgs.mixins import VisibleObjectMixin
from orgs.spreadsheets import csv_response


class OfFile(VisibleObjectMixin):
    """What stands in a file that was brought in: for whoever did, and who gives a reason."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if can_import(request.user):
            batch = self.get_object()
            assert isinstance(batch, ImportBatch)
            if not confidential.may_read_file_of(batch=batch, by=self.person):
                messages.info(request, _("Somebody else uploaded this file. Give a reason to see its content."))
                here = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('indicators:batch_access', args=[batch.pk])}?{here}")
        return super().dispatch(request, *args, **kwargs)


class ImportMessagesView(OfFile, SingleObjectMixin, View):
    """The messages of an import as a table to work through."""

    has_page_permission = staticmethod(can_import)
    model = ImportBatch

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        batch = self.get_object()
        assert isinstance(batch, ImportBatch)
        head = [_("Line"), _("Column"), _("Value"), _("Rows"), _("Message")]
        found = ImportMessage.objects.filter(batch=batch)
        rows = [[message.line, message.column, message.value, message.rows, message_text(message)] for message in found]
        return csv_response(f"import-{batch.pk}-messages.csv", [head, *rows])


class MappingTemplateView(VisibleObjectMixin, SingleObjectMixin, View):
    """An empty file with the columns that a kind of file has."""

    has_page_permission = staticmethod(can_import)
    model = SavedMapping

    def get_queryset(self) -> QuerySet[SavedMapping]:
        return SavedMapping.objects.all()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        mapping = self.get_object()
        assert isinstance(mapping, SavedMapping)
        return csv_response(f"template-{mapping.pk}.csv", [read_mapping(mapping.definition).file_columns])


class MappingDownloadView(MappingTemplateView):
    """A mapping as JSON, to start one's own from."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        mapping = self.get_object()
        assert isinstance(mapping, SavedMapping)
        text = json.dumps(mapping.definition, ensure_ascii=False, indent=2)
        response = HttpResponse(text, content_type="application/json; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="mapping-{mapping.pk}.json"'
        return response
