from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import CreateView, DetailView, FormView, ListView, UpdateView

from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin, page_of
from partnerships.models import CoordinationTable, Meeting, Seat
from partnerships.permissions import can_edit_table, can_log_partnerships
from partnerships.tables.actions import found_table, give_seat, hold_meeting, revise_meeting
from partnerships.tables.composition import MIGRANT_MARKS, composition_of
from partnerships.tables.forms import MeetingForm, NewMeetingForm, SeatForm, TableForm


@method_decorator(login_not_required, name="dispatch")
class TableListView(VisibleObjectMixin, PagedMixin, ListView):
    model = CoordinationTable
    template_name = "partnerships/table_list.html"

    def get_queryset(self) -> QuerySet[CoordinationTable]:
        of_migrants = Q(seats__organisation__marks__overlap=MIGRANT_MARKS)
        return (
            super()
            .get_queryset()
            .select_related("territory", "convenor", "parent")
            .annotate(
                seat_count=Count("seats", distinct=True),
                migrant_count=Count("seats", distinct=True, filter=of_migrants),
            )
            .order_by("name", "pk")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_found=can_log_partnerships(self.request.user), **kwargs)


@method_decorator(login_not_required, name="dispatch")
class TableDetailView(VisibleObjectMixin, DetailView):
    model = CoordinationTable
    template_name = "partnerships/table_detail.html"
    context_object_name = "table"

    def get_queryset(self) -> QuerySet[CoordinationTable]:
        return super().get_queryset().select_related("territory", "convenor", "parent")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        seats = list(self.object.seats.select_related("organisation__territory"))
        return super().get_context_data(
            seats=seats,
            composition=composition_of(seats),
            page_obj=page_of(self.request, self.object.meetings.all()),
            children=self.object.children.all(),
            today=timezone.localdate(),
            may_edit=can_edit_table(self.request.user, self.object),
            **kwargs,
        )


class TableCreateView(ActionMixin, VisibleObjectMixin, CreateView):
    model = CoordinationTable
    form_class = TableForm
    template_name = "partnerships/table_form.html"
    has_page_permission = staticmethod(can_log_partnerships)
    object: CoordinationTable

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.person}

    def perform(self, form: TableForm) -> CoordinationTable:
        return found_table(by=self.person, **form.cleaned_data)

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()


class WithinTableMixin(ActionMixin, VisibleObjectMixin):
    """For forms of a table that its convenor fills in."""

    table: CoordinationTable

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visible = CoordinationTable.objects.visible_to(request.user).select_related("convenor")
        self.table = get_object_or_404(visible, slug=kwargs["slug"])
        if not can_edit_table(request.user, self.table):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(table=self.table, title=self.get_title(), **kwargs)  # type: ignore[misc]

    def get_title(self) -> str:
        raise NotImplementedError

    def get_success_url(self) -> str:
        return self.table.get_absolute_url()


class SeatCreateView(WithinTableMixin, FormView):
    form_class = SeatForm
    template_name = "partnerships/table_part_form.html"

    def get_title(self) -> str:
        return _("Give a seat")

    def perform(self, form: SeatForm) -> Seat:
        seat = give_seat(table=self.table, by=self.person, **form.cleaned_data)
        messages.success(self.request, _("%(name)s has a seat.") % {"name": seat.organisation})
        return seat


class MeetingCreateView(WithinTableMixin, FormView):
    form_class = NewMeetingForm
    template_name = "partnerships/table_part_form.html"

    def get_title(self) -> str:
        return _("Add a meeting")

    def perform(self, form: NewMeetingForm) -> Meeting:
        return hold_meeting(table=self.table, by=self.person, **form.cleaned_data)


class MeetingUpdateView(WithinTableMixin, UpdateView):
    """Opens with what is there, and notices when somebody else changed it meanwhile."""

    form_class = MeetingForm
    template_name = "partnerships/table_part_form.html"

    def get_queryset(self) -> QuerySet[Meeting]:
        return self.table.meetings.all()

    def get_object(self, queryset: QuerySet[Any] | None = None) -> Meeting:
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return _("Change the meeting")

    def perform(self, form: MeetingForm) -> Meeting:
        return revise_meeting(meeting=form.instance, by=self.person)
