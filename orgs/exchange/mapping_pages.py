"""The pages on which kept mappings are listed, renamed and deleted: of files of organisations here, and of figures in the app above."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, ListView
from django.views.generic.detail import SingleObjectMixin

from orgs.forms import PortalForm
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.permissions import Person


class MappingRenameForm(PortalForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("As it is offered for the next file. Earlier imports keep the name that it had then."),
        error_messages={"required": gettext_lazy("Give the mapping a name.")},
    )


class MappingPagesMixin(VisibleObjectMixin):
    """Whose mappings, and where their pages are: the names of the addresses are `pages` with "_list", "_edit" and "_delete"."""

    model: Any
    pages: ClassVar[str]
    imports: ClassVar[str]
    """Names the address of the imports of such files."""
    may_delete: "ClassVar[staticmethod[[Person], bool]]"

    def get_queryset(self) -> QuerySet[Any]:
        """Everybody's who may import."""
        return self.model._default_manager.all()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(  # type: ignore[misc]
            list_url=reverse(f"{self.pages}_list"),
            imports_url=reverse(self.imports),
            edit=f"{self.pages}_edit",
            delete=f"{self.pages}_delete",
            may_delete=self.may_delete(self.request.user),
            **kwargs,
        )


class MappingListMixin(MappingPagesMixin, PagedMixin, ListView):
    template_name = "orgs/mapping_list.html"
    context_object_name = "mappings"


class MappingDecisionMixin(MappingPagesMixin, ActionMixin, SingleObjectMixin, FormView):
    """What somebody does with one of them, and back to the list."""

    context_object_name = "mapping"
    done: ClassVar[Any]
    object: Any

    @property
    def mapping(self) -> Any:
        """The one that the address names."""
        return self.get_object()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object = self.mapping
        return super().get_context_data(**kwargs)

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return reverse(f"{self.pages}_list")


class MappingRenameMixin(MappingDecisionMixin):
    form_class = MappingRenameForm
    template_name = "orgs/mapping_form.html"
    done = gettext_lazy("Saved.")

    def get_initial(self) -> dict[str, Any]:
        return {"name": str(self.mapping)}


class MappingDeleteMixin(MappingDecisionMixin):
    form_class = PortalForm
    template_name = "orgs/mapping_delete.html"
    done = gettext_lazy("The mapping has been deleted.")
