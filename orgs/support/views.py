"""The page on which an organisation sees who stands by it, and by whom it stands; and the forms that lead there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from orgs.mixins import ActionMixin, OfOrganisation
from orgs.models import Organisation, Sponsorship, Vouching, are_enough
from orgs.permissions import (
    Person,
    can_ask_to_vouch,
    can_edit_organisation,
    can_vouch_for,
    leads_organisation,
    vouchers_for,
)
from orgs.support import sponsoring, vouching
from orgs.support.forms import (
    AnswerSponsorshipForm,
    AnswerVouchingForm,
    AskToVouchForm,
    SponsorshipForm,
    VouchForm,
)


class SupportView(OfOrganisation, TemplateView):
    template_name = "orgs/support.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_edit_organisation(user, organisation) or can_vouch_for(user, organisation)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ours = self.organisation
        counting = list(ours.vouchings.counting().select_related("voucher"))
        sides = Sponsorship.objects.filter(Q(sponsor=ours) | Q(sponsored=ours)).select_related("sponsor", "sponsored")
        return super().get_context_data(
            vouchings=ours.vouchings.select_related("voucher").order_by("-pk"),
            counting={row.pk for row in counting},
            are_enough=are_enough(counting),
            given=ours.vouchings_given.select_related("group").order_by("-pk"),
            sponsorships=sides,
            can_ask=can_ask_to_vouch(self.person, ours),
            can_vouch=can_vouch_for(self.person, ours),
            leads=leads_organisation(self.person, ours),
            **kwargs,
        )


class LeadsToSupport(OfOrganisation, ActionMixin):
    done = ""

    def get_success_url(self) -> str:
        if self.done:
            messages.success(self.request, self.done)
        return reverse("orgs:support", args=[self.organisation.slug])


class VouchingAskView(LeadsToSupport, FormView):
    form_class = AskToVouchForm
    template_name = "orgs/vouching_ask.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_ask_to_vouch(user, organisation)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "group": self.organisation}

    def perform(self, form: AskToVouchForm) -> list[Vouching]:
        asked = vouching.ask_to_vouch(group=self.organisation, vouchers=form.cleaned_data["vouchers"], by=self.person)
        self.done = _("You have asked. You will get an e-mail with each answer.")
        return asked


class VouchView(OfOrganisation, ActionMixin, FormView):
    """From the public page of the group, by somebody of another organisation."""

    form_class = VouchForm
    template_name = "orgs/vouching_form.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return vouchers_for(user, organisation).exists()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "vouchers": vouchers_for(self.person, self.organisation)}

    def perform(self, form: VouchForm) -> Vouching:
        return vouching.vouch(group=self.organisation, **form.cleaned_data, by=self.person)

    def get_success_url(self) -> str:
        messages.success(self.request, _("Thank you. The group gets an e-mail, and its reviewer sees it."))
        return self.organisation.get_absolute_url()


class OfVouching(OfOrganisation):
    """Of the organisation that was asked for it, or gave it."""

    vouching: Vouching

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        rows = self.organisation.vouchings_given.select_related("voucher", "group__territory")
        self.vouching = get_object_or_404(rows, pk=kwargs["pk"])

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_vouch_for(user, organisation)


class VouchingAnswerView(OfVouching, LeadsToSupport, FormView):
    form_class = AnswerVouchingForm
    template_name = "orgs/vouching_answer.html"

    def perform(self, form: AnswerVouchingForm) -> Vouching:
        if form.cleaned_data["answer"] == Vouching.State.DECLINED:
            return vouching.decline_to_vouch(vouching=self.vouching, by=self.person)
        if self.vouching.state != Vouching.State.ASKED:
            raise ValidationError(_("This has been answered already."))
        words = form.cleaned_data["words"]
        return vouching.vouch(group=self.vouching.group, voucher=self.organisation, words=words, by=self.person)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(vouching=self.vouching, group=self.vouching.group, **kwargs)


class VouchingWithdrawView(OfVouching):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        try:
            vouching.withdraw_vouching(vouching=self.vouching, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect("orgs:support", slug)


class SponsorshipCreateView(LeadsToSupport, FormView):
    form_class = SponsorshipForm
    template_name = "orgs/sponsorship_form.html"

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return leads_organisation(user, organisation)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "sponsor": self.organisation}

    def perform(self, form: SponsorshipForm) -> Sponsorship:
        offered = sponsoring.offer_sponsorship(sponsor=self.organisation, **form.cleaned_data, by=self.person)
        self.done = _("You have offered it. You will get an e-mail with the answer.")
        return offered


class OfSponsorship(OfOrganisation):
    sponsorship: Sponsorship

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.sponsorship = get_object_or_404(self.rows(), pk=kwargs["pk"])

    def rows(self) -> QuerySet[Sponsorship]:
        ours = Q(sponsor=self.organisation) | Q(sponsored=self.organisation)
        return Sponsorship.objects.filter(ours).select_related("sponsor", "sponsored")

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return leads_organisation(user, organisation)


class SponsorshipAnswerView(OfSponsorship, LeadsToSupport, FormView):
    form_class = AnswerSponsorshipForm
    template_name = "orgs/sponsorship_answer.html"

    def rows(self) -> QuerySet[Sponsorship]:
        return super().rows().filter(sponsored=self.organisation)

    def perform(self, form: AnswerSponsorshipForm) -> Sponsorship:
        is_accepted = form.cleaned_data["answer"] == Sponsorship.State.ACCEPTED
        return sponsoring.answer_sponsorship(sponsorship=self.sponsorship, is_accepted=is_accepted, by=self.person)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sponsorship=self.sponsorship, **kwargs)


class SponsorshipEndView(OfSponsorship):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
        try:
            sponsoring.end_sponsorship(sponsorship=self.sponsorship, by=self.person)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect("orgs:support", slug)
