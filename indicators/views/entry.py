"""Typing figures: choose the cells, fill them in, keep them as a draft or send them for approval."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.generic.base import View

from indicators import actions
from indicators.dashboards.words import period_words
from indicators.grid import MOST_CELLS, Cell, GridForm, Typed, approved, before, cells_of, in_words, pending
from indicators.permissions import authorities_of, can_enter_figures
from indicators.report_forms import ChooseCellsForm
from orgs import sent_forms
from orgs.mixins import PersonMixin, show_refusal


class EntryView(PersonMixin, View):
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
        return self.show(choose, cells, self.form_for(choose, cells, getattr(request, "kept_form", None)))

    def post(self, request: HttpRequest) -> HttpResponse:
        choose, cells = self.choose()
        if not cells:
            return render(request, "indicators/entry_choose.html", {"form": choose})
        form = self.form_for(choose, cells, request.POST)
        if form.is_valid():
            try:
                return redirect(sent_forms.act_once(request, lambda: self.save(choose, cells, form)))
            except ValidationError as refusal:
                show_refusal(form, refusal)
        return self.show(choose, cells, form)

    def save(self, choose: ChooseCellsForm, cells: list[Cell], form: GridForm) -> str:
        """Keeps the table or sends it; where to see it."""
        is_sent = "send" in self.request.POST
        batch = actions.save_entry(
            authority=choose.cleaned_data["authority"],
            cells=cells,
            answers=form.answers,
            choice=choice_of(choose),
            seen=self.request.POST.get("seen", ""),
            title=title_of(choose),
            send=is_sent,
            by=self.person,
        )
        done = _("Sent. The figures count once they are approved.") if is_sent else _("Kept as a draft.")
        messages.success(self.request, done)
        return batch.get_absolute_url()

    def choose(self) -> tuple[ChooseCellsForm, list[Cell]]:
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
            form.add_error(None, _("That is too large a table to type. Import it as a file."))
            cells = []
        return form, cells

    def form_for(self, choose: ChooseCellsForm, cells: list[Cell], data: Any = None) -> GridForm:
        draft = actions.draft_of(choose.cleaned_data["authority"], choice_of(choose))
        now, waiting = approved(cells), pending(cells)
        answers = {key: Typed.of(row) for key, row in now.items()}
        answers |= {
            key: Typed.of(row) for key, row in waiting.items() if draft is not None and row.batch_id == draft.pk
        }
        hints = before(cells)
        for key, row in now.items():
            current = _("Counts now: %(value)s") % {"value": in_words(Typed.of(row), row.indicator)}
            hints[key] = f"{current} · {hints[key]}" if key in hints else current
        return GridForm(data, cells=cells, answers=answers, hints=hints)

    def show(self, choose: ChooseCellsForm, cells: list[Cell], form: GridForm) -> HttpResponse:
        kept = getattr(self.request, "kept_form", None)
        context = {
            "form": form,
            "title": title_of(choose),
            "indicator": choose.cleaned_data["indicator"],
            "seen": kept.get("seen", "") if kept else actions.signature(cells),
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
