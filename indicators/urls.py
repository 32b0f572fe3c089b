from django.urls import URLPattern, URLResolver, path

from indicators.catalogue import target_views as targets
from indicators.catalogue import views as catalogue
from indicators.confidential import views as confidential
from indicators.dashboards.views import compare, figures, indicators, provision, territories
from indicators.dimensions import history_views as histories
from indicators.dimensions import views as dimensions
from indicators.imports import downloads
from indicators.imports import findings_views as findings
from indicators.imports import mapping_views as mappings
from indicators.imports import views as imports
from indicators.imports.wizard import views as wizard
from indicators.quality import views as quality
from indicators.releases import views as releases
from indicators.releases.downloads import views as release_files
from indicators.reports import entry_views as entry
from indicators.reports import views as reports
from indicators.rollup import views as rollups
from indicators.sources import views as sources
from indicators.worklist import views as worklist

app_name = "indicators"
urlpatterns: list[URLPattern | URLResolver] = [
    path("territories/", territories.TerritoryListView.as_view(), name="territory_list"),
    path(
        "territories/<slug:scheme>/<str:code>/parts.geojson", territories.territory_outlines, name="territory_outlines"
    ),
    path("territories/<slug:scheme>/<str:code>/provision/", provision.ProvisionView.as_view(), name="provision"),
    path(
        "territories/<slug:scheme>/<str:code>/provision/file/",
        provision.ProvisionFileView.as_view(),
        name="provision_file",
    ),
    path("indicators/", indicators.IndicatorListView.as_view(), name="indicator_list"),
    path("indicators/new/", catalogue.IndicatorCreateView.as_view(), name="indicator_add"),
    path("indicators/<str:code>/", indicators.IndicatorDetailView.as_view(), name="indicator_detail"),
    path("indicators/<str:code>/chart.csv", indicators.IndicatorChartView.as_view(), name="indicator_chart"),
    path("indicators/<str:code>/edit/", catalogue.IndicatorUpdateView.as_view(), name="indicator_edit"),
    path("indicators/<str:code>/retire/", catalogue.IndicatorRetireView.as_view(), name="indicator_retire"),
    path("indicators/<str:code>/restore/", catalogue.IndicatorRestoreView.as_view(), name="indicator_restore"),
    path("indicators/<str:code>/check/", catalogue.DefinitionCheckView.as_view(), name="definition_check"),
    path("indicators/<str:code>/protection/", catalogue.ProtectionDecisionView.as_view(), name="protection_decide"),
    path("indicators/<str:code>/history/", catalogue.IndicatorHistoryView.as_view(), name="indicator_history"),
    path("indicators/<str:code>/compare/", compare.CompareView.as_view(), name="compare"),
    path("indicators/<str:code>/compare/chart.csv", compare.CompareChartView.as_view(), name="compare_chart"),
    path(
        "indicators/<str:code>/targets/<slug:scheme>/<str:territory>/new/",
        targets.TargetCreateView.as_view(),
        name="target_add",
    ),
    path(
        "indicators/<str:code>/targets/<slug:scheme>/<str:territory>/<int:pk>/remove/",
        targets.TargetDeleteView.as_view(),
        name="target_delete",
    ),
    path("figures/", worklist.WorklistView.as_view(), name="worklist"),
    path("figures/imports/", imports.ImportListView.as_view(), name="import_list"),
    path("figures/imports/new/", imports.ImportCreateView.as_view(), name="import_add"),
    path("figures/imports/<int:pk>/", imports.ImportDetailView.as_view(), name="import_detail"),
    path("figures/imports/<int:pk>/store/", imports.ImportStoreView.as_view(), name="import_store"),
    path("figures/imports/<int:pk>/approve/", imports.ImportApproveView.as_view(), name="import_approve"),
    path("figures/imports/<int:pk>/accept/", findings.FindingsAcceptView.as_view(), name="findings_accept"),
    path("figures/imports/<int:pk>/undo/", imports.ImportUndoView.as_view(), name="import_undo"),
    path("figures/imports/<int:pk>/progress/", imports.ImportProgressView.as_view(), name="import_progress"),
    path("figures/imports/<int:pk>/map/", wizard.ImportMapView.as_view(), name="import_map"),
    path("figures/imports/<int:pk>/mapping/", wizard.MappingSaveView.as_view(), name="mapping_save"),
    path("figures/imports/<int:pk>/refused.csv", wizard.RefusedRowsView.as_view(), name="refused_rows"),
    path("figures/imports/<int:pk>/messages.csv", downloads.ImportMessagesView.as_view(), name="import_messages"),
    path("figures/imports/<int:pk>/true/", confidential.BatchAccessView.as_view(), name="batch_access"),
    path("figures/entry/", entry.EntryView.as_view(), name="entry"),
    path("figures/reports/", reports.ReportListView.as_view(), name="report_list"),
    path("figures/reports/new/", reports.RequestCreateView.as_view(), name="request_add"),
    path("figures/reports/<int:pk>/", reports.ReportDetailView.as_view(), name="report_detail"),
    path("figures/reports/<int:pk>/answer/", reports.ReportAnswerView.as_view(), name="report_answer"),
    path("figures/reports/<int:pk>/sheet.xlsx", reports.ReportWorkbookView.as_view(), name="report_workbook"),
    path("figures/reports/<int:pk>/upload/", reports.ReportUploadView.as_view(), name="report_upload"),
    path("figures/reports/<int:pk>/approve/", reports.ReportApproveView.as_view(), name="report_approve"),
    path("figures/reports/<int:pk>/return/", reports.ReportReturnView.as_view(), name="report_return"),
    path("figures/requests/<int:pk>/withdraw/", reports.RequestWithdrawView.as_view(), name="request_withdraw"),
    path("figures/mappings/", mappings.SavedMappingListView.as_view(), name="mapping_list"),
    path("figures/mappings/<int:pk>/", mappings.SavedMappingUpdateView.as_view(), name="mapping_edit"),
    path("figures/mappings/<int:pk>/delete/", mappings.SavedMappingDeleteView.as_view(), name="mapping_delete"),
    path("figures/mappings/<int:pk>/template.csv", downloads.MappingTemplateView.as_view(), name="mapping_template"),
    path("figures/mappings/<int:pk>/mapping.json", downloads.MappingDownloadView.as_view(), name="mapping_download"),
    path("figures/runs/", rollups.RunListView.as_view(), name="run_list"),
    path("figures/runs/<int:pk>/retry/", rollups.SliceRetryView.as_view(), name="slice_retry"),
    path("figures/releases/", releases.ReleaseListView.as_view(), name="release_list"),
    path("figures/releases/new/", releases.ReleaseCreateView.as_view(), name="release_add"),
    path("figures/releases/<int:pk>/", releases.ReleaseDetailView.as_view(), name="release_detail"),
    path("figures/releases/<int:pk>/approve/", releases.ReleaseApproveView.as_view(), name="release_approve"),
    path("figures/releases/<int:pk>/discard/", releases.ReleaseDiscardView.as_view(), name="release_discard"),
    path("figures/releases/<int:pk>/recall/", releases.ReleaseRecallView.as_view(), name="release_recall"),
    path("figures/releases/<int:pk>/figures.<str:ending>", release_files.release_download, name="release_download"),
    path("figures/dimensions/", dimensions.DimensionListView.as_view(), name="dimension_list"),
    path("figures/dimensions/new/", dimensions.DimensionCreateView.as_view(), name="dimension_add"),
    path("figures/dimensions/<int:pk>/", dimensions.DimensionUpdateView.as_view(), name="dimension_edit"),
    path("figures/dimensions/<int:pk>/delete/", dimensions.DimensionDeleteView.as_view(), name="dimension_delete"),
    path("figures/dimensions/<int:pk>/categories/", dimensions.CategoryListView.as_view(), name="category_list"),
    path("figures/dimensions/<int:pk>/categories/new/", dimensions.CategoryCreateView.as_view(), name="category_add"),
    path("figures/categories/<int:pk>/", dimensions.CategoryUpdateView.as_view(), name="category_edit"),
    path("figures/categories/<int:pk>/delete/", dimensions.CategoryDeleteView.as_view(), name="category_delete"),
    path("figures/categories/<int:pk>/same/", dimensions.IdentityCreateView.as_view(), name="identity_add"),
    path("figures/identities/<int:pk>/delete/", dimensions.IdentityDeleteView.as_view(), name="identity_delete"),
    path("figures/history/<slug:kind>/", histories.ListHistoryView.as_view(), name="list_history"),
    path("figures/rules/", quality.QualityRulesView.as_view(), name="quality_rules"),
    path("figures/sources/", sources.SourceListView.as_view(), name="source_list"),
    path("figures/sources/new/", sources.SourceCreateView.as_view(), name="source_add"),
    path("figures/sources/<int:pk>/", sources.SourceUpdateView.as_view(), name="source_edit"),
    path("figures/sources/<int:pk>/delete/", sources.SourceDeleteView.as_view(), name="source_delete"),
    path("figures/viewings/", confidential.ConfidentialViewingListView.as_view(), name="confidential_viewing_list"),
    path(
        "figures/true/<str:indicator>/<slug:scheme>/<str:territory>/",
        confidential.ConfidentialAccessView.as_view(),
        name="confidential_access",
    ),
    # Last: its first part may be any indicator's code.
    path(
        "figures/<str:indicator>/<slug:scheme>/<str:territory>/<str:period>/",
        figures.FigureDetailView.as_view(),
        name="figure_detail",
    ),
]
