from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import ngettext

from indicators.imports.views import ImportDecisionView
from indicators.models import Finding, ImportBatch, Report
from indicators.quality import actions as quality


class FindingsAcceptView(ImportDecisionView):
    """Says of one finding, or of all of a rule, why the figure is right all the same."""

    def decide(self, batch: ImportBatch) -> None:
        data = self.request.POST
        finding = None
        if data.get("finding"):
            found = Finding.objects.filter(batch=batch)
            finding = get_object_or_404(found, pk=data["finding"] if data["finding"].isdecimal() else 0)
        number = quality.accept_findings(
            batch=batch, rule=data.get("rule", ""), finding=finding, reason=data.get("reason", ""), by=self.person
        )
        self.done = ngettext("Accepted one finding.", "Accepted %(number)s findings.", number) % {"number": number}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().post(request, *args, **kwargs)
        report = Report.objects.filter(batch=kwargs["pk"]).first()
        return answer if report is None else redirect(report)
