from django.urls import path

from partnerships.agreements import views as agreements
from partnerships.assessments import review_views as review
from partnerships.assessments import views as assessments
from partnerships.overview import views as overview
from partnerships.practices import views as practices
from partnerships.records import views as records
from partnerships.tables import views as tables

app_name = "partnerships"
urlpatterns = [
    path("partnerships/", agreements.PartnershipList.as_view(), name="partnership_list"),
    path("partnerships/new/", agreements.PartnershipCreate.as_view(), name="partnership_create"),
    path("partnerships/isolated/", overview.IsolatedOrganisations.as_view(), name="isolated_organisations"),
    path("partnerships/assessments/<int:pk>/", assessments.AssessmentDetail.as_view(), name="assessment_detail"),
    path(
        "partnerships/assessments/<int:pk>/evidence/",
        assessments.AssessmentEvidence.as_view(),
        name="assessment_evidence",
    ),
    path(
        "partnerships/assessments/<int:pk>/discard/", assessments.AssessmentDiscard.as_view(), name="assessment_discard"
    ),
    path(
        "partnerships/assessments/<int:pk>/experience/<slug:organisation>/",
        assessments.ExperienceGive.as_view(),
        name="experience_form",
    ),
    path("partnerships/<slug:reference>/", agreements.PartnershipDetail.as_view(), name="partnership_detail"),
    path("partnerships/<slug:reference>/edit/", agreements.PartnershipEdit.as_view(), name="partnership_edit"),
    path("partnerships/<slug:reference>/propose/", agreements.PartnershipPropose.as_view(), name="partnership_propose"),
    path("partnerships/<slug:reference>/delete/", agreements.PartnershipDelete.as_view(), name="partnership_delete"),
    path("partnerships/<slug:reference>/end/", agreements.PartnershipEnd.as_view(), name="partnership_end"),
    path(
        "partnerships/<slug:reference>/answer/<slug:organisation>/",
        agreements.PartnershipAnswer.as_view(),
        name="partnership_answer",
    ),
    path("partnerships/<slug:reference>/activities/new/", records.ActivityCreate.as_view(), name="activity_create"),
    path(
        "partnerships/<slug:reference>/contributions/new/",
        records.ContributionCreate.as_view(),
        name="contribution_create",
    ),
    path("partnerships/<slug:reference>/documents/new/", records.DocumentCreate.as_view(), name="document_create"),
    path(
        "partnerships/<slug:reference>/documents/<int:pk>/",
        records.DocumentDownload.as_view(),
        name="document_download",
    ),
    path(
        "partnerships/<slug:reference>/records/<slug:family>/<int:pk>/edit/",
        records.RecordEdit.as_view(),
        name="record_edit",
    ),
    path(
        "partnerships/<slug:reference>/records/<slug:family>/<int:pk>/remove/",
        records.RecordRemove.as_view(),
        name="record_remove",
    ),
    path(
        "partnerships/<slug:reference>/assessments/new/",
        assessments.AssessmentCreate.as_view(),
        name="assessment_create",
    ),
    path(
        "organisations/<slug:organisation>/partnerships/",
        overview.OrganisationPartnerships.as_view(),
        name="organisation_partnerships",
    ),
    path("reviews/assessments/", review.AssessmentQueue.as_view(), name="assessment_queue"),
    path("reviews/assessments/<int:pk>/", review.AssessmentReview.as_view(), name="assessment_review"),
    path("practices/", practices.PracticeList.as_view(), name="practice_list"),
    path("practices/new/", practices.PracticeCreate.as_view(), name="practice_create"),
    path("practices/<slug:slug>/", practices.PracticeDetail.as_view(), name="practice_detail"),
    path("practices/<slug:slug>/link/", practices.PracticeLink.as_view(), name="practice_link"),
    path("tables/", tables.TableList.as_view(), name="table_list"),
    path("tables/new/", tables.TableCreate.as_view(), name="table_create"),
    path("tables/<slug:slug>/", tables.TableDetail.as_view(), name="table_detail"),
    path("tables/<slug:slug>/seats/new/", tables.SeatCreate.as_view(), name="seat_create"),
    path("tables/<slug:slug>/meetings/new/", tables.MeetingCreate.as_view(), name="meeting_create"),
    path("tables/<slug:slug>/meetings/<int:pk>/", tables.MeetingEdit.as_view(), name="meeting_edit"),
]
