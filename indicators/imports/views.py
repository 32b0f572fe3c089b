from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView
from django.views.generic.base import View
from django.views.generic.detail import SingleObjectMixin
from django_filters.views import FilterView

from indicators.confidential import actions as confidential
from indicators.imports import actions as imports
from indicators.imports import kept_file, sources
from indicators.imports.filters import ImportFilter
from indicators.imports.forms import ImportForm, MappingNameForm
from indicators.imports.messages import OF_A_STEP, message_text
from indicators.models import DirtyMark, ImportBatch, ImportMessage, Release, SavedMapping
from indicators.permissions import authorities_of, can_decide_import, can_import
from indicators.quality.messages import changes_of, groups_of
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import User
from orgs.uploads import LimitedUploadMixin


class ImportListView(VisibleObjectMixin, PagedMixin, FilterView):
    """What was brought in."""

    has_page_permission = staticmethod(can_import)
    model = ImportBatch
    template_name = "indicators/import_list.html"
    filterset_class = ImportFilter
    context_object_name = "imports"

    def get_queryset(self) -> QuerySet[ImportBatch]:
        found: QuerySet[ImportBatch] = super().get_queryset()
        return found.select_related("authority", "source", "created_by")


class ImportCreateView(LimitedUploadMixin, VisibleObjectMixin, ActionMixin, FormView):
    """Upload a file and see what is in it. The check stores no figure."""

    has_page_permission = staticmethod(can_import)
    template_name = "indicators/import_form.html"
    form_class = ImportForm
    object: ImportBatch

    def too_large(self) -> ValidationError:
        return ImportForm.too_large()

    def get_refused_url(self) -> str:
        return reverse("indicators:import_add")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "authorities": authorities_of(self.request.user),
            "for_platform": self.person.is_staff,
            "is_too_large": self.is_too_large,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(mappings=SavedMapping.objects.all(), **kwargs)

    def perform(self, form: ImportForm) -> ImportBatch:
        file, authority = form.cleaned_data["file"], form.cleaned_data["authority"]
        definition, name = form.cleaned_data["read"] or (None, "")
        try:
            return imports.ingest(
                file=file, mapping=definition, mapping_name=name, authority=authority, by=self.person, from_page=True
            )
        except ValidationError as refusal:
            if definition is not None:
                raise
            raise ValidationError({"file": refusal.messages}) from None

    def get_success_url(self) -> str:
        if self.object.state != ImportBatch.State.RECEIVED:
            return self.object.get_absolute_url()
        messages.info(self.request, _("No saved mapping was used for this file. Say what its columns mean."))
        return reverse("indicators:import_map", args=[self.object.pk])


class ImportDetailView(VisibleObjectMixin, DetailView):
    """What was found in a file, and the next step."""

    has_page_permission = staticmethod(can_import)
    model = ImportBatch
    template_name = "indicators/import_detail.html"
    context_object_name = "batch"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch: ImportBatch = self.object
        access = confidential.use_confidential_access_of(batch=batch, by=self.person)
        reads_file = access is not None or batch.created_by_id == self.person.pk
        found = list(batch.messages.all())
        return super().get_context_data(
            problems=[
                (message, message_text(message)) for message in found if reads_file and not is_of_a_step(message)
            ],
            step_refused=[message_text(message) for message in found if is_of_a_step(message)],
            access=access,
            reads_file=reads_file,
            open_findings=batch.findings.open().count(),
            marks=marks_of(self.object),
            released=release_with(self.object),
            may_decide=can_decide_import(self.request.user, self.object),
            by_oneself=self.object.created_by_id == self.request.user.pk,
            earlier=earlier_of(self.object, self.person),
            name_form=name_form_of(self.object),
            quality=groups_of(batch) if access else [],
            changes=changes_of(batch) if access else [],
            source_said=sources.source_in_file(batch) if batch.kind == ImportBatch.Kind.FILE else {},
            progress=kept_file.progress_in(batch) if batch.is_with_worker else None,
            **kwargs,
        )


