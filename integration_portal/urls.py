from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from integration_portal import converters, pages, remarks, views  # noqa: F401 - converters are registered for what follows
from integration_portal.administration.views import AdministrationView
from integration_portal.operations import views as operations
from orgs.accounts import views as account
from orgs.portal.views import PortalUpdateView

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("about/", views.about, name="about"),
    path("about/data/", views.data_licence, name="data_licence"),
    path("about/accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("wrong/", remarks.RemarkCreateView.as_view(), name="remark_add"),
    path("wrong/said/", remarks.RemarkMadeView.as_view(), name="remark_made"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("healthz", views.healthz, name="healthz"),
    path("accounts/login/", views.LogInView.as_view(), name="account_login"),
    path("accounts/email/", account.ChangeEmailView.as_view(), name="account_email"),
    path("accounts/password/set/", account.SetPasswordView.as_view(), name="account_set_password"),
    path("accounts/second-step/", account.SecondStepView.as_view(), name="second_step"),
    path("accounts/", include("allauth.urls")),
    # A visitor without an account chooses a language too, on a page that is everybody's and so carries no token: whoever makes somebody
    # else's browser press it has changed a language.
    path("language/setlang/", csrf_exempt(login_not_required(set_language)), name="set_language"),
    path("admin/", admin.site.urls),
    path("administration/", AdministrationView.as_view(), name="administration"),
    path("administration/first/", account.FirstAdministratorView.as_view(), name="administrator_first"),
    path("administration/portal/", PortalUpdateView.as_view(), name="portal_edit"),
    # The two pages that bring the apps together.
    path("organisations/<organisation:slug>/", pages.OrganisationPageView.as_view(), name="organisation_detail"),
    path("organisations/<slug:slug>/close/", pages.OrganisationCloseOwnView.as_view(), name="organisation_close_own"),
    path("territories/<slug:scheme>/<str:code>/", pages.TerritoryPageView.as_view(), name="territory_detail"),
    # And an organisation as administrators look after it, with what every app knows of it.
    path(
        "administration/organisations/<slug:slug>/", pages.OrganisationManageView.as_view(), name="organisation_manage"
    ),
    path(
        "administration/organisations/<slug:slug>/close/",
        pages.OrganisationCloseView.as_view(),
        name="organisation_close",
    ),
    path(
        "administration/organisations/<slug:slug>/reopen/",
        pages.OrganisationReopenView.as_view(),
        name="organisation_reopen",
    ),
    path(
        "administration/organisations/<slug:slug>/merge/",
        pages.OrganisationMergeView.as_view(),
        name="organisation_merge",
    ),
    path("administration/schedule/", operations.ScheduleListView.as_view(), name="schedule_list"),
    path("administration/schedule/<int:pk>/", operations.ScheduleUpdateView.as_view(), name="schedule_edit"),
    path("administration/schedule/<int:pk>/switch/", operations.ScheduleSwitchView.as_view(), name="schedule_switch"),
    path("administration/mail/", operations.MailListView.as_view(), name="mail_list"),
    path("administration/mail/retry/", operations.MailRetryView.as_view(), name="mail_retry"),
    path("administration/mail/give-up/", operations.MailGiveUpView.as_view(), name="mail_give_up"),
    path("administration/queues/", operations.QueueListView.as_view(), name="queue_list"),
    path("", include("orgs.urls")),
    path("", include("indicators.urls")),
    path("", include("partnerships.urls")),
]
if apps.is_installed("devtools"):
    urlpatterns.append(path("", include("devtools.urls")))
