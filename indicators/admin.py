"""What the figures rest on and what the engines write, to be looked at: it is changed on the portal's own pages."""

from django.contrib import admin

from indicators.models import (
    Category,
    ConfidentialViewing,
    Dimension,
    Identity,
    ImportBatch,
    Indicator,
    QualityRule,
    Release,
    RollupRun,
    SavedMapping,
    Slice,
    Source,
)
from orgs.admin import ReadOnlyAdmin


@admin.register(Dimension)
class DimensionAdmin(ReadOnlyAdmin):
    """Administrators keep the standard list on the portal's own pages, which refuse what would make figures add up differently."""

    list_display = ["code", "name", "order", "is_sensitive"]


@admin.register(Category)
class CategoryAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "dimension", "parent", "is_part", "is_beside", "order"]
    list_select_related = ["dimension", "parent"]
    list_filter = ["dimension"]
    search_fields = ["code", "name"]


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    list_display = ["whole", "own_country_in"]


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    """Administrators keep it on the portal's own pages, which see to the mappings that name it."""

    list_display = ["name", "publisher", "licence", "is_sample"]
    search_fields = ["name", "publisher"]


@admin.register(SavedMapping)
class MappingAdmin(ReadOnlyAdmin):
    """Who imports renames it, and administrators delete it, on the portal's own pages."""

    list_display = ["name"]
    search_fields = ["name"]


@admin.register(QualityRule)
class QualityRuleAdmin(ReadOnlyAdmin):
    list_display = ["code", "is_active", "threshold", "minimum", "minimum_points"]


@admin.register(Indicator)
class IndicatorAdmin(ReadOnlyAdmin):
    """Stewards and administrators edit it on the portal's own pages, which keep its versions."""

    list_display = [
        "code",
        "name",
        "domain",
        "unit",
        "measure",
        "direction",
        "is_headline",
        "is_provisional",
        "retired_on",
    ]
    list_filter = ["domain", "measure", "direction", "is_headline", "is_provisional"]
    search_fields = ["code", "name"]


@admin.register(ImportBatch)
class ImportAdmin(ReadOnlyAdmin):
    list_display = [
        "file_name",
        "authority",
        "state",
        "rows_read",
        "cells_new",
        "cells_changed",
        "problems",
        "created_at",
    ]
    list_filter = ["state"]
    exclude = ["file", "contents"]  # What is in it is read on the portal's own page, which asks for a reason.


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = [
        "pk",
        "state",
        "note",
        "published_at",
        "figures_count",
        "suppressed_count",
        "created_by",
        "decided_by",
    ]
    list_filter = ["state"]


@admin.register(ConfidentialViewing)
class ConfidentialViewingAdmin(ReadOnlyAdmin):
    list_display = ["viewed_at", "access", "territory", "period", "breakdown"]
    list_select_related = ["access__user", "territory", "period", "breakdown"]


@admin.register(RollupRun)
class RollupRunAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "state", "claimed_by", "slices", "figures", "finished_at"]
    list_filter = ["state"]


@admin.register(Slice)
class SliceAdmin(ReadOnlyAdmin):
    list_display = ["indicator", "year", "attempts", "parked_at", "reporting_kind"]
    list_filter = ["parked_at"]
