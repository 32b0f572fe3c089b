"""The sources of figures, for administrators."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, FormView, UpdateView
from django.views.generic.detail import SingleObjectMixin
from django_filters.views import FilterView

from indicators.models import SavedMapping, Source
from indicators.sources import actions as sources
from indicators.sources.filters import SourceFilter
from indicators.sources.forms import SourceForm
from orgs.forms import PortalForm
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.permissions import is_administrator


class SourceListView(VisibleObjectMixin, PagedMixin, FilterView):
    """With how many imports each has."""

    has_page_permission = staticmethod(is_administrator)
    filterset_class = SourceFilter
    template_name = "indicators/source_list.html"
    strict = True

    def get_queryset(self) -> QuerySet[Source]:
        return Source.objects.annotate(imports_count=Count("imports", distinct=True)).order_by("name", "pk")


class SourcePageMixin(ActionMixin, VisibleObjectMixin):
    """A form about a source that leads back to their list."""

    has_page_permission = staticmethod(is_administrator)
    done = gettext_lazy("Saved.")

    def get_queryset(self) -> QuerySet[Source]:
        return Source.objects.all()

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return reverse("indicators:source_list")


class SourceFormMixin(SourcePageMixin):
    def perform(self, form: SourceForm) -> Source:
        return sources.save_source(source=form.instance, by=self.person)


class SourceCreateView(SourceFormMixin, CreateView):
    form_class = SourceForm
    template_name = "indicators/source_form.html"
    done = gettext_lazy("The source has been added.")


class SourceUpdateView(SourceFormMixin, UpdateView):
    form_class = SourceForm
    template_name = "indicators/source_form.html"
    context_object_name = "source"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # As it is stored, whatever was typed.
        source: Source = self.get_queryset().filter(pk=self.object.pk).first() or self.object
        mappings = SavedMapping.objects.filter(definition__source__name=source.name)
        imports = source.imports.order_by("-pk")[:10]
        return super().get_context_data(
            stored=source, mappings=mappings, imports=imports, imports_count=source.imports.count(), **kwargs
        )


class SourceDeleteView(SourcePageMixin, SingleObjectMixin, FormView):
    """Asks before, and says what still refers to it."""

    form_class = PortalForm
    template_name = "indicators/source_delete.html"
    context_object_name = "source"
    done = gettext_lazy("The source has been deleted.")
    object: Source

    def perform(self, form: PortalForm) -> None:
        sources.delete_source(source=self.get_object(), by=self.person)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object = self.get_object()  # type: ignore[assignment]
        return super().get_context_data(
            is_used=sources.is_used(self.object), imports_count=self.object.imports.count(), **kwargs
        )
