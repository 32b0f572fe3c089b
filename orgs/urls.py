from django.urls import include, path

from orgs.accounts import oversight_views as accounts
from orgs.affiliations import views as affiliations
from orgs.authorities import views as authorities
from orgs.coverage import views as coverage
from orgs.directory import views as directory
from orgs.domains import views as domains
from orgs.exchange import views as exchange
from orgs.listing import views as listing
from orgs.lookups import views as lookups
from orgs.matching import views as matching
from orgs.members import views as members
from orgs.needs import views as needs
from orgs.organisations import views as organisations
from orgs.oversight import views as oversight
from orgs.registration import views as registration
from orgs.remarks import views as remarks
from orgs.reviewers import views as reviewers
from orgs.service_types import views as types
from orgs.services import editing as service_editing
from orgs.services import views as services
from orgs.standing import views as standing
from orgs.support import views as support
from orgs.territories import views as territories
from orgs.territories.imports import views as territory_imports
from orgs.verification import rules_views as rules
from orgs.verification import unreviewed_views as unreviewed
from orgs.verification import views as verification
from orgs.volunteering import views as volunteering

app_name = "orgs"
urlpatterns = [
    path("services/", services.ServiceSearchView.as_view(), name="service_search"),
    path("services/map/", services.ServiceMapView.as_view(), name="service_map"),
    path("services/coverage/", coverage.CoverageView.as_view(), name="coverage"),
    path("services/coverage/file/", coverage.CoverageFileView.as_view(), name="coverage_file"),
    path("services/missing/", needs.NeedCreateView.as_view(), name="need_add"),
    path("services/missing/said/", needs.NeedSaidView.as_view(), name="need_said"),
    path("services/<int:pk>/", services.ServiceDetailView.as_view(), name="service_detail"),
    path("services/still-right/<str:token>/", service_editing.StillRightView.as_view(), name="services_still_right"),
    path("organisations/", directory.OrganisationListView.as_view(), name="organisation_list"),
    path("organisations/export/<str:ending>/", exchange.OrganisationExportView.as_view(), name="organisation_export"),
    path("organisations/mine/", organisations.MyOrganisationsView.as_view(), name="my_organisations"),
    path("organisations/register/", registration.StartView.as_view(), name="registration_start"),
    path("organisations/register/tasks/", registration.TasksView.as_view(), name="registration_tasks"),
    path("organisations/register/check/", registration.CheckView.as_view(), name="registration_check"),
    path("organisations/register/sent/", registration.SentView.as_view(), name="registration_sent"),
    path("organisations/register/discard/", registration.DiscardView.as_view(), name="registration_discard"),
    path(
        "organisations/register/confirm/<str:token>/", registration.ConfirmView.as_view(), name="registration_confirm"
    ),
    path("organisations/register/<slug:page>/", registration.PageView.as_view(), name="registration_page"),
    path("organisations/add/", listing.ListingCreateView.as_view(), name="listing_add"),
    path("listings/<str:token>/take-off/", listing.OptOutView.as_view(), name="listing_opt_out"),
    path("organisations/<slug:slug>/claim/", listing.InviteToClaimView.as_view(), name="listing_invite"),
    path("organisations/<slug:slug>/join/", listing.JoinCreateView.as_view(), name="join_add"),
    path("organisations/<slug:slug>/join/sent/", listing.JoinSentView.as_view(), name="join_sent"),
    path("join/<str:token>/", listing.JoinConfirmView.as_view(), name="join_confirm"),
    path("organisations/<slug:slug>/join/<int:pk>/", listing.JoinDecideView.as_view(), name="join_decide"),
    path(
        "organisations/<slug:slug>/join/<int:pk>/withdraw/",
        listing.JoinWithdrawView.as_view(),
        name="join_withdraw",
    ),
    path("organisations/<slug:slug>/edit/", organisations.OrganisationUpdateView.as_view(), name="organisation_edit"),
    path("organisations/<slug:slug>/renew/", standing.RenewView.as_view(), name="organisation_renew"),
    path("organisations/<slug:slug>/measures/add/", standing.MeasureCreateView.as_view(), name="measure_add"),
    path("organisations/<slug:slug>/measures/<int:pk>/", standing.MeasureDetailView.as_view(), name="measure_detail"),
    path("organisations/<slug:slug>/measures/<int:pk>/lift/", standing.MeasureLiftView.as_view(), name="measure_lift"),
    path("organisations/<slug:slug>/measures/<int:pk>/appeal/", standing.AppealCreateView.as_view(), name="appeal_add"),
    path(
        "organisations/<slug:slug>/measures/<int:pk>/decide/",
        standing.AppealDecideView.as_view(),
        name="appeal_decide",
    ),
    path("organisations/<slug:slug>/submit/", organisations.SubmitView.as_view(), name="organisation_submit"),
    path(
        "organisations/<slug:slug>/changes/<int:pk>/withdraw/",
        organisations.ChangeWithdrawView.as_view(),
        name="change_withdraw",
    ),
    path("organisations/<slug:slug>/contact/", organisations.ContactUpdateView.as_view(), name="contact_edit"),
    path("organisations/<slug:slug>/services/", service_editing.ServiceListView.as_view(), name="service_list"),
    path(
        "organisations/<slug:slug>/services/confirm/",
        service_editing.ServicesConfirmView.as_view(),
        name="services_confirm",
    ),
    path("organisations/<slug:slug>/services/add/", service_editing.ServiceCreateView.as_view(), name="service_add"),
    path(
        "organisations/<slug:slug>/services/<int:pk>/", service_editing.ServiceUpdateView.as_view(), name="service_edit"
    ),
    path(
        "organisations/<slug:slug>/services/<int:pk>/remove/",
        service_editing.ServiceDeleteView.as_view(),
        name="service_delete",
    ),
    path("volunteering/", volunteering.OpportunitySearchView.as_view(), name="opportunity_search"),
    path("volunteering/<int:pk>/", volunteering.OpportunityDetailView.as_view(), name="opportunity_detail"),
    path(
        "organisations/<slug:slug>/volunteering/", volunteering.OpportunityListView.as_view(), name="opportunity_list"
    ),
    path(
        "organisations/<slug:slug>/volunteering/add/",
        volunteering.OpportunityCreateView.as_view(),
        name="opportunity_add",
    ),
    path(
        "organisations/<slug:slug>/volunteering/<int:pk>/",
        volunteering.OpportunityUpdateView.as_view(),
        name="opportunity_edit",
    ),
    path(
        "organisations/<slug:slug>/volunteering/<int:pk>/end/",
        volunteering.OpportunityEndView.as_view(),
        name="opportunity_end",
    ),
    path(
        "organisations/<slug:slug>/volunteering/<int:pk>/remove/",
        volunteering.OpportunityDeleteView.as_view(),
        name="opportunity_delete",
    ),
    path("needs-and-offers/", matching.CapacitySearchView.as_view(), name="capacity_search"),
    path("organisations/<slug:slug>/matches/", matching.MatchListView.as_view(), name="match_list"),
    path(
        "organisations/<slug:slug>/matches/<int:own>/<int:other>/add/",
        matching.MatchCreateView.as_view(),
        name="match_add",
    ),
    path("organisations/<slug:slug>/matches/<int:pk>/", matching.MatchAnswerView.as_view(), name="match_answer"),
    path("organisations/<slug:slug>/matches/<int:pk>/done/", matching.MatchDoneView.as_view(), name="match_done"),
    path(
        "organisations/<slug:slug>/matches/<int:pk>/withdraw/",
        matching.MatchWithdrawView.as_view(),
        name="match_withdraw",
    ),
    path("organisations/<slug:slug>/support/", support.SupportView.as_view(), name="support"),
    path(
        "organisations/<slug:slug>/affiliations/", affiliations.AffiliationListView.as_view(), name="affiliation_list"
    ),
    path(
        "organisations/<slug:slug>/affiliations/<int:pk>/",
        affiliations.AffiliationAnswerView.as_view(),
        name="affiliation_answer",
    ),
    path(
        "organisations/<slug:slug>/affiliations/<int:pk>/end/",
        affiliations.AffiliationEndView.as_view(),
        name="affiliation_end",
    ),
    path("organisations/<slug:slug>/vouch/", support.VouchView.as_view(), name="vouch"),
    path("organisations/<slug:slug>/vouchings/ask/", support.VouchingAskView.as_view(), name="vouching_ask"),
    path("organisations/<slug:slug>/vouchings/<int:pk>/", support.VouchingAnswerView.as_view(), name="vouching_answer"),
    path(
        "organisations/<slug:slug>/vouchings/<int:pk>/withdraw/",
        support.VouchingWithdrawView.as_view(),
        name="vouching_withdraw",
    ),
    path(
        "organisations/<slug:slug>/sponsorships/add/", support.SponsorshipCreateView.as_view(), name="sponsorship_add"
    ),
    path(
        "organisations/<slug:slug>/sponsorships/<int:pk>/",
        support.SponsorshipAnswerView.as_view(),
        name="sponsorship_answer",
    ),
    path(
        "organisations/<slug:slug>/sponsorships/<int:pk>/end/",
        support.SponsorshipEndView.as_view(),
        name="sponsorship_end",
    ),
    path("organisations/<slug:slug>/capacities/", matching.CapacityListView.as_view(), name="capacity_list"),
    path("organisations/<slug:slug>/capacities/<int:pk>/", matching.CapacityUpdateView.as_view(), name="capacity_edit"),
    path(
        "organisations/<slug:slug>/capacities/<int:pk>/remove/",
        matching.CapacityDeleteView.as_view(),
        name="capacity_delete",
    ),
    path("organisations/<slug:slug>/members/", members.MemberListView.as_view(), name="member_list"),
    path("organisations/<slug:slug>/members/invite/", members.InviteView.as_view(), name="member_invite"),
    path("organisations/<slug:slug>/members/<int:pk>/role/", members.RoleView.as_view(), name="member_role"),
    path("organisations/<slug:slug>/members/<int:pk>/end/", members.EndMembershipView.as_view(), name="member_end"),
    path(
        "organisations/<slug:slug>/invitations/<int:pk>/withdraw/",
        members.WithdrawView.as_view(),
        name="invitation_withdraw",
    ),
    path(
        "organisations/<slug:slug>/invitations/<int:pk>/send/",
        members.ResendView.as_view(),
        name="invitation_resend",
    ),
    path("invitations/<str:token>/", members.InvitationDetailView.as_view(), name="invitation_detail"),
    path("reviews/organisations/", verification.ReviewQueueView.as_view(), name="review_queue"),
    path("reviews/organisations/<int:pk>/", verification.ReviewView.as_view(), name="verification_review"),
    path("reviews/appeals/", standing.AppealQueueView.as_view(), name="appeal_queue"),
    path("remarks/", remarks.RemarkListView.as_view(), name="remark_list"),
    path("remarks/<int:pk>/", remarks.RemarkAnswerView.as_view(), name="remark_answer"),
    path("remarks/<int:pk>/seen/", remarks.RemarkSeenView.as_view(), name="remark_seen"),
    path("reviews/needs/", needs.NeedQueueView.as_view(), name="need_queue"),
    path("reviews/needs/<int:pk>/", needs.NeedReadView.as_view(), name="need_read"),
    path("reviews/claims/", listing.JoinQueueView.as_view(), name="join_queue"),
    path("reviews/changed/", unreviewed.UnreviewedListView.as_view(), name="unreviewed_list"),
    path("reviews/changed/<int:pk>/seen/", unreviewed.UnreviewedSeenView.as_view(), name="unreviewed_seen"),
    path("reviews/changes/", verification.ChangeQueueView.as_view(), name="change_queue"),
    path("reviews/changes/<int:pk>/", verification.ChangeReviewView.as_view(), name="change_review"),
    path("administration/accounts/", accounts.AccountListView.as_view(), name="account_list"),
    path("administration/accounts/add/", accounts.AccountCreateView.as_view(), name="account_add"),
    path("administration/accounts/<int:pk>/", accounts.AccountDetailView.as_view(), name="account_detail"),
    path("administration/accounts/<int:pk>/edit/", accounts.AccountUpdateView.as_view(), name="account_edit"),
    path("administration/accounts/<int:pk>/close/", accounts.AccountCloseView.as_view(), name="account_close"),
    path("administration/accounts/<int:pk>/reopen/", accounts.AccountReopenView.as_view(), name="account_reopen"),
    path("administration/accounts/<int:pk>/password/", accounts.PasswordLinkView.as_view(), name="password_link"),
    path(
        "administration/accounts/<int:pk>/second-step/",
        accounts.SecondStepDeleteView.as_view(),
        name="second_step_delete",
    ),
    path(
        "administration/accounts/<int:pk>/administrator/",
        accounts.AdministratorAppointView.as_view(),
        name="administrator_appoint",
    ),
    path(
        "administration/accounts/<int:pk>/administrator/end/",
        accounts.AdministratorDismissView.as_view(),
        name="administrator_dismiss",
    ),
    path("administration/authorities/", authorities.AuthorityListView.as_view(), name="authority_list"),
    path("administration/authorities/add/", authorities.AuthorityCreateView.as_view(), name="authority_add"),
    path("administration/imports/", include("orgs.exchange.imports.urls")),
    path("administration/organisations/", oversight.RegistryListView.as_view(), name="registry_list"),
    path("administration/organisations/<slug:slug>/kind/", oversight.KindUpdateView.as_view(), name="kind_edit"),
    path(
        "administration/organisations/<slug:slug>/invite/", oversight.InviteLeaderView.as_view(), name="leader_invite"
    ),
    path("administration/merges/<int:pk>/undo/", oversight.MergeUndoView.as_view(), name="merge_undo"),
    path("administration/reviewers/", reviewers.AppointmentListView.as_view(), name="appointment_list"),
    path("administration/reviewers/add/", reviewers.AppointmentCreateView.as_view(), name="appointment_add"),
    path("administration/reviewers/<int:pk>/end/", reviewers.EndAppointmentView.as_view(), name="appointment_end"),
    path(
        "administration/reviewers/invitations/<int:pk>/send/",
        reviewers.ResendReviewInvitationView.as_view(),
        name="review_invitation_resend",
    ),
    path(
        "administration/reviewers/invitations/<int:pk>/withdraw/",
        reviewers.WithdrawReviewInvitationView.as_view(),
        name="review_invitation_withdraw",
    ),
    path("administration/domains/", domains.DomainListView.as_view(), name="domain_list"),
    path("administration/domains/add/", domains.DomainCreateView.as_view(), name="domain_add"),
    path("administration/domains/<int:pk>/", domains.DomainUpdateView.as_view(), name="domain_edit"),
    path("administration/domains/<int:pk>/delete/", domains.DomainDeleteView.as_view(), name="domain_delete"),
    path("administration/types/", types.ServiceTypeListView.as_view(), name="service_type_list"),
    path("administration/types/add/", types.ServiceTypeCreateView.as_view(), name="service_type_add"),
    path("administration/types/<int:pk>/", types.ServiceTypeUpdateView.as_view(), name="service_type_edit"),
    path("administration/types/<int:pk>/retire/", types.ServiceTypeRetireView.as_view(), name="service_type_retire"),
    path("administration/types/<int:pk>/restore/", types.ServiceTypeRestoreView.as_view(), name="service_type_restore"),
    path("administration/types/<int:pk>/delete/", types.ServiceTypeDeleteView.as_view(), name="service_type_delete"),
    path("administration/verification/", rules.RulesView.as_view(), name="verification_rules"),
    path("lookup/territories/", lookups.lookup_territories, name="lookup_territories"),
    path("lookup/organisations/", lookups.lookup_organisations, name="lookup_organisations"),
    path("lookup/registers/", lookups.lookup_registers, name="lookup_registers"),
    path("administration/territories/", territories.SchemeListView.as_view(), name="scheme_list"),
    path("administration/territories/add/", territories.SchemeCreateView.as_view(), name="scheme_add"),
    path("administration/territories/<slug:scheme>/", territories.PlaceListView.as_view(), name="place_list"),
    path("administration/territories/<slug:scheme>/edit/", territories.SchemeUpdateView.as_view(), name="scheme_edit"),
    path(
        "administration/territories/<slug:scheme>/imports/",
        territory_imports.TerritoryImportListView.as_view(),
        name="territory_import_list",
    ),
    path(
        "administration/territories/<slug:scheme>/imports/add/",
        territory_imports.TerritoryImportCreateView.as_view(),
        name="territory_import_add",
    ),
    path(
        "administration/territories/<slug:scheme>/imports/<int:pk>/",
        territory_imports.TerritoryImportDetailView.as_view(),
        name="territory_import_detail",
    ),
    path(
        "administration/territories/<slug:scheme>/imports/<int:pk>/columns/",
        territory_imports.TerritoryImportMapView.as_view(),
        name="territory_import_map",
    ),
    path(
        "administration/territories/<slug:scheme>/imports/<int:pk>/store/",
        territory_imports.TerritoryImportStoreView.as_view(),
        name="territory_import_store",
    ),
    path(
        "administration/territories/<slug:scheme>/imports/<int:pk>/problems/",
        territory_imports.TerritoryImportProblemsView.as_view(),
        name="territory_import_problems",
    ),
    path(
        "administration/territories/<slug:scheme>/places/add/", territories.PlaceCreateView.as_view(), name="place_add"
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/",
        territories.PlaceDetailView.as_view(),
        name="place_detail",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/rename/",
        territories.PlaceRenameView.as_view(),
        name="place_rename",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/move/",
        territories.PlaceMoveView.as_view(),
        name="place_move",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/correct/",
        territories.PlaceCorrectView.as_view(),
        name="place_correct",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/end/",
        territories.PlaceEndView.as_view(),
        name="place_end",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/shares/",
        territories.PlaceSharesView.as_view(),
        name="place_shares",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/delete/",
        territories.PlaceDeleteView.as_view(),
        name="place_delete",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/merge/",
        territories.PlaceMergeView.as_view(),
        name="place_merge",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/split/",
        territories.PlaceSplitView.as_view(),
        name="place_split",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/outline/",
        territories.PlaceOutlineView.as_view(),
        name="place_outline",
    ),
    path(
        "administration/territories/<slug:scheme>/places/<int:pk>/pass-code/",
        territories.PlacePassCodeView.as_view(),
        name="place_pass_code",
    ),
]
