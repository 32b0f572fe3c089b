"""Geographic classifications and their places, for administrators."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, DateTimeField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import CreateView, DetailView, FormView, ListView, UpdateView
from django_filters.views import FilterView

from orgs.folding import as_shown
from orgs.languages import name_for_reader
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin, page_of
from orgs.models import Territory, TerritoryImport, TerritoryScheme, User
from orgs.permissions import is_administrator
from orgs.territories import actions
from orgs.territories.actions import PlaceChange
from orgs.territories.deletion import delete_place
from orgs.territories.filters import PlaceFilter
from orgs.territories.forms import (
    CorrectForm,
    DeleteForm,
    EndForm,
    MergeForm,
    MoveForm,
    OutlineForm,
    PassCodeForm,
    PlaceForm,
    RenameForm,
    SchemeForm,
    SharesForm,
    SplitForm,
)
from orgs.territories.outlines import points_of
from orgs.territories.previews import PreviewMixin
from orgs.territories.ties import organisations_tied_to

SHOWN_UNDECIDED = 50
PlaceEvent = Territory.pgh_event_models["update"]  # type: ignore[attr-defined]


class SchemeListView(VisibleObjectMixin, PagedMixin, ListView):
    """The geographic classifications, with what is in them."""

    has_page_permission = staticmethod(is_administrator)
    model = TerritoryScheme
    template_name = "orgs/scheme_list.html"
    context_object_name = "schemes"

    def get_queryset(self) -> QuerySet[TerritoryScheme]:
        imported = TerritoryImport.objects.filter(scheme=OuterRef("pk")).values("scheme")
        changed = PlaceEvent.objects.filter(scheme=OuterRef("pk")).values("scheme")
        places = Territory.objects.filter(scheme=OuterRef("pk")).order_by().values("scheme")
        return TerritoryScheme.objects.annotate(
            places=Subquery(places.annotate(count=Count("pk")).values("count")),
            levels=Subquery(places.annotate(count=Count("kind", distinct=True)).values("count")),
            last_change=Greatest(
                Subquery(imported.annotate(last=Max("stored_at")).values("last"), output_field=DateTimeField()),
                Subquery(changed.annotate(last=Max("pgh_created_at")).values("last"), output_field=DateTimeField()),
            ),
        ).order_by(as_shown("name"), "pk")


class SchemeCreateView(ActionMixin, VisibleObjectMixin, CreateView):
    has_page_permission = staticmethod(is_administrator)
    model = TerritoryScheme
    form_class = SchemeForm
    template_name = "orgs/scheme_form.html"
    object: TerritoryScheme

    def perform(self, form: SchemeForm) -> TerritoryScheme:
        return actions.save_scheme(scheme=form.instance, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The classification has been added. Now import its places."))
        return reverse("orgs:territory_import_add", args=[self.object.code])


class SchemeUpdateView(ActionMixin, VisibleObjectMixin, UpdateView):
    has_page_permission = staticmethod(is_administrator)
    model = TerritoryScheme
    form_class = SchemeForm
    template_name = "orgs/scheme_form.html"
    slug_field, slug_url_kwarg = "code", "scheme"
    context_object_name = "scheme"
    object: TerritoryScheme

    def get_queryset(self) -> QuerySet[TerritoryScheme]:
        return TerritoryScheme.objects.all()

    def perform(self, form: SchemeForm) -> TerritoryScheme:
        return actions.save_scheme(scheme=form.instance, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Saved."))
        return reverse("orgs:place_list", args=[self.object.code])


class OfScheme(VisibleObjectMixin):
    """A page about a classification."""

    has_page_permission = staticmethod(is_administrator)
    scheme: TerritoryScheme

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.scheme = get_object_or_404(TerritoryScheme, code=kwargs["scheme"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(scheme=self.scheme, **kwargs)  # type: ignore[misc]


class PlaceListView(OfScheme, PagedMixin, FilterView):
    """The places of a classification, also those that are no more."""

    model = Territory
    template_name = "orgs/place_list.html"
    filterset_class = PlaceFilter
    context_object_name = "places"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[Territory]:
        return self.scheme.territories.select_related("parent").order_by("name_folded", "valid_from", "pk")


class PlaceCreateView(ActionMixin, OfScheme, FormView):
    form_class = PlaceForm
    template_name: str | None = "orgs/place_form.html"

    def perform(self, form: PlaceForm) -> Territory:
        given = form.cleaned_data
        return actions.add_place(
            scheme=self.scheme,
            name=given["name"],
            names=form.names,
            parent=given["parent"],
            **form.facts,
            by=self.person,
        )

    def get_success_url(self) -> str:
        return reverse("orgs:place_detail", args=[self.scheme.code, self.object.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("Add a place"), submit_label=_("Add the place"), **kwargs)


class PlaceDetailView(OfScheme, DetailView):
    """A place: what is valid when, what lies in it, what it was and what became of it, and what can be done."""

    model = Territory
    template_name = "orgs/place_detail.html"
    context_object_name = "place"

    def get_queryset(self) -> QuerySet[Territory]:
        return self.scheme.territories.select_related("scheme", "outline", "parent__parent__parent")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place: Territory = self.object
        outline = getattr(place, "outline", None)
        successions = place.successions.select_related("successor__scheme").order_by("successor__name_folded", "pk")
        return super().get_context_data(
            path=list(Territory.objects.above(place).exclude(pk=place.pk).select_related("scheme")),
            page_obj=page_of(self.request, place.parts.select_related("scheme")),
            origins=place.origins.select_related("predecessor__scheme").order_by("predecessor__name_folded", "pk"),
            successions=successions,
            undecided=organisations_tied_to([place.pk])[:SHOWN_UNDECIDED] if len(successions) > 1 else [],
            same_code=self.scheme.territories.filter(code=place.code).exclude(pk=place.pk).order_by("valid_from"),
            names=[(language, name_for_reader(language), name) for language, name in sorted(place.names.items())],
            points=points_text(points_of(outline.geometry)) if outline else _("none"),
            kind=capfirst(place.get_kind_display()),
            events=place_events(place),
            **kwargs,
        )


def points_text(number: int) -> str:
    return ngettext("%(count)s point", "%(count)s points", number) % {"count": number}


def place_events(place: Territory) -> list[dict[str, Any]]:
    """The last changes of where it lies and when, each with what it was made to be, and by whom."""
    events = list(
        PlaceEvent.objects.filter(pgh_obj=place)
        .select_related("pgh_context", "parent")
        .order_by("-pgh_created_at", "-pgh_id")[:20]
    )
    people = User.objects.in_bulk([event.pgh_context.metadata.get("user") for event in events if event.pgh_context])
    return [
        {
            "at": event.pgh_created_at,
            "who": people.get(event.pgh_context.metadata.get("user")) if event.pgh_context else None,
            "place": Territory(
                code=event.code,
                kind=event.kind,
                parent=event.parent,
                valid_from=event.valid_from,
                valid_to=event.valid_to,
            ),
        }
        for event in events
    ]


class OfPlace(OfScheme):
    """A change of a place."""

    place: Territory
    title: Any = ""
    submit_label: Any = gettext_lazy("See what follows")
    template_name: str | None = "orgs/place_form.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        places = self.scheme.territories.select_related("scheme", "parent", "outline")
        self.place = get_object_or_404(places, pk=kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "place": self.place}  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(place=self.place, title=self.title, submit_label=self.submit_label, **kwargs)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Done."))
        place: Territory = self.object.place  # type: ignore[attr-defined]
        return reverse("orgs:place_detail", args=[place.scheme.code, place.pk])


class PlaceRenameView(OfPlace, PreviewMixin, FormView):
    form_class = RenameForm
    title = gettext_lazy("Rename")

    def perform(self, form: RenameForm) -> PlaceChange:
        given = form.cleaned_data
        return actions.rename_place(
            place=self.place, name=given["name"], names=form.names, on=given["on"], by=self.person
        )


class PlaceMoveView(OfPlace, PreviewMixin, FormView):
    form_class = MoveForm
    title = gettext_lazy("Move to another place")

    def perform(self, form: MoveForm) -> PlaceChange:
        return actions.move_place(place=self.place, **form.cleaned_data, by=self.person)


class PlaceCorrectView(OfPlace, PreviewMixin, FormView):
    form_class = CorrectForm
    title = gettext_lazy("Correct code, kind and dates")

    def perform(self, form: CorrectForm) -> PlaceChange:
        return actions.correct_place(place=self.place, **form.facts, by=self.person)


class PlaceEndView(OfPlace, PreviewMixin, FormView):
    form_class = EndForm
    title = gettext_lazy("End this place")

    def perform(self, form: EndForm) -> PlaceChange:
        return actions.end_place(place=self.place, **form.cleaned_data, by=self.person)


class PlaceMergeView(OfPlace, PreviewMixin, FormView):
    form_class = MergeForm
    title = gettext_lazy("Merge with others")

    def perform(self, form: MergeForm) -> PlaceChange:
        given = {name: value for name, value in form.cleaned_data.items() if name != "others"}
        return actions.merge_places(places=[self.place, *form.cleaned_data["others"]], **given, by=self.person)


class PlaceSplitView(OfPlace, PreviewMixin, FormView):
    form_class = SplitForm
    title = gettext_lazy("Split into several")

    def perform(self, form: SplitForm) -> PlaceChange:
        return actions.split_place(place=self.place, on=form.cleaned_data["on"], pieces=form.pieces, by=self.person)


class PlacePassCodeView(OfPlace, PreviewMixin, FormView):
    form_class = PassCodeForm
    title = gettext_lazy("Let the code pass to another boundary")

    def perform(self, form: PassCodeForm) -> PlaceChange:
        given = form.cleaned_data
        share = None if given["share"] is None else given["share"] / 100
        return actions.pass_code(
            place=self.place, on=given["on"], name=given["name"], names=form.names, share=share, by=self.person
        )


class PlaceSharesView(OfPlace, ActionMixin, FormView):
    form_class = SharesForm
    title = gettext_lazy("Correct the shares")
    submit_label = gettext_lazy("Save")

    def perform(self, form: SharesForm) -> PlaceChange:
        return actions.correct_shares(place=self.place, shares=form.shares, by=self.person)


class PlaceDeleteView(OfPlace, PreviewMixin, FormView):
    """Nothing is asked, so that the page says at once what follows, or why it cannot be."""

    form_class = DeleteForm
    title = gettext_lazy("Delete what was entered by mistake")
    submit_label = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.form_valid(DeleteForm({}, place=self.place))

    def perform(self, form: DeleteForm) -> PlaceChange:
        return delete_place(place=self.place, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Done."))
        return reverse("orgs:place_list", args=[self.scheme.code])


class PlaceOutlineView(OfPlace, ActionMixin, FormView):
    form_class = OutlineForm
    title = gettext_lazy("Boundary")
    submit_label = gettext_lazy("Save")

    def perform(self, form: OutlineForm) -> PlaceChange:
        return actions.set_outline(place=self.place, geometry=form.cleaned_data.get("geometry"), by=self.person)
