"""The standard list of groups, for administrators."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, Model, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, FormView, ListView, UpdateView
from django.views.generic.detail import SingleObjectMixin
from django_filters.views import FilterView

from indicators.dimensions import actions as dimensions
from indicators.dimensions.filters import CategoryFilter
from indicators.dimensions.forms import CategoryForm, DimensionForm, IdentityForm, Role
from indicators.models import Breakdown, Category, Dimension, Identity
from orgs.forms import PortalForm
from orgs.forms.words import languages_without
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.permissions import is_administrator


class DimensionListView(VisibleObjectMixin, PagedMixin, ListView):
    has_page_permission = staticmethod(is_administrator)
    template_name = "indicators/dimension_list.html"

    def get_queryset(self) -> QuerySet[Dimension]:
        return Dimension.objects.annotate(categories_count=Count("categories")).order_by("order", "code")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = [{"dimension": one, "without": languages_without(one, "name")} for one in context["page_obj"]]
        return {**context, "rows": rows}


class GroupPageMixin(ActionMixin, VisibleObjectMixin):
    """A form of administrators that leads back to the list that it came from."""

    has_page_permission = staticmethod(is_administrator)
    model: type[Model]
    back = "indicators:dimension_list"
    done = gettext_lazy("Saved.")

    def get_queryset(self) -> QuerySet[Any]:
        return self.model._default_manager.all()

    def back_to(self) -> list[Any]:
        return []

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return reverse(self.back, args=self.back_to())


class DeletePageMixin(GroupPageMixin, SingleObjectMixin, FormView):
    """Asks before, and says what still refers to it."""

    form_class = PortalForm
    object: Any

    def uses(self) -> list[tuple[str, int]]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object = self.get_object()
        uses = [f"{capfirst(what)}: {count}" for what, count in self.uses()]
        return super().get_context_data(uses=uses, **kwargs)


class DimensionFormMixin(GroupPageMixin):
    model = Dimension

    def perform(self, form: DimensionForm) -> Dimension:
        return dimensions.save_dimension(dimension=form.instance, agrees=form.agrees, by=self.person)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stored = Dimension.objects.filter(pk=self.kwargs.get("pk")).first()  # As it is, whatever was typed.
        return super().get_context_data(stored=stored, **kwargs)  # type: ignore[misc]


class DimensionCreateView(DimensionFormMixin, CreateView):
    form_class = DimensionForm
    template_name = "indicators/dimension_form.html"
    done = gettext_lazy("The dimension has been added.")


class DimensionUpdateView(DimensionFormMixin, UpdateView):
    form_class = DimensionForm
    template_name = "indicators/dimension_form.html"


class DimensionDeleteView(DeletePageMixin):
    model = Dimension
    template_name = "indicators/dimension_delete.html"
    context_object_name = "dimension"
    done = gettext_lazy("The dimension has been deleted.")

    def uses(self) -> list[tuple[str, int]]:
        return dimensions.uses_of_dimension(self.object)

    def perform(self, form: PortalForm) -> None:
        dimensions.delete_dimension(dimension=self.get_object(), by=self.person)  # type: ignore[arg-type]


class CategoryListView(VisibleObjectMixin, PagedMixin, FilterView):
    """Those of one dimension."""

    has_page_permission = staticmethod(is_administrator)
    filterset_class = CategoryFilter
    template_name = "indicators/category_list.html"
    paginate_by = 50
    strict = True

    def get_queryset(self) -> QuerySet[Category]:
        used = Breakdown.categories.through.objects.filter(category=OuterRef("pk"))
        found = Category.objects.filter(dimension=self.kwargs["pk"]).select_related("parent")
        return found.annotate(is_used=Exists(used)).order_by("order", "code")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        dimension = get_object_or_404(Dimension, pk=self.kwargs["pk"])
        context = super().get_context_data(dimension=dimension, **kwargs)
        rows = [
            {"category": one, "role": Role.of(one).label, "without": languages_without(one, "name")}
            for one in context["page_obj"]
        ]
        return {**context, "rows": rows}


class CategoryFormMixin(GroupPageMixin):
    model = Category
    back = "indicators:category_list"

    def back_to(self) -> list[Any]:
        return [self.dimension().pk]

    def dimension(self) -> Dimension:
        raise NotImplementedError

    def perform(self, form: CategoryForm) -> Category:
        return dimensions.save_category(category=form.instance, agrees=form.agrees, by=self.person)


class CategoryCreateView(CategoryFormMixin, CreateView):
    form_class = CategoryForm
    template_name = "indicators/category_form.html"
    done = gettext_lazy("The category has been added.")

    def dimension(self) -> Dimension:
        return get_object_or_404(Dimension, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Category(dimension=self.dimension())}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(dimension=self.dimension(), **kwargs)


class CategoryUpdateView(CategoryFormMixin, UpdateView):
    form_class = CategoryForm
    template_name = "indicators/category_form.html"

    def dimension(self) -> Dimension:
        dimension: Dimension = self.object.dimension
        return dimension

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stored = Category.objects.select_related("dimension").filter(pk=self.kwargs["pk"]).first() or self.object
        identities = stored.identities.select_related("own_country_in").prefetch_related("parts__dimension")
        return super().get_context_data(
            dimension=stored.dimension, stored=stored, identities=identities.order_by("pk"), **kwargs
        )


class CategoryDeleteView(DeletePageMixin):
    model = Category
    template_name = "indicators/category_delete.html"
    context_object_name = "category"
    back = "indicators:category_list"
    done = gettext_lazy("The category has been deleted.")

    def get_queryset(self) -> QuerySet[Category]:
        return Category.objects.select_related("dimension")

    def uses(self) -> list[tuple[str, int]]:
        return dimensions.uses_of_category(self.object)

    def perform(self, form: PortalForm) -> Category:
        category: Category = self.get_object()  # type: ignore[assignment]
        dimensions.delete_category(category=category, by=self.person)
        return category

    def back_to(self) -> list[Any]:
        return [self.object.dimension_id]


class IdentityCreateView(GroupPageMixin, CreateView):
    """Says of a category that its people are those of others."""

    model = Identity
    form_class = IdentityForm
    template_name = "indicators/identity_form.html"
    back = "indicators:category_edit"

    def whole(self) -> Category:
        return get_object_or_404(Category.objects.select_related("dimension"), pk=self.kwargs["pk"])

    def back_to(self) -> list[Any]:
        return [self.kwargs["pk"]]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Identity(whole=self.whole())}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(category=self.whole(), **kwargs)

    def perform(self, form: IdentityForm) -> Identity:
        parts = form.cleaned_data["made_of"]
        return dimensions.add_identity(identity=form.instance, parts=parts, by=self.person)


class IdentityDeleteView(DeletePageMixin):
    model = Identity
    template_name = "indicators/identity_delete.html"
    context_object_name = "identity"
    back = "indicators:category_edit"

    def get_queryset(self) -> QuerySet[Identity]:
        return Identity.objects.select_related("whole__dimension")

    def perform(self, form: PortalForm) -> Identity:
        identity: Identity = self.get_object()  # type: ignore[assignment]
        dimensions.delete_identity(identity=identity, by=self.person)
        return identity

    def back_to(self) -> list[Any]:
        return [self.object.whole_id]
