from django.urls import path

from partnerships.agreements import views as agreements
from partnerships.assessments import review_views as review
from partnerships.assessments import views as assessments
from partnerships.overview import views as overview
from partnerships.practices import views as practices
from partnerships.records import views as records
from partnerships.scales import views as scales
from partnerships.tables import views as tables

app_name = "partnerships"
urlpatterns = [
    path("partnerships/", agreements.PartnershipListView.as_view(), name="partnership_list"),
    path("partnerships/new/", agreements.PartnershipCreateView.as_view(), name="partnership_add"),
    path("partnerships/isolated/", overview.IsolatedOrganisationsView.as_view(), name="isolated_organisations"),
    path("partnerships/assessments/<int:pk>/", assessments.AssessmentDetailView.as_view(), name="assessment_detail"),
    path(
        "partnerships/assessments/<int:pk>/evidence/",
        assessments.AssessmentEvidenceView.as_view(),
        name="assessment_evidence",
    ),
    path(
        "partnerships/assessments/<int:pk>/discard/",
        assessments.AssessmentDiscardView.as_view(),
        name="assessment_discard",
    ),
    path(
        "partnerships/assessments/<int:pk>/experience/<slug:organisation>/",
        assessments.ExperienceUpdateView.as_view(),
        name="experience_edit",
    ),
    path("partnerships/<slug:reference>/", agreements.PartnershipDetailView.as_view(), name="partnership_detail"),
    path("partnerships/<slug:reference>/edit/", agreements.PartnershipUpdateView.as_view(), name="partnership_edit"),
    path(
        "partnerships/<slug:reference>/propose/",
        agreements.PartnershipProposeView.as_view(),
        name="partnership_propose",
    ),
    path(
        "partnerships/<slug:reference>/delete/", agreements.PartnershipDeleteView.as_view(), name="partnership_delete"
    ),
    path("partnerships/<slug:reference>/end/", agreements.PartnershipEndView.as_view(), name="partnership_end"),
    path(
        "partnerships/<slug:reference>/answer/<slug:organisation>/",
        agreements.PartnershipAnswerView.as_view(),
        name="partnership_answer",
    ),
    path("partnerships/<slug:reference>/activities/new/", records.ActivityCreateView.as_view(), name="activity_add"),
    path(
        "partnerships/<slug:reference>/contributions/new/",
        records.ContributionCreateView.as_view(),
        name="contribution_add",
    ),
    path("partnerships/<slug:reference>/documents/new/", records.DocumentCreateView.as_view(), name="document_add"),
    path(
        "partnerships/<slug:reference>/documents/<int:pk>/",
        records.DocumentDownloadView.as_view(),
        name="document_download",
    ),
    path(
        "partnerships/<slug:reference>/records/<slug:family>/<int:pk>/edit/",
        records.RecordUpdateView.as_view(),
        name="record_edit",
    ),
    path(
        "partnerships/<slug:reference>/records/<slug:family>/<int:pk>/remove/",
        records.RecordDeleteView.as_view(),
        name="record_delete",
    ),
    path(
        "partnerships/<slug:reference>/assessments/new/",
        assessments.AssessmentCreateView.as_view(),
        name="assessment_add",
    ),
    path(
        "organisations/<slug:organisation>/partnerships/",
        overview.OrganisationPartnershipsView.as_view(),
        name="organisation_partnerships",
    ),
    path("reviews/assessments/", review.AssessmentQueueView.as_view(), name="assessment_queue"),
    path("reviews/assessments/<int:pk>/", review.AssessmentReviewView.as_view(), name="assessment_review"),
    path("administration/scales/", scales.ScaleListView.as_view(), name="scale_list"),
    path("administration/scales/<slug:scale>/", scales.ScaleDetailView.as_view(), name="scale_detail"),
    path("administration/scales/<slug:scale>/edit/", scales.ScaleUpdateView.as_view(), name="scale_edit"),
    path("administration/scales/<slug:scale>/copy/", scales.ScaleCopyView.as_view(), name="scale_copy"),
    path("administration/scales/<slug:scale>/use/", scales.ScaleUseView.as_view(), name="scale_use"),
    path("administration/scales/<slug:scale>/delete/", scales.ScaleDeleteView.as_view(), name="scale_delete"),
    path("administration/scales/<slug:scale>/levels/add/", scales.LevelCreateView.as_view(), name="level_add"),
    path(
        "administration/scales/<slug:scale>/levels/<slug:level>/delete/",
        scales.LevelDeleteView.as_view(),
        name="level_delete",
    ),
    path(
        "administration/scales/<slug:scale>/levels/<slug:level>/",
        scales.LevelUpdateView.as_view(),
        name="level_edit",
    ),
    path(
        "administration/scales/<slug:scale>/levels/<slug:level>/criteria/add/",
        scales.CriterionCreateView.as_view(),
        name="criterion_add",
    ),
    path(
        "administration/scales/<slug:scale>/criteria/<int:pk>/",
        scales.CriterionUpdateView.as_view(),
        name="criterion_edit",
    ),
    path(
        "administration/scales/<slug:scale>/criteria/<int:pk>/delete/",
        scales.CriterionDeleteView.as_view(),
        name="criterion_delete",
    ),
    path("practices/", practices.PracticeListView.as_view(), name="practice_list"),
    path("practices/new/", practices.PracticeCreateView.as_view(), name="practice_add"),
    path("practices/<slug:slug>/", practices.PracticeDetailView.as_view(), name="practice_detail"),
    path("practices/<slug:slug>/edit/", practices.PracticeUpdateView.as_view(), name="practice_edit"),
    path("practices/<slug:slug>/delete/", practices.PracticeDeleteView.as_view(), name="practice_delete"),
    path("practices/<slug:slug>/link/", practices.PracticeLinkView.as_view(), name="practice_link"),
    path("tables/", tables.TableListView.as_view(), name="table_list"),
    path("tables/new/", tables.TableCreateView.as_view(), name="table_add"),
    path("tables/<slug:slug>/", tables.TableDetailView.as_view(), name="table_detail"),
    path("tables/<slug:slug>/seats/new/", tables.SeatCreateView.as_view(), name="seat_add"),
    path("tables/<slug:slug>/meetings/new/", tables.MeetingCreateView.as_view(), name="meeting_add"),
    path("tables/<slug:slug>/meetings/<int:pk>/", tables.MeetingUpdateView.as_view(), name="meeting_edit"),
]
