"""What administrators keep: people, places, vocabulary, appointments, and the e-mails that could not be sent.

Whoever may come in at all is staff, and staff may do everything here (`User.has_perm`). Writes that are actions elsewhere
are the same actions here.
"""

from typing import Any

# Imported so that they have registered their models before some of those are taken away.
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from modeltranslation.admin import TranslationAdmin
from post_office.admin import LogInline
from post_office.models import Attachment, Email, EmailTemplate, Log

from orgs.accounts import actions as accounts
from orgs.forms import PortalModelForm, WebAddressField
from orgs.forms.numbers import IN_ADMIN
from orgs.ladders import standing
from orgs.mail import actions as mail_actions
from orgs.members import actions as members
from orgs.models import (
    Domain,
    FieldOfWork,
    Membership,
    Organisation,
    ReviewerAppointment,
    Territory,
    TerritoryScheme,
    TerritorySuccession,
    User,
    Verification,
    VerificationRules,
)
from orgs.organisations import actions as organisations
from orgs.profile import Profile
from orgs.verification.checklist import ladder_of
from orgs.vocabulary import VerificationCriterion

# Roles come from memberships and appointments; the secrets of a second factor and where somebody is logged in are
# nobody else's to read, nor is the text of an e-mail.
admin.site.unregister([Group, Authenticator, UserSession, Email, EmailTemplate, Attachment, Log])


def administrator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # The admin lets nobody else in.
    return request.user


