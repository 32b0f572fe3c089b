"""Files about an import: its messages, and mappings with the template that fits them."""

import csv
import json
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic.base import View
from django.views.generic.detail import SingleObjectMixin

from indicators.confidential import actions as confidential
from indicators.imports import actions as imports
from indicators.imports.definition import read_mapping
from indicators.models import ImportBatch, ImportMessage, SavedMapping
from indicators.permissions import can_import
from orgs.mixins import VisibleObjectMixin

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets take a file for UTF-8 by this."""


A_NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)*")


def harmless(text: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    cell = "" if text is None else str(text)
    if A_NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def csv_stream(name: str, rows: Iterable[list[object]]) -> StreamingHttpResponse:
    """However many rows, one at a time."""
    writer = csv.writer(_Echo())
    lines = (writer.writerow([harmless(cell) for cell in row]) for row in rows)
    response = StreamingHttpResponse(chain([BYTE_ORDER_MARK], lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Echo:
    """Gives a line back to the writer's caller."""

    def write(self, line: str) -> str:
        return line


def csv_response(name: str, rows: list[list[object]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write(BYTE_ORDER_MARK)
    csv.writer(response).writerows([[harmless(cell) for cell in row] for row in rows])
    return response


class OfFile(VisibleObjectMixin):
    """What stands in a file that was brought in: for whoever did, and who gives a reason."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if can_import(request.user):
            batch = self.get_object()
            assert isinstance(batch, ImportBatch)
            if not confidential.may_read_file_of(batch=batch, by=self.person):
                messages.info(request, _("What is in this file is for whoever brought it in. Give a reason to see it."))
                here = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('indicators:batch_access', args=[batch.pk])}?{here}")
        return super().dispatch(request, *args, **kwargs)


class ImportMessagesView(OfFile, SingleObjectMixin, View):
    """The messages of an import as a table to work through."""

    has_page_permission = staticmethod(can_import)
    model = ImportBatch

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        batch = self.get_object()
        assert isinstance(batch, ImportBatch)
        head: list[object] = [_("Line"), _("Column"), _("Value"), _("Rows"), _("Message")]
        found = ImportMessage.objects.filter(batch=batch)
        rows: list[list[object]] = [
            [message.line, message.column, message.value, message.rows, imports.message_text(message)]
            for message in found
        ]
        return csv_response(f"import-{batch.pk}-messages.csv", [head, *rows])


class MappingTemplateView(VisibleObjectMixin, SingleObjectMixin, View):
    """An empty file with the columns that a kind of file has."""

    has_page_permission = staticmethod(can_import)
    model = SavedMapping

    def get_queryset(self) -> QuerySet[SavedMapping]:
        return SavedMapping.objects.all()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mapping = self.get_object()
        assert isinstance(mapping, SavedMapping)
        columns: list[object] = list(read_mapping(mapping.definition).file_columns)
        return csv_response(f"template-{mapping.pk}.csv", [columns])


class MappingDownloadView(MappingTemplateView):
    """A mapping as JSON, to start one's own from."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mapping = self.get_object()
        assert isinstance(mapping, SavedMapping)
        text = json.dumps(mapping.definition, ensure_ascii=False, indent=2)
        response = HttpResponse(text, content_type="application/json; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="mapping-{mapping.pk}.json"'
        return response
