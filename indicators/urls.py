from django.urls import URLPattern, URLResolver, path

from indicators import views

app_name = "indicators"
urlpatterns: list[URLPattern | URLResolver] = [
    path("territories/", views.TerritoryListView.as_view(), name="territory_list"),
    path("territories/<slug:scheme>/<str:code>/", views.TerritoryView.as_view(), name="territory"),
    path("territories/<slug:scheme>/<str:code>/parts.geojson", views.territory_outlines, name="territory_outlines"),
    path("indicators/", views.IndicatorListView.as_view(), name="indicator_list"),
    path("indicators/<str:code>/", views.IndicatorView.as_view(), name="indicator"),
    path("indicators/<str:code>/compare/", views.CompareView.as_view(), name="compare"),
    path(
        "indicators/<str:code>/targets/<slug:scheme>/<str:territory>/new/",
        views.TargetCreateView.as_view(),
        name="target_create",
    ),
    path(
        "indicators/<str:code>/targets/<slug:scheme>/<str:territory>/<int:pk>/remove/",
        views.TargetRemoveView.as_view(),
        name="target_remove",
    ),
    path("figures/", views.ImportListView.as_view(), name="import_list"),
    path("figures/imports/new/", views.ImportCreateView.as_view(), name="import_create"),
    path("figures/imports/<int:pk>/", views.ImportDetailView.as_view(), name="import_detail"),
    path("figures/imports/<int:pk>/store/", views.ImportStoreView.as_view(), name="import_store"),
    path("figures/imports/<int:pk>/approve/", views.ImportApproveView.as_view(), name="import_approve"),
    path("figures/imports/<int:pk>/accept/", views.FindingsAcceptView.as_view(), name="findings_accept"),
    path("figures/imports/<int:pk>/undo/", views.ImportUndoView.as_view(), name="import_undo"),
    path("figures/imports/<int:pk>/progress/", views.ImportProgressView.as_view(), name="import_progress"),
    path("figures/imports/<int:pk>/map/", views.ImportMapView.as_view(), name="import_map"),
    path("figures/imports/<int:pk>/mapping/", views.MappingSaveView.as_view(), name="mapping_save"),
    path("figures/imports/<int:pk>/refused.csv", views.RefusedRowsView.as_view(), name="refused_rows"),
    path("figures/imports/<int:pk>/messages.csv", views.ImportMessagesView.as_view(), name="import_messages"),
    path("figures/entry/", views.EntryView.as_view(), name="entry"),
    path("figures/reports/", views.ReportListView.as_view(), name="report_list"),
    path("figures/reports/new/", views.ReportAskView.as_view(), name="report_ask"),
    path("figures/reports/<int:pk>/", views.ReportDetailView.as_view(), name="report_detail"),
    path("figures/reports/<int:pk>/answer/", views.ReportAnswerView.as_view(), name="report_answer"),
    path("figures/reports/<int:pk>/sheet.xlsx", views.ReportSheetView.as_view(), name="report_sheet"),
    path("figures/reports/<int:pk>/upload/", views.ReportUploadView.as_view(), name="report_upload"),
    path("figures/reports/<int:pk>/approve/", views.ReportApproveView.as_view(), name="report_approve"),
    path("figures/reports/<int:pk>/return/", views.ReportReturnView.as_view(), name="report_return"),
    path("figures/requests/<int:pk>/withdraw/", views.RequestWithdrawView.as_view(), name="request_withdraw"),
    path("figures/mappings/<int:pk>/template.csv", views.MappingTemplateView.as_view(), name="mapping_template"),
    path("figures/mappings/<int:pk>/mapping.json", views.MappingView.as_view(), name="mapping"),
    path("figures/runs/", views.RunListView.as_view(), name="run_list"),
    path("figures/runs/<int:pk>/retry/", views.SliceRetryView.as_view(), name="slice_retry"),
    path("figures/releases/", views.ReleaseListView.as_view(), name="release_list"),
    path("figures/releases/new/", views.ReleaseCreateView.as_view(), name="release_create"),
    path("figures/releases/<int:pk>/", views.ReleaseDetailView.as_view(), name="release"),
    path("figures/releases/<int:pk>/approve/", views.ReleaseApproveView.as_view(), name="release_approve"),
    path("figures/releases/<int:pk>/discard/", views.ReleaseDiscardView.as_view(), name="release_discard"),
    path("figures/releases/<int:pk>/figures.<str:ending>", views.release_download, name="release_download"),
    path("figures/viewings/", views.TrueViewingListView.as_view(), name="true_viewing_list"),
    path(
        "figures/true/<str:indicator>/<slug:scheme>/<str:territory>/",
        views.TrueAccessView.as_view(),
        name="true_access",
    ),
    # Last: its first part may be any indicator's code.
    path(
        "figures/<str:indicator>/<slug:scheme>/<str:territory>/<str:period>/", views.FigureView.as_view(), name="figure"
    ),
]
