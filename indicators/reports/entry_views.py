"""Typing figures: choose the cells, fill them in, keep them as a draft or send them for approval."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic.base import View

from indicators.catalogue.formatting import period_words
from indicators.confidential import actions as confidential
from indicators.models import ImportBatch
from indicators.permissions import authorities_of, can_enter_figures
from indicators.reports import entry
from indicators.reports.cell_form import GridForm
from indicators.reports.cells import (
    MOST_CELLS,
    ReportCell,
    Typed,
    approved,
    before,
    cells_of,
    in_words,
    pending,
    released,
)
from indicators.reports.forms import ChooseCellsForm
from orgs.forms import sent
from orgs.mixins import AuthenticatedUserMixin, show_refusal


class EntryView(AuthenticatedUserMixin, View):
    """Without an address's choice, the form that makes one; with it, the table."""

    shows_kept_form = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not can_enter_figures(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def get(self, request: HttpRequest) -> HttpResponse:
        choose, cells = self.choose()
        if not cells:
            return render(request, "indicators/entry_choose.html", {"form": choose})
        return self.ask_first(choose) or self.show(
            choose, cells, self.form_for(choose, cells, getattr(self.request, "kept_form", None))
        )

    def ask_first(self, choose: ChooseCellsForm) -> HttpResponse | None:
        """A draft that somebody else began holds their figures: it takes a reason to go on with it."""
        draft = self.draft_of(choose)
        if draft is None or confidential.may_read_file_of(batch=draft, by=self.person):
            return None
        messages.info(
            self.request, _("Somebody else has begun to enter these figures. Give a reason to see what they wrote.")
        )
        here = urlencode({"next": self.request.get_full_path()})
        return redirect(f"{reverse('indicators:batch_access', args=[draft.pk])}?{here}")

    @staticmethod
    def draft_of(choose: ChooseCellsForm) -> ImportBatch | None:
        return entry.draft_of(choose.cleaned_data["authority"], choice_of(choose))

    def post(self, request: HttpRequest) -> HttpResponse:
        choose, cells = self.choose()
        if not cells:
            return render(request, "indicators/entry_choose.html", {"form": choose})
        gate = self.ask_first(choose)
        if gate is not None:
            return gate
        form = self.form_for(choose, cells, request.POST)
        if form.is_valid():
            try:
                return redirect(sent.act_once(request, lambda: self.save(choose, cells, form)))
            except ValidationError as refusal:
                show_refusal(form, refusal)
        return self.show(choose, cells, form)

    def save(self, choose: ChooseCellsForm, cells: list[ReportCell], form: GridForm) -> str:
        """Keeps the table or sends it; where to see it."""
        is_sent = "send" in self.request.POST
        batch = entry.save_entry(
            authority=choose.cleaned_data["authority"],
            cells=cells,
            answers=form.answers,
            choice=choice_of(choose),
            seen=self.request.POST.get("seen", ""),
            title=title_of(choose),
            send=is_sent,
            by=self.person,
        )
        done = _("Sent. The figures will count once they are approved.") if is_sent else _("Kept as a draft.")
        messages.success(self.request, done)
        return batch.get_absolute_url()

    def choose(self) -> tuple[ChooseCellsForm, list[ReportCell]]:
        """What the address chooses; no cells where it chooses nothing that can be."""
        authorities = authorities_of(self.request.user)
        data = self.request.GET if "indicator" in self.request.GET else None
        initial = {"territory": authorities[0].territory} if authorities else {}
        form = ChooseCellsForm(data, authorities=authorities, initial=initial)
        if data is None or not form.is_valid():
            return form, []
        chosen = form.cleaned_data
        cells = cells_of(
            indicators=[chosen["indicator"]],
            periods=[chosen["period"]],
            territory=chosen["territory"],
            with_parts=chosen["with_parts"],
            dimension=chosen["dimension"],
        )
        if not cells:
            form.add_error("period", _("The place did not exist in this period."))
        elif len(cells) > MOST_CELLS:
            form.add_error(None, _("This table is too large to fill in here. Import it as a file."))
            cells = []
        return form, cells

    def form_for(self, choose: ChooseCellsForm, cells: list[ReportCell], data: Any = None) -> GridForm:
        """With what one typed oneself; what counts already, to those who gave a reason, and else what is released of it."""
        draft = self.draft_of(choose)
        access = confidential.use_confidential_access(
            territory=choose.cleaned_data["territory"],
            indicator=choose.cleaned_data["indicator"],
            period=choose.cleaned_data["period"],
            by=self.person,
        )
        now = approved(cells) if access else {}
        answers = {key: Typed.of(row) for key, row in now.items()}
        answers |= {
            key: Typed.of(row) for key, row in pending(cells).items() if draft is not None and row.batch_id == draft.pk
        }
        hints = before(cells, are_confidential=access is not None)
        known = {key: in_words(Typed.of(row), row.indicator) for key, row in now.items()} or released(cells)
        for key, value in known.items():
            words = _("Counts now: %(value)s") if access else _("Published: %(value)s")
            hints[key] = " · ".join(filter(None, [words % {"value": value}, hints.get(key, "")]))
        return GridForm(data, cells=cells, answers=answers, hints=hints)

    def show(self, choose: ChooseCellsForm, cells: list[ReportCell], form: GridForm) -> HttpResponse:
        kept = getattr(self.request, "kept_form", None)
        context = {
            "form": form,
            "title": title_of(choose),
            "indicator": choose.cleaned_data["indicator"],
            "seen": kept.get("seen", "") if kept else entry.signature(cells),
            "territory": choose.cleaned_data["territory"],
            "here": self.request.get_full_path(),
            "is_confidential": confidential.use_confidential_access(
                territory=choose.cleaned_data["territory"], indicator=choose.cleaned_data["indicator"], by=self.person
            )
            is not None,
        }
        return render(self.request, "indicators/entry_table.html", context)


def choice_of(choose: ChooseCellsForm) -> dict[str, Any]:
    """The cells of a table, by which its draft is found again."""
    chosen = choose.cleaned_data
    return {
        "indicator": chosen["indicator"].code,
        "territory": chosen["territory"].pk,
        "period": chosen["period"].code,
        "with_parts": chosen["with_parts"],
        "dimension": chosen["dimension"].code if chosen["dimension"] else "",
        "address": choose.data.urlencode(),  # type: ignore[attr-defined]
    }


def title_of(choose: ChooseCellsForm) -> str:
    chosen = choose.cleaned_data
    return f"{chosen['indicator'].code} · {chosen['territory'].local_name} · {period_words(chosen['period'])}"
