"""The engagement scales, for administrators: which one is used, what it asks for, and the next version of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import CreateView, FormView, ListView, TemplateView, UpdateView

from orgs.forms import PortalForm
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.permissions import is_administrator
from partnerships.engagement.soundness import faults_of
from partnerships.engagement.wording import describe
from partnerships.models import Assessment, Criterion, Level, Scale
from partnerships.scales import actions as scales
from partnerships.scales.forms import CriterionForm, LevelForm, ScaleForm, VersionForm


class ScaleListView(VisibleObjectMixin, PagedMixin, ListView):
    """The one that is used first."""

    has_page_permission = staticmethod(is_administrator)
    template_name = "partnerships/scale_list.html"

    def get_queryset(self) -> QuerySet[Scale]:
        levels = Prefetch("levels", Level.objects.order_by("order"))
        counted = Scale.objects.annotate(number_of_assessments=Count("assessments"))
        return counted.prefetch_related(levels).order_by("-is_current", "-pk")


class WithinScaleMixin(VisibleObjectMixin):
    """A page about one scale, named by its code."""

    has_page_permission = staticmethod(is_administrator)
    scale: Scale
    is_used: bool

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if is_administrator(request.user):
            self.scale = get_object_or_404(Scale, code=kwargs["scale"])
            self.is_used = scales.is_used(self.scale)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {**kwargs, "scale": self.scale, "is_used": self.is_used}  # In place of the code in the address.
        return super().get_context_data(**shown)  # type: ignore[misc]

    def get_success_url(self) -> str:
        messages.success(self.request, _("Saved."))
        return reverse("partnerships:scale_detail", args=[self.scale.code])


class ScaleDetailView(WithinScaleMixin, TemplateView):
    template_name = "partnerships/scale_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        levels = [
            {"level": level, "criteria": [describe(criterion) for criterion in level.criteria.all()]}
            for level in self.scale.levels.order_by("order").prefetch_related("criteria")
        ]
        return super().get_context_data(
            levels=levels,
            faults=faults_of(self.scale),
            number_of_assessments=Assessment.objects.filter(scale=self.scale).count(),
            **kwargs,
        )


class ScaleWordsView(ActionMixin, WithinScaleMixin, UpdateView):
    """What the scale, or a part of it, is called."""

    template_name = "partnerships/scale_form.html"
    context_object_name = "row"

    def get_object(self, queryset: Any = None) -> Scale | Level | Criterion:
        return self.scale

    def perform(self, form: Any) -> Any:
        return scales.save_words(row=form.instance, by=self.person)


class ScaleUpdateView(ScaleWordsView):
    form_class = ScaleForm


class LevelUpdateView(ScaleWordsView):
    form_class = LevelForm

    def get_object(self, queryset: Any = None) -> Level:
        return get_object_or_404(Level.objects.select_related("scale"), scale=self.scale, code=self.kwargs["level"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "decides": not self.is_used}

    def perform(self, form: LevelForm) -> Any:
        if form.decides:
            return scales.save_level(level=form.instance, above=form.cleaned_data["above"], by=self.person)
        return scales.save_words(row=form.instance, by=self.person)


class CriterionUpdateView(ScaleWordsView):
    form_class = CriterionForm

    def get_object(self, queryset: Any = None) -> Criterion:
        criteria = Criterion.objects.select_related("level__scale")
        return get_object_or_404(criteria, level__scale=self.scale, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "decides": not self.is_used}

    def perform(self, form: CriterionForm) -> Any:
        if form.decides:
            return scales.save_criterion(criterion=form.instance, by=self.person)
        return scales.save_words(row=form.instance, by=self.person)


class UnusedScaleMixin(WithinScaleMixin):
    """What would change how levels are decided: of a scale that is used there is no such page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_administrator(request.user) and self.is_used:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class LevelCreateView(ActionMixin, UnusedScaleMixin, CreateView):
    form_class = LevelForm
    template_name = "partnerships/level_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Level(scale=self.scale), "decides": True}

    def perform(self, form: LevelForm) -> Level:
        return scales.save_level(level=form.instance, above=form.cleaned_data["above"], by=self.person)


