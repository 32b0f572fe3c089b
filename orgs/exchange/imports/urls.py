"""Below /administration/imports/, in the namespace of the app."""

from django.urls import path

from orgs.exchange.imports import mapping_views as mappings
from orgs.exchange.imports import views as imports

urlpatterns = [
    path("", imports.OrganisationImportListView.as_view(), name="organisation_import_list"),
    path("add/", imports.OrganisationImportCreateView.as_view(), name="organisation_import_add"),
    path("mappings/", mappings.OrganisationMappingListView.as_view(), name="organisation_mapping_list"),
    path("mappings/<int:pk>/", mappings.OrganisationMappingUpdateView.as_view(), name="organisation_mapping_edit"),
    path(
        "mappings/<int:pk>/delete/",
        mappings.OrganisationMappingDeleteView.as_view(),
        name="organisation_mapping_delete",
    ),
    path("<int:pk>/", imports.OrganisationImportDetailView.as_view(), name="organisation_import_detail"),
    path("<int:pk>/columns/", imports.OrganisationImportColumnsView.as_view(), name="organisation_import_columns"),
    path("<int:pk>/mapping/", imports.OrganisationImportMappingView.as_view(), name="organisation_import_mapping"),
    path("<int:pk>/store/", imports.OrganisationImportStoreView.as_view(), name="organisation_import_store"),
    path("<int:pk>/undo/", imports.OrganisationImportUndoView.as_view(), name="organisation_import_undo"),
    path("<int:pk>/problems/", imports.OrganisationImportProblemsView.as_view(), name="organisation_import_problems"),
]