def is_of_a_step(message: ImportMessage) -> bool:
    """Whether it says why a worker did not take a step, and nothing of the file."""
    return message.code in OF_A_STEP and message.batch.state != ImportBatch.State.REFUSED


def earlier_of(batch: ImportBatch, user: User) -> ImportBatch | None:
    """The import by which the same file came in by the same mapping, where it is one that the person may know of."""
    if batch.kind != ImportBatch.Kind.FILE or batch.state != ImportBatch.State.CHECKED:
        return None
    earlier = imports.same_file(batch.checksum, batch.mapping, but=batch)
    return earlier if earlier and ImportBatch.objects.visible_to(user).filter(pk=earlier.pk).exists() else None


def name_form_of(batch: ImportBatch) -> MappingNameForm | None:
    """The question for a name under which to keep the mapping: where it did well, and is not kept yet."""
    good = (ImportBatch.State.CHECKED, ImportBatch.State.STORED, ImportBatch.State.APPROVED)
    if batch.kind != ImportBatch.Kind.FILE or batch.state not in good:
        return None
    if SavedMapping.objects.filter(definition=batch.mapping).exists():
        return None
    return MappingNameForm(initial={"name": batch.mapping_name})


def marks_of(batch: ImportBatch) -> int:
    """How many places still wait for the rollup since the import was decided."""
    if batch.state not in (ImportBatch.State.APPROVED, ImportBatch.State.UNDONE):
        return 0
    return DirtyMark.objects.count()


def release_with(batch: ImportBatch) -> Release | None:
    """The current release where it was made after the decision."""
    current = Release.objects.current()
    if current is None or batch.decided_at is None or current.created_at < batch.decided_at:
        return None
    return current


class ImportProgressView(VisibleObjectMixin, DetailView):
    """The lines about the rollup, asked for again by the page until nothing waits any more."""

    has_page_permission = staticmethod(can_import)
    model = ImportBatch
    template_name = "indicators/_rollup_progress.html"
    context_object_name = "batch"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(marks=marks_of(self.object), released=release_with(self.object), **kwargs)


class ImportDecisionView(VisibleObjectMixin, SingleObjectMixin, View):
    """A step of an import, by POST only."""

    has_page_permission = staticmethod(can_import)
    has_object_permission = staticmethod(can_decide_import)
    model = ImportBatch
    http_method_names = ["post"]
    done = ""

    def decide(self, batch: ImportBatch) -> None:
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        batch = self.get_object()
        assert isinstance(batch, ImportBatch)
        try:
            self.decide(batch)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, self.done)
        return redirect(batch)


class ImportStoreView(ImportDecisionView):
    def decide(self, batch: ImportBatch) -> None:
        batch = imports.store_import(from_page=True, batch=batch, by=self.person)
        if batch.state == ImportBatch.State.STORING:
            self.done = _("The file is large and is being stored. The figures will count once they are approved.")
        else:
            self.done = _("Stored. The figures will count once they are approved.")


class ImportApproveView(ImportDecisionView):
    def decide(self, batch: ImportBatch) -> None:
        batch = imports.approve_import(batch=batch, by=self.person, from_page=True)
        if batch.state == ImportBatch.State.APPROVING:
            self.done = _("The file is large and is being approved.")
        else:
            self.done = _("Approved. The figures now count and will be public with the next release.")


class ImportUndoView(ImportDecisionView):
    def decide(self, batch: ImportBatch) -> None:
        batch = imports.undo_import(batch=batch, by=self.person, from_page=True)
        if batch.state == ImportBatch.State.UNDOING:
            self.done = _("The file is large and is being undone.")
        else:
            self.done = _("Undone. The figures that the import had replaced count again.")


# --- Files to download --------------------------------------------------------------------------------------------------
