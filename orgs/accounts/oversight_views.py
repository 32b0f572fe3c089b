"""Administrators look after accounts: who has one, what it may do, and the way back for whoever has lost theirs."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, DetailView, FormView, UpdateView
from django_filters.views import FilterView

from orgs.accounts import actions as accounts
from orgs.accounts.filters import AccountFilter
from orgs.accounts.forms import AccountForm
from orgs.accounts.oversight import rights_history, what_closing_means, with_standing
from orgs.accounts.views import ProvenAgainMixin
from orgs.forms import PortalForm
from orgs.mixins import ActionMixin, PagedMixin, VisibleObjectMixin
from orgs.models import User
from orgs.permissions import is_administrator


class AccountListView(VisibleObjectMixin, PagedMixin, FilterView):
    filterset_class = AccountFilter
    template_name = "orgs/account_list.html"
    has_page_permission = staticmethod(is_administrator)
    strict = True

    def get_queryset(self) -> QuerySet[User]:
        return with_standing(User.objects.all())


class AccountCreateView(ActionMixin, VisibleObjectMixin, CreateView):
    form_class = AccountForm
    template_name = "orgs/account_form.html"
    has_page_permission = staticmethod(is_administrator)
    object: User

    def perform(self, form: AccountForm) -> User:
        account = accounts.add_account(**form.cleaned_data, by=self.person)
        accounts.send_password_link(user=account, by=self.person)
        return account

    def get_success_url(self) -> str:
        messages.success(self.request, _("The account has been opened, and its owner is told by e-mail."))
        return reverse("orgs:account_detail", args=[self.object.pk])


class OfAccount(VisibleObjectMixin):
    """A page about one account, named by its number."""

    has_page_permission = staticmethod(is_administrator)
    context_object_name: str | None = "account"  # `user` is whoever looks at it.
    account: User

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if is_administrator(request.user):
            self.account = get_object_or_404(with_standing(User.objects.all()), pk=kwargs["pk"])

    def get_object(self, queryset: Any = None) -> User:
        return self.account

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(account=self.account, **kwargs)  # type: ignore[misc]

    def get_success_url(self) -> str:
        return reverse("orgs:account_detail", args=[self.account.pk])


class AccountDetailView(OfAccount, DetailView):
    template_name = "orgs/account_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        account = self.account
        return super().get_context_data(
            addresses=EmailAddress.objects.filter(user=account).order_by("-primary", "email"),
            memberships=account.memberships.select_related("organisation").order_by("-ended_at", "organisation__name"),
            appointments=account.reviewer_appointments.select_related("territory").order_by("-starts_at"),
            history=rights_history(account),
            has_password=account.has_usable_password(),
            is_own=account == self.person,
            now=timezone.now(),
            **kwargs,
        )


class AccountUpdateView(ActionMixin, OfAccount, ProvenAgainMixin, UpdateView):
    form_class = AccountForm
    template_name = "orgs/account_form.html"

    def perform(self, form: AccountForm) -> User:
        return accounts.change_account(user=self.account, **form.cleaned_data, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("The account has been saved."))
        return super().get_success_url()


class AccountStepView(ActionMixin, OfAccount, FormView):
    """Asks before, with what follows. `take(user=…, by=…)` is the action."""

    form_class = PortalForm
    template_name = "orgs/account_step.html"
    title: str | Promise
    """With %(person)s in it."""
    label: str | Promise
    done: str | Promise
    tone = "danger"
    take: Any

    def consequences(self) -> list[str]:
        raise NotImplementedError

    def perform(self, form: PortalForm) -> Any:
        return type(self).take(user=self.account, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, str(self.done))
        return super().get_success_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=str(self.title) % {"person": self.account},
            label=self.label,
            tone=self.tone,
            consequences=self.consequences(),
            **kwargs,
        )


class AccountCloseView(AccountStepView):
    title = gettext_lazy("Close the account of %(person)s?")
    label = gettext_lazy("Close the account")
    done = gettext_lazy("The account has been closed.")
    take = staticmethod(accounts.close_account)

    def consequences(self) -> list[str]:
        return what_closing_means(self.account)


class AccountReopenView(AccountStepView):
    title = gettext_lazy("Reopen the account of %(person)s?")
    label = gettext_lazy("Reopen the account")
    done = gettext_lazy("The account has been reopened.")
    tone = "primary"
    take = staticmethod(accounts.reopen_account)

    def consequences(self) -> list[str]:
        found = [_("Its owner can log in again, with all rights that they had, and is told by e-mail.")]
        return [*found, _("They are an administrator again.")] if self.account.is_staff else found


class PasswordLinkView(AccountStepView):
    title = gettext_lazy("Send %(person)s a link to choose a password?")
    label = gettext_lazy("Send it")
    done = gettext_lazy("The e-mail is on its way.")
    tone = "primary"

    def consequences(self) -> list[str]:
        return [
            _("It goes to %(email)s and can be used once, within three days.") % {"email": self.account.email},
            _("Until then the password stays as it is. Two-step login stays as well."),
        ]

    def perform(self, form: PortalForm) -> None:
        if not ratelimit.consume(self.request, action="reset_password", key=self.account.email):
            raise ValidationError(_("Too many e-mails in a short time. Try again in a few minutes."))
        accounts.send_password_link(user=self.account, by=self.person)


class SecondStepDeleteView(AccountStepView, ProvenAgainMixin):
    """For whoever has lost the device and the recovery codes."""

    title = gettext_lazy("Remove two-step login from the account of %(person)s?")
    label = gettext_lazy("Remove two-step login")
    done = gettext_lazy("Two-step login has been removed.")

    def consequences(self) -> list[str]:
        return [
            _("Make sure first that it is really they who ask, for example by calling a number that you knew before."),
            _(
                "Their device and their recovery codes count no more. They are logged out everywhere and told by e-mail."
            ),
            _("If their role requires two-step login, they are asked to set it up again when they log in."),
        ]

    def perform(self, form: PortalForm) -> User:
        if not accounts.remove_second_step(user=self.account, by=self.person):
            raise ValidationError(_("This account has no two-step login."))
        return self.account


class AdministratorAppointView(AccountStepView, ProvenAgainMixin):
    title = gettext_lazy("Make %(person)s an administrator?")
    label = gettext_lazy("Make them an administrator")
    done = gettext_lazy("They are an administrator now.")
    tone = "primary"
    take = staticmethod(accounts.appoint_administrator)

    def consequences(self) -> list[str]:
        found = [
            _(
                "They can read everything, and change everything but the decisions of reviewers. That includes every account."
            ),
            _("They are told by e-mail, and you can end it at any time."),
        ]
        if not self.account.is_secured:  # type: ignore[attr-defined]
            found.append(_("They have no two-step login yet. Where it is required, they are asked to set it up first."))
        return found


class AdministratorDismissView(AccountStepView):
    title = gettext_lazy("End the work of %(person)s as administrator?")
    label = gettext_lazy("End it")
    done = gettext_lazy("They are no longer an administrator.")
    take = staticmethod(accounts.dismiss_administrator)

    def consequences(self) -> list[str]:
        return [
            _("They can no longer open these pages. What they did stays."),
            _("What they may do in their organisations and as a reviewer stays. They are told by e-mail."),
        ]