class ReadOnlyMixin:
    """Kept by actions and tasks; here it is looked at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnlyMixin, admin.ModelAdmin):
    pass


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):
    extra = 0


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    can_delete = False
    autocomplete_fields = ["user", "organisation"]
    fields = ["user", "organisation", "role", "created_at", "ended_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class UserAdminForm(PortalModelForm):
    """No password is shown or set here: a new person chooses one through an e-mail, or logs in by code."""

    by: User

    class Meta:
        model = User
        fields = ["email", "name", "language", "is_active", "is_staff"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        accounts.refuse_taken_address(cleaned.get("email", ""), self.instance if self.instance.pk else None)
        lost = {name for name in ("is_active", "is_staff") if name in self.changed_data and not cleaned.get(name)}
        if self.instance.pk and lost:
            accounts.refuse_losing_rights(user=User.objects.get(pk=self.instance.pk), by=self.by)
        if self.instance.pk and "is_staff" in self.changed_data and cleaned.get("is_staff") and "is_active" in lost:
            raise forms.ValidationError(_("This account is closed. Reopen it first."))
        return cleaned


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """By the same actions as the pages of accounts (orgs/accounts/oversight_views.py)."""

    form = UserAdminForm
    list_display = ["email", "name", "is_staff", "is_active", "is_sample", "last_login"]
    list_filter = ["is_staff", "is_active", "is_sample", "language"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [MembershipInline]
    actions = ["send_password_email", "remove_second_step"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.by = administrator(request)  # type: ignore[attr-defined]
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return ["email", "name", "language", "is_staff"]
        return ["email", "name", "language", "is_active", "is_staff", "last_login", "date_joined"]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        by = administrator(request)
        told = {name: form.cleaned_data[name] for name in ("email", "name", "language")}
        if change:
            accounts.change_account(user=obj, **told, by=by)
        else:
            added = accounts.add_account(**told, by=by)
            obj.pk = added.pk
            obj._state.adding = False
        # Who is reopened may then become an administrator; who stops being one may then be closed.
        for name, given, taken in (
            ("is_active", accounts.reopen_account, None),
            ("is_staff", accounts.appoint_administrator, accounts.dismiss_administrator),
            ("is_active", None, accounts.close_account),
        ):
            act = (given if form.cleaned_data.get(name) else taken) if name in form.changed_data else None
            if act is not None:
                act(user=obj, by=by)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What a person did stays signed. An account is closed by taking "active" away.
        return False

    @admin.action(description=_("Send an e-mail to set a password"))
    def send_password_email(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset.filter(is_active=True):
            accounts.send_password_link(user=user, by=administrator(request))
        self.message_user(request, _("The e-mails are on their way."), messages.SUCCESS)

    @admin.action(description=_("Remove two-step login (device and recovery codes are lost)"))
    def remove_second_step(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by = administrator(request)
        for user in queryset.exclude(pk=by.pk):
            accounts.remove_second_step(user=user, by=by)
        self.message_user(request, _("Done. They are logged out everywhere and get an e-mail."), messages.SUCCESS)


class AdmissionForm(PortalModelForm):
    """An organisation that an administrator enters is verified at once, by what is ticked."""

    met = forms.MultipleChoiceField(
        label=_("Verified"),
        choices=VerificationCriterion.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=["reachable", "purpose", "territory"],
        help_text=_("What you have checked. The tier follows from it."),
    )
    website = WebAddressField(label=_("Website"), required=False)

    def clean_met(self) -> list[str]:
        met: list[str] = self.cleaned_data["met"]
        if standing(ladder_of(VerificationRules.objects.current()), met).level is None:
            raise forms.ValidationError(_("The questions of the first tier must be answered with yes."))
        return met


PROFILE = [*(name for name in Profile.__annotations__ if name not in ("names", "identifiers", "is_sample")), "works_in"]


class FieldOfWorkInline(admin.TabularInline):
    model = FieldOfWork
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "territory", "tier", "verified_at", "closed_on", "is_sample"]
    list_filter = ["sector", "kind", "tier", "is_sample"]
    list_select_related = ["territory"]
    search_fields = ["name", "acronym", "reference", "name_folded"]
    autocomplete_fields = ["territory", "works_in"]
    readonly_fields = ["reference", "slug", "tier", "verified_at", "created_at"]
    inlines = [FieldOfWorkInline, MembershipInline]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=ChangeForm if obj else AdmissionForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*PROFILE, "closed_on", *self.readonly_fields] if obj else [*PROFILE, "met"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "kind", "closed_on"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: Organisation, form: ModelForm, change: bool) -> None:
        data = {name: form.cleaned_data[name] for name in PROFILE if name in form.cleaned_data}
        if change:
            organisations.update_organisation(organisation=obj, **data, by=administrator(request))
        else:
            admitted = organisations.admit_organisation(**data, met=form.cleaned_data["met"], by=administrator(request))
            obj.pk, obj.slug, obj.reference = admitted.pk, admitted.slug, admitted.reference
            obj._state.adding = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What others did with it stays. It is closed instead.
        return False


class ChangeForm(PortalModelForm):
    website = WebAddressField(label=_("Website"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["version"]  # The admin draws the fields that it was told, and no hidden ones.

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("address_is_public") and self.instance.has_shelter:
            self.add_error("address_is_public", _("The address of a shelter is never shown."))
        return cleaned


class AppointmentAdminForm(PortalModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            members.refuse_who_is_no_candidate(cleaned["user"], cleaned["territory"])
        return cleaned


@admin.register(ReviewerAppointment)
class ReviewerAppointmentAdmin(admin.ModelAdmin):
    list_display = ["user", "territory", "starts_at", "ends_at", "appointed_by"]
    list_select_related = ["user", "territory", "appointed_by"]
    list_filter = [("ends_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__email", "user__name", "territory__name"]
    autocomplete_fields = ["user", "territory"]
    form = AppointmentAdminForm
    fields = ["user", "territory"]
    actions = ["end"]

    def save_model(self, request: HttpRequest, obj: ReviewerAppointment, form: ModelForm, change: bool) -> None:
        appointed = members.appoint_reviewer(user=obj.user, territory=obj.territory, by=administrator(request))
        obj.pk = appointed.pk

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None  # The list, with its action; what was signed is not rewritten.

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("End these appointments"), permissions=["view"])
    def end(self, request: HttpRequest, queryset: QuerySet[ReviewerAppointment]) -> None:
        for appointment in queryset:
            members.end_appointment(appointment=appointment, by=administrator(request))
        self.message_user(request, _("The appointments have ended."), messages.SUCCESS)


@admin.register(TerritoryScheme)
class TerritorySchemeAdmin(TranslationAdmin):
    list_display = ["name", "code", "source", "licence"]
    search_fields = ["name", "code"]


class SuccessionInline(admin.TabularInline):
    model = TerritorySuccession
    fk_name = "predecessor"
    extra = 0
    formfield_overrides = IN_ADMIN
    autocomplete_fields = ["successor"]


@admin.register(Territory)
class TerritoryAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "kind", "scheme", "parent", "valid_from", "valid_to"]
    list_filter = ["scheme", "kind"]
    list_select_related = ["scheme", "parent"]
    search_fields = ["name", "code", "name_folded"]
    autocomplete_fields = ["parent"]
    inlines = [SuccessionInline]


@admin.register(Domain)
class DomainAdmin(TranslationAdmin):
    list_display = ["code", "name", "slug", "order"]
    ordering = ["order"]


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    list_display = ["organisation", "state", "tier", "submitted_at", "decided_at", "reviewer"]
    list_filter = ["state", "tier"]
    list_select_related = ["organisation", "reviewer"]
    search_fields = ["organisation__name", "organisation__reference"]


class FailureInline(LogInline):
    verbose_name_plural = _("failures")


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    list_display = ["subject", "to", "status", "created", "scheduled_time", "number_of_retries", "last_failure"]
    list_filter = ["status"]
    search_fields = ["to", "subject"]
    # The text holds addresses that confirm and invite: only its reader should have them.
    fields = ["subject", "to", "status", "created", "last_updated", "scheduled_time", "number_of_retries"]
    change_form_template = "admin/change_form.html"  # post_office's own leads to views that show the text.
    inlines = [FailureInline]
    actions = ["retry"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Email]:
        logs = Log.objects.filter(email=OuterRef("pk")).order_by("-pk")
        return super().get_queryset(request).annotate(last_failure=Subquery(logs.values("message")[:1]))

    @admin.display(description=_("last failure"))
    def last_failure(self, email: Any) -> str:
        return email.last_failure or ""

    @admin.action(description=_("Retry"), permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Email]) -> None:
        count = mail_actions.retry_emails(emails=queryset, by=administrator(request))
        self.message_user(
            request,
            ngettext("%(count)s e-mail will be retried.", "%(count)s e-mails will be retried.", count)
            % {"count": count},
            messages.SUCCESS,
        )
