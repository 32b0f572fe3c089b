"""The mixins of the portal's views: access, lists in pages, and forms that end in an action."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db import IntegrityError
from django.db.models import Count, Model, QuerySet, Window
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.generic.base import View
from django.views.generic.list import MultipleObjectMixin

from orgs.forms import sent
from orgs.models import Organisation, User
from orgs.permissions import Person, can_edit_organisation

UNIQUE_VIOLATION = "23505"


def show_refusal(form: BaseForm, refusal: ValidationError) -> None:
    """What an action refused, at the field that it names where the form has that, else above the form."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


class AuthenticatedUserMixin(View):
    """A view that only people who are logged in reach."""

    @property
    def person(self) -> User:
        assert isinstance(self.request.user, User)  # LoginRequiredMiddleware has seen to it.
        return self.request.user


class VisibleObjectMixin(AuthenticatedUserMixin):
    """Who may see and do what. Deny by default: a page is public only where `login_not_required` says so.

    What exists for a person is the queryset's `visible_to(user)`: anything else answers 404. What they may do is a plain predicate,
    `has_page_permission(user)` for the page and `has_object_permission(user, object)` for the object on it, each set as a `staticmethod`:
    without it the answer is 403.
    """

    has_page_permission: "ClassVar[staticmethod[[Any], bool] | None]" = None
    has_object_permission: "ClassVar[staticmethod[[Any, Any], bool] | None]" = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        has_page_permission = type(self).has_page_permission
        if has_page_permission is not None and not has_page_permission(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().visible_to(self.request.user)  # type: ignore[misc]

    def get_object(self, queryset: QuerySet[Any] | None = None) -> Model:
        found: Model = super().get_object(queryset)  # type: ignore[misc]
        has_object_permission = type(self).has_object_permission
        if has_object_permission is not None and not has_object_permission(self.request.user, found):
            raise PermissionDenied
        return found


class OfOrganisation(AuthenticatedUserMixin):
    """A page of one organisation, named by its slug: 404 where it does not exist for the reader, 403 where they may not."""

    organisation: Organisation

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        visible = Organisation.objects.visible_to(request.user).select_related("territory")
        self.organisation = get_object_or_404(visible, slug=kwargs["slug"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.is_allowed(request.user, self.organisation):
            # Perhaps only since a moment, by this very form.
            before = sent.led_to(sent.key_of(request))
            if before is not None:
                return HttpResponseRedirect(before)
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def is_allowed(self, user: Person, organisation: Organisation) -> bool:
        return can_edit_organisation(user, organisation)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(organisation=self.organisation, **kwargs)  # type: ignore[misc]


def page_of(request: HttpRequest, rows: Sequence[Any] | QuerySet[Any], size: int = 25) -> "Page[Any]":
    """The page that the address asks for by ?page=; beyond the last it is the last, and nonsense is the first."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


class SearchPaginator(Paginator):
    """Counts what is found and finds the page's rows in one look, by their keys alone; only those of the page are read in full."""

    object_list: "QuerySet[Any]"

    def __init__(self, rows: "QuerySet[Any]", size: int, in_full: "QuerySet[Any]") -> None:
        super().__init__(rows, size)
        self.in_full = in_full

    def get_page(self, number: Any) -> "Page[Any]":
        wanted = min(int(number), 10**9) if re.fullmatch(r"-?[0-9]{1,30}", number or "") else 1
        keys = self.keys(wanted) if wanted > 0 else []
        if not keys and wanted != 1:
            wanted = self.num_pages
            keys = self.keys(wanted)
        read = self.in_full.in_bulk(keys)
        return Page([read[key] for key in keys if key in read], wanted, self)

    def keys(self, number: int) -> list[int]:
        first = (number - 1) * self.per_page
        rows = self.object_list.select_related(None).prefetch_related(None).annotate(found_in_all=Window(Count("*")))
        found = list(rows.values_list("pk", "found_in_all")[first : first + self.per_page])
        if found or first == 0:
            self.__dict__["count"] = found[0][1] if found else 0
        return [key for key, _count in found]


class PagedMixin(MultipleObjectMixin):
    """A list in pages. Every list of the portal is one: what is short today is long in ten years."""

    paginate_by: int | None = 25
    request: HttpRequest

    def paginate_queryset(
        self, queryset: Any, page_size: int
    ) -> "tuple[Paginator[Any], Page[Any], Sequence[Any], bool]":
        page = self.paged(queryset, page_size)
        return page.paginator, page, page.object_list, page.has_other_pages()  # type: ignore[return-value]

    def paged(self, queryset: Any, page_size: int) -> "Page[Any]":
        return page_of(self.request, queryset, page_size)


class SearchedMixin(PagedMixin):
    """A list of a table that may be large: `get_queryset` is what is filtered and put in order, `in_full` brings what the page shows of a row."""

    paginate_by = 20
    strict = True  # A filter that is not understood is asked back, and not left out in silence.

    def in_full(self) -> "QuerySet[Any]":
        raise NotImplementedError

    def paged(self, queryset: Any, page_size: int) -> "Page[Any]":
        return SearchPaginator(queryset, page_size, self.in_full()).get_page(self.request.GET.get("page"))


class ActionMixin(AuthenticatedUserMixin):
    """A form view whose valid form is handed to an action: `perform(form)` returns the object or raises ValidationError.

    All of it is one transaction; what the action refuses stands as an error on the form, with everything the person typed. A form that is
    sent twice acts once (orgs/forms/sent.py), and one whose session ended opens with what was typed (orgs/forms/kept.py).
    """

    shows_kept_form = True

    def perform(self, form: Any) -> Any:
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[misc]
        kept = getattr(self.request, "kept_form", None)
        return kwargs if kept is None else {**kwargs, "data": kept}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        def act() -> str:
            if hasattr(form, "claim_version"):
                form.claim_version()
            self.object = self.perform(form)
            return str(self.get_success_url())  # type: ignore[attr-defined]

        try:
            url = sent.act_once(self.request, act)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        except IntegrityError as clash:
            if getattr(clash.__cause__, "pgcode", "") != UNIQUE_VIOLATION:
                raise
            show_refusal(form, said_by_somebody_else())
            return self.form_invalid(form)
        return HttpResponseRedirect(url)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        # It may be refused only because it was sent a moment ago and done.
        before = sent.led_to(sent.key_of(self.request))
        if before is not None:
            return HttpResponseRedirect(before)
        answer: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        return answer


def said_by_somebody_else() -> ValidationError:
    """Two people, or two pages of one person, said the same at one moment."""
    return ValidationError(
        _("Somebody else saved this at the same moment. Check whether it is there before you save it again.")
    )