class CriterionCreateView(ActionMixin, UnusedScaleMixin, CreateView):
    form_class = CriterionForm
    template_name = "partnerships/scale_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        level: Level = get_object_or_404(Level, scale=self.scale, code=self.kwargs["level"])
        return {**super().get_form_kwargs(), "instance": Criterion(level=level), "decides": True}

    def perform(self, form: CriterionForm) -> Criterion:
        return scales.save_criterion(criterion=form.instance, by=self.person)


class ScaleCopyView(ActionMixin, WithinScaleMixin, CreateView):
    form_class = VersionForm
    template_name = "partnerships/scale_copy.html"
    object: Scale

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "original": self.scale}

    def perform(self, form: VersionForm) -> Scale:
        return scales.begin_version(scale=self.scale, names=form.names(), by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The new version is a draft. Change it, and then put it to use."))
        return reverse("partnerships:scale_detail", args=[self.object.code])


class ScaleStepView(ActionMixin, WithinScaleMixin, FormView):
    """Asks before, with what follows."""

    form_class = PortalForm
    template_name = "partnerships/scale_step.html"
    title: str | Promise
    """With %(name)s in it."""
    label: str | Promise
    done: str | Promise
    tone = "danger"

    def named(self) -> str:
        return self.scale.name

    def consequences(self) -> list[str]:
        raise NotImplementedError

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return reverse("partnerships:scale_detail", args=[self.scale.code])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=str(self.title) % {"name": self.named()},
            label=self.label,
            tone=self.tone,
            consequences=self.consequences(),
            **kwargs,
        )


class ScaleUseView(ScaleStepView):
    title = gettext_lazy("Use “%(name)s” for new assessments?")
    label = gettext_lazy("Use this scale")
    done = gettext_lazy("New assessments use it. Those that were begun keep theirs.")
    tone = "primary"

    def perform(self, form: PortalForm) -> Scale:
        return scales.put_to_use(scale=self.scale, by=self.person)

    def consequences(self) -> list[str]:
        found = [_("Every assessment that is begun from now on is made under it.")]
        for scale in Scale.objects.filter(is_current=True):
            number = Assessment.objects.filter(scale=scale).count()
            said = ngettext(
                "“%(name)s” is no longer used. %(count)d assessment was made under it and keeps it.",
                "“%(name)s” is no longer used. %(count)d assessments were made under it and keep it.",
                number,
            )
            found.append(said % {"name": scale.name, "count": number})
        return [
            *found,
            _("What partnerships promised stays, as the level of the same code."),
            _("From its first assessment on, only its words can be changed."),
        ]


class ScaleDeleteView(ScaleStepView):
    title = gettext_lazy("Delete “%(name)s”?")
    label = gettext_lazy("Delete the scale")
    done = gettext_lazy("The scale has been deleted.")

    def perform(self, form: PortalForm) -> None:
        scales.discard_scale(scale=self.scale, by=self.person)

    def consequences(self) -> list[str]:
        return [_("Its levels and criteria go with it. Only a scale to which nothing refers can be deleted.")]

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return reverse("partnerships:scale_list")


class LevelDeleteView(ScaleStepView, UnusedScaleMixin):
    title = gettext_lazy("Delete the level “%(name)s”?")
    label = gettext_lazy("Delete the level")
    done = gettext_lazy("The level has been deleted.")

    def level(self) -> Level:
        return get_object_or_404(Level.objects.select_related("scale"), scale=self.scale, code=self.kwargs["level"])

    def named(self) -> str:
        return self.level().name

    def perform(self, form: PortalForm) -> None:
        scales.delete_level(level=self.level(), by=self.person)

    def consequences(self) -> list[str]:
        return [_("Its criteria go with it.")]


class CriterionDeleteView(ScaleStepView, UnusedScaleMixin):
    title = gettext_lazy("Delete the criterion “%(name)s”?")
    label = gettext_lazy("Delete the criterion")
    done = gettext_lazy("The criterion has been deleted.")

    def criterion(self) -> Criterion:
        criteria = Criterion.objects.select_related("level__scale")
        return get_object_or_404(criteria, level__scale=self.scale, pk=self.kwargs["pk"])

    def named(self) -> str:
        return str(self.criterion())

    def perform(self, form: PortalForm) -> None:
        scales.delete_criterion(criterion=self.criterion(), by=self.person)

    def consequences(self) -> list[str]:
        level = self.criterion().level.name
        return [_("“%(level)s” no longer asks for it.") % {"level": level}]
