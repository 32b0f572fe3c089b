"""An organisation registers itself: three pages, a check, a letter, a button."""

from collections.abc import Callable
from typing import Any

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView, View

from orgs.forms import sent
from orgs.forms.portal import PortalForm
from orgs.models import Registration, User
from orgs.permissions import can_ask_to_join, is_unclaimed, leaders_of
from orgs.registration import actions as registration_actions
from orgs.registration.actions import letter_of
from orgs.registration.forms import PAGES, RegistrationForm, form_as_typed, perhaps_there, typed_in

COOKIE = f"{settings.HOST_COOKIE}registration"
COOKIE_SALT = "orgs.registration.draft"
COOKIE_AGE = Registration.DAYS_KEPT * 24 * 3600

TOO_MANY = _("Too many were sent from here in a short time. Your answers are saved: try again in an hour.")


def person(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None


def draft_of(request: HttpRequest) -> Registration | None:
    """The one whose key the browser holds, else the last that the person left open on another device.

    A draft that somebody began while logged in opens for them alone, whatever the browser holds.
    """
    user = person(request)
    try:
        key = request.get_signed_cookie(COOKIE, salt=COOKIE_SALT, max_age=COOKIE_AGE)
    except (KeyError, BadSignature):
        key = None
    found = Registration.objects.select_related("organisation").filter(key=key).first() if key else None
    if found is not None and found.begun_by_id not in (None, user and user.pk):
        found = None
    if found is None and user is not None:
        found = user.registrations.filter(confirmed_at=None).order_by("-created_at").first()
    return found


def remember(response: HttpResponseBase, request: HttpRequest, registration: Registration) -> HttpResponseBase:
    response.set_signed_cookie(
        COOKIE,
        registration.key.hex,
        salt=COOKIE_SALT,
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


class PublicView(View):
    """A page for anybody, about a draft that only some browser knows."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        return login_not_required(never_cache(super().as_view(**initkwargs)))


class StartView(PublicView, TemplateView):
    """What it takes, and where one left off."""

    template_name = "orgs/registration_start.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        draft = draft_of(self.request)
        return super().get_context_data(draft=draft if draft and draft.is_open else None, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not ratelimit.consume(request, action="begin_registration"):
            return self.render_to_response(self.get_context_data(problem=TOO_MANY), status=429)
        registration = registration_actions.begin_registration(language=get_language() or "en", by=person(request))
        return remember(redirect("orgs:registration_page", Registration.Page.WHO), request, registration)


class DraftView(PublicView):
    """A page of a draft that is open; without one, back to the beginning."""

    draft: Registration

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        draft = draft_of(request)
        if draft is None:
            return redirect("orgs:registration_start")
        if not draft.is_open:
            return redirect("orgs:registration_sent")
        self.draft = draft
        # Each page asked for renews the sixty days, on whichever device it is.
        return remember(super().dispatch(request, *args, **kwargs), request, draft)

    def tasks(self) -> list[dict[str, Any]]:
        pages = [
            {
                "label": page.label,
                "url": reverse("orgs:registration_page", args=[page.value]),
                "status": str(self.draft.status_of(page)),
            }
            for page in Registration.Page
        ]
        check: dict[str, Any] = {"label": _("Check your answers and send"), "status": "blocked", "url": ""}
        if self.draft.is_complete:
            check |= {"status": "not_started", "url": reverse("orgs:registration_check")}
        return [*pages, check]


class TasksView(DraftView, TemplateView):
    template_name = "orgs/registration_tasks.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(draft=self.draft, tasks=self.tasks(), **kwargs)


class PageView(DraftView):
    """One of the three pages. Whatever is typed is kept, valid or not."""

    def get(self, request: HttpRequest, page: str) -> HttpResponse:
        form = form_as_typed(self.draft, self.known(page))
        if not form.is_bound:
            form.initial = self.first_guess(page)
        return self.show(form, page)

    def post(self, request: HttpRequest, page: str) -> HttpResponse:
        form = PAGES[self.known(page)](request.POST)
        is_valid = form.is_valid()
        self.draft = registration_actions.save_registration_page(
            registration=self.draft,
            page=page,
            typed=typed_in(form, request.POST),
            facts=dict(form.facts()) if is_valid else None,
            by=person(request),
        )
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, "orgs/_saved.html", {"draft": self.draft})
        if "later" in request.POST:
            return redirect("orgs:registration_tasks")
        return redirect(self.next_after(page)) if is_valid else self.show(form, page)

    def known(self, page: str) -> str:
        if page not in PAGES:
            raise Http404
        return page

    def first_guess(self, page: str) -> dict[str, Any]:
        user = person(self.request)
        if page == Registration.Page.CONTACT and user is not None:
            return {"contact_name": user.name, "email": user.email}
        return {}

    def next_after(self, page: str) -> str:
        """The next page that is not done; when all are, the check."""
        pages = Registration.Page.values
        ordered = pages[pages.index(page) + 1 :] + pages[: pages.index(page)]
        for other in ordered:
            if self.draft.status_of(other) != Registration.Status.DONE:
                return reverse("orgs:registration_page", args=[other])
        return reverse("orgs:registration_check")

    def show(self, form: RegistrationForm, page: str) -> HttpResponse:
        return render(
            self.request,
            "orgs/registration_page.html",
            {
                "form": form,
                "page": Registration.Page(page),
                "draft": self.draft,
                "steps": [
                    task | {"status": "current" if task["url"] == self.request.path else task["status"]}
                    for task in self.tasks()
                ],
            },
        )


class CheckView(DraftView):
    """Everything that was said, to be sent."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(PortalForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PortalForm(request.POST)
        form.is_valid()
        if request.POST.get("company_fax"):  # Hidden from people; programs fill in whatever they find.
            form.add_error(None, _("Leave the fax field empty: it is there to stop automatic submissions."))
            return self.show(form, status=400)
        problem = self.problem()
        if problem:
            form.add_error(None, problem)
            return self.show(form, status=429)
        try:
            registration_actions.send_registration(registration=self.draft, by=person(request))
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.show(form)
        return redirect("orgs:registration_sent")

    def problem(self) -> Any:
        facts = (self.draft.answers.get(Registration.Page.CONTACT) or {}).get("facts")
        if facts is None or self.draft.sent_to == facts["email"].lower():
            return None  # Nothing will be sent.
        allowed = ratelimit.consume(self.request, action="send_registration", key=facts["email"].lower())
        return None if allowed else TOO_MANY

    def show(self, form: PortalForm, status: int = 200) -> HttpResponse:
        pages = []
        for page in Registration.Page:
            answered = form_as_typed(self.draft, page)
            if not answered.is_bound or not answered.is_valid():
                return redirect("orgs:registration_page", page.value)
            pages.append(
                {
                    "title": page.label,
                    "url": reverse("orgs:registration_page", args=[page.value]),
                    "facts": answered.summary(),
                }
            )
        context = {
            "form": form,
            "draft": self.draft,
            "pages": pages,
            "perhaps_there": [
                {
                    "hint": hint,
                    "is_unclaimed": is_unclaimed(hint.organisation),
                    "can_ask": can_ask_to_join(self.request.user, hint.organisation),
                }
                for hint in perhaps_there(self.draft, by=self.request.user)
            ],
            "steps": self.steps(),
        }
        return render(self.request, "orgs/registration_check.html", context, status=status)

    def steps(self) -> list[dict[str, Any]]:
        return [*self.tasks()[:-1], self.tasks()[-1] | {"status": "current"}]


class DiscardView(DraftView):
    """Forgets a draft: on a computer that others use, too."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "orgs/registration_discard.html", {"draft": self.draft})

    def post(self, request: HttpRequest) -> HttpResponse:
        registration_actions.discard_registration(registration=self.draft, by=person(request))
        return redirect("orgs:registration_start")


class SentView(PublicView, TemplateView):
    """The reference and what happens next; the letter once more, or to another address."""

    template_name = "orgs/registration_sent.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = draft_of(request)
        if draft is None or draft.sent_at is None:
            return redirect("orgs:registration_start")
        return self.render_to_response(self.get_context_data(draft=draft, **kwargs))

    def post(self, request: HttpRequest) -> HttpResponse:
        draft = draft_of(request)
        if draft is None or draft.sent_at is None:
            return redirect("orgs:registration_start")
        return send_again(request, draft) or self.render_to_response(
            self.get_context_data(draft=draft, sent_again=True)
        )


def send_again(request: HttpRequest, draft: Registration) -> HttpResponse | None:
    """None when it was sent, by this press or by one before it on the same page; else the answer that says why not."""
    with transaction.atomic():
        if not sent.is_first(sent.key_of(request)):
            return None
        refusal = refuse_or_send(request, draft)
        if refusal is not None:
            transaction.set_rollback(True)
    return refusal


def refuse_or_send(request: HttpRequest, draft: Registration) -> HttpResponse | None:
    if draft.sent_to and not ratelimit.consume(request, action="send_registration", key=draft.sent_to):
        return render(request, "orgs/registration_sent.html", {"draft": draft, "problem": TOO_MANY}, status=429)
    registration_actions.send_confirmation_again(registration=draft, by=person(request))
    return None


class ConfirmView(PublicView):
    """Where the letter leads. Programs that read mail follow its address, so it takes a press of a button to confirm."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.show(token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        letter = letter_of(token)
        if letter is None or letter.registration.confirmed_at is not None:
            return self.show(token)
        if letter.is_expired:
            again = None if letter.registration.sent_to != letter.email else send_again(request, letter.registration)
            return again or self.show(token, sent_again=True)
        try:
            confirmed = registration_actions.confirm_registration(
                registration=letter.registration, email=letter.email, by=person(request)
            )
        except ValidationError as refusal:
            return self.show(token, problem=" ".join(refusal.messages))
        here = HttpResponseRedirect(request.path)
        if confirmed.account_is_new and not request.user.is_authenticated:
            # Who read the mail is who the new account belongs to; an old one has ways of its own to log in.
            return perform_login(request, confirmed.user, redirect_url=request.path, email=letter.email)
        return here

    def show(self, token: str, **context: Any) -> HttpResponse:
        letter = letter_of(token)
        if letter is None:
            return render(self.request, "orgs/registration_unknown.html", status=404)
        registration = letter.registration
        if registration.confirmed_at is not None:
            user = person(self.request)
            organisation = registration.organisation
            is_theirs = bool(user and organisation and leaders_of(organisation).filter(pk=user.pk).exists())
            context |= {"organisation": organisation, "registration": registration, "is_theirs": is_theirs}
            return render(self.request, "orgs/registration_confirmed.html", context)
        facts = (registration.answers.get(Registration.Page.WHO) or {}).get("facts")
        is_their_draft = registration.begun_by_id is not None and registration.begun_by == self.request.user
        context |= {"registration": registration, "letter": letter, "name": facts and facts["name"]}
        context["is_their_draft"] = is_their_draft
        return render(self.request, "orgs/registration_confirm.html", context)
