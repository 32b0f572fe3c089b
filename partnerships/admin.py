"""For administrators: the scales, which they keep, and everything else of partnerships to look at.

What parties and reviewers do goes through actions; here nothing of it can be changed.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from orgs.admin import ReadOnlyAdmin, ReadOnlyInline, administrator
from partnerships.models import (
    Assessment,
    AssessmentDecision,
    Contribution,
    CoordinationTable,
    Criterion,
    Document,
    Level,
    Partnership,
    PartnershipParty,
    Practice,
    Scale,
    Seat,
)
from partnerships.scales import actions as scales


class LevelInline(admin.TabularInline):
    model = Level
    fields = ("order", "code", "name")
    extra = 0
    show_change_link = True


@admin.register(Scale)
class ScaleAdmin(TranslationAdmin):
    list_display = ("name", "code", "is_current")
    readonly_fields = ("is_current",)
    actions = ["use"]
    inlines = [LevelInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A scale stays for the assessments that were made under it."""
        return obj is not None and not Assessment.objects.filter(scale=obj).exists()

    @admin.action(description=_("Use this scale for new assessments"))
    def use(self, request: HttpRequest, queryset: QuerySet[Scale]) -> None:
        if queryset.count() != 1:
            self.message_user(request, _("Choose one scale."), messages.ERROR)
            return
        try:
            scales.put_to_use(scale=queryset.get(), by=administrator(request))
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        else:
            self.message_user(request, _("New assessments use it. Those that were begun keep theirs."))


class KeptWhenUsed(TranslationAdmin):
    """The words can be mended at any time; what decides a level is fixed once an assessment uses the scale."""

    deciding: tuple[str, ...] = ()

    def scale_of(self, obj: Any) -> Scale:
        raise NotImplementedError

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        is_used = obj is not None and Assessment.objects.filter(scale=self.scale_of(obj)).exists()
        return self.deciding if is_used else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and not Assessment.objects.filter(scale=self.scale_of(obj)).exists()


@admin.register(Level)
class LevelAdmin(KeptWhenUsed):
    list_display = ("name", "order", "code", "scale")
    list_filter = ("scale",)
    deciding = ("scale", "code", "order")

    def scale_of(self, obj: Level) -> Scale:
        return obj.scale


@admin.register(Criterion)
class CriterionAdmin(KeptWhenUsed):
    list_display = ("code", "name", "level")
    list_filter = ("level__scale",)
    list_select_related = ("level",)
    deciding = ("level", "code", "evidence_kinds", "rule")

    def scale_of(self, obj: Criterion) -> Scale:
        return obj.level.scale


@admin.register(Practice)
class PracticeAdmin(TranslationAdmin):
    list_display = ("name", "place", "level")
    search_fields = ("name", "summary", "place")
    filter_horizontal = ("domains",)


class PartyInline(ReadOnlyInline):
    model = PartnershipParty
    fields = ("organisation", "role", "answer", "answered_at", "note")


@admin.register(Partnership)
class PartnershipAdmin(ReadOnlyAdmin):
    list_display = ("reference", "title", "state", "territory", "starts_on")
    list_filter = ("state", "kind")
    search_fields = ("reference", "title")
    list_select_related = ("territory",)
    inlines = [PartyInline]


class DecisionInline(ReadOnlyInline):
    model = AssessmentDecision


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin):
    """What partners experienced is not here: it is hidden from administrators as well until the claim is in."""

    list_display = ("partnership", "state", "claimed", "confirmed", "confirmed_until")
    list_filter = ("state", "confirmed")
    list_select_related = ("partnership", "claimed", "confirmed")
    inlines = [DecisionInline]


@admin.register(Contribution)
class ContributionAdmin(ReadOnlyAdmin):
    list_display = ("description", "kind", "giver", "receiver", "amount", "currency", "given_on")
    list_filter = ("kind",)
    list_select_related = ("giver", "receiver")


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "partnership", "dated_on", "is_public")
    list_filter = ("kind", "is_public")
    list_select_related = ("partnership",)
    exclude = ("file",)  # Read through the portal, which asks who may.


class SeatInline(ReadOnlyInline):
    model = Seat


@admin.register(CoordinationTable)
class CoordinationTableAdmin(ReadOnlyAdmin):
    list_display = ("name", "territory", "convenor")
    list_select_related = ("territory", "convenor")
    inlines = [SeatInline]
