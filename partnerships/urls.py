from django.urls import path

from partnerships import views

app_name = "partnerships"
urlpatterns = [
    path("partnerships/", views.PartnershipList.as_view(), name="partnership_list"),
    path("partnerships/new/", views.PartnershipCreate.as_view(), name="partnership_create"),
    path("partnerships/isolated/", views.IsolatedOrganisations.as_view(), name="isolated_organisations"),
    path("partnerships/assessments/<int:pk>/", views.AssessmentDetail.as_view(), name="assessment_detail"),
    path("partnerships/assessments/<int:pk>/evidence/", views.AssessmentEvidence.as_view(), name="assessment_evidence"),
    path("partnerships/assessments/<int:pk>/discard/", views.AssessmentDiscard.as_view(), name="assessment_discard"),
    path(
        "partnerships/assessments/<int:pk>/experience/<slug:organisation>/",
        views.ExperienceGive.as_view(),
        name="experience_form",
    ),
    path("partnerships/<slug:reference>/", views.PartnershipDetail.as_view(), name="partnership_detail"),
    path("partnerships/<slug:reference>/edit/", views.PartnershipEdit.as_view(), name="partnership_edit"),
    path("partnerships/<slug:reference>/propose/", views.PartnershipPropose.as_view(), name="partnership_propose"),
    path("partnerships/<slug:reference>/delete/", views.PartnershipDelete.as_view(), name="partnership_delete"),
    path("partnerships/<slug:reference>/end/", views.PartnershipEnd.as_view(), name="partnership_end"),
    path(
        "partnerships/<slug:reference>/answer/<slug:organisation>/",
        views.PartnershipAnswer.as_view(),
        name="partnership_answer",
    ),
    path("partnerships/<slug:reference>/activities/new/", views.ActivityCreate.as_view(), name="activity_create"),
    path(
        "partnerships/<slug:reference>/contributions/new/",
        views.ContributionCreate.as_view(),
        name="contribution_create",
    ),
    path("partnerships/<slug:reference>/documents/new/", views.DocumentCreate.as_view(), name="document_create"),
    path(
        "partnerships/<slug:reference>/documents/<int:pk>/", views.DocumentDownload.as_view(), name="document_download"
    ),
    path(
        "partnerships/<slug:reference>/records/<slug:family>/<int:pk>/edit/",
        views.RecordEdit.as_view(),
        name="record_edit",
    ),
    path(
        "partnerships/<slug:reference>/records/<slug:family>/<int:pk>/remove/",
        views.RecordRemove.as_view(),
        name="record_remove",
    ),
    path("partnerships/<slug:reference>/assessments/new/", views.AssessmentCreate.as_view(), name="assessment_create"),
    path(
        "organisations/<slug:organisation>/partnerships/",
        views.OrganisationPartnerships.as_view(),
        name="organisation_partnerships",
    ),
    path("reviews/assessments/", views.AssessmentQueue.as_view(), name="assessment_queue"),
    path("reviews/assessments/<int:pk>/", views.AssessmentReview.as_view(), name="assessment_review"),
    path("practices/", views.PracticeList.as_view(), name="practice_list"),
    path("practices/new/", views.PracticeCreate.as_view(), name="practice_create"),
    path("practices/<slug:slug>/", views.PracticeDetail.as_view(), name="practice_detail"),
    path("practices/<slug:slug>/link/", views.PracticeLink.as_view(), name="practice_link"),
    path("tables/", views.TableList.as_view(), name="table_list"),
    path("tables/new/", views.TableCreate.as_view(), name="table_create"),
    path("tables/<slug:slug>/", views.TableDetail.as_view(), name="table_detail"),
    path("tables/<slug:slug>/seats/new/", views.SeatCreate.as_view(), name="seat_create"),
    path("tables/<slug:slug>/meetings/new/", views.MeetingCreate.as_view(), name="meeting_create"),
    path("tables/<slug:slug>/meetings/<int:pk>/", views.MeetingEdit.as_view(), name="meeting_edit"),
]
