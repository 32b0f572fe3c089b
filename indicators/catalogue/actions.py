"""The catalogue as stewards keep it: indicators are added, edited, checked, retired and taken up again.

Words that come to mean something else make a new version, which holds from a year on; the figures of the years before keep theirs.
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.catalogue.wording import WordingChange, words_of
from indicators.models import Dimension, Indicator, IndicatorVersion, ProtectionChange
from indicators.permissions import authorities_of, can_agree_to_protection, can_edit_indicator
from indicators.vocabulary import PROTECTIONS, Status
from orgs.models import User
from orgs.permissions import is_steward

COUNTING = ("measure", "unit", "factor", "time_operator", "frequency")
"""What decides how figures are computed, so that it stays once there are some."""
PROTECTION = ("threshold", "rounding")
"""Smaller is weaker."""


@transaction.atomic
def add_indicator(*, indicator: Indicator, breakdowns: Iterable[Dimension], by: User) -> Indicator:
    """A new indicator with its first version. Its definition is provisional until somebody has checked it."""
    if not is_steward(by):
        raise PermissionDenied
    _refuse_owner(indicator, by)
    weaker = {name: getattr(Indicator(), name) for name in PROTECTION}
    weaker = {name: least for name, least in weaker.items() if getattr(indicator, name) < least}
    if weaker:
        refusal = _(
            "A new indicator has at least the protection %(least)s. You can ask for less once it has been added: two "
            "people have to agree."
        )
        raise ValidationError(
            {name: ValidationError(refusal, params={"least": least}) for name, least in weaker.items()}
        )
    indicator.is_provisional = True
    indicator.full_clean()
    indicator.save()
    indicator.breakdowns.set(breakdowns)
    record_version(indicator, by=by)
    return indicator


@transaction.atomic
def edit_indicator(
    *,
    indicator: Indicator,
    breakdowns: Iterable[Dimension],
    wording: str = "",
    valid_from_year: int | None = None,
    note: str = "",
    by: User,
) -> Indicator:
    """Stores the changed indicator. Changed words make a version: of the same years where `wording` is a correction, else of those
    from `valid_from_year` on, and the new definition is then provisional. What decides how figures are computed stays once there are some.
    A weaker protection than now is asked for, with the note as its reason, and holds once a second person agrees.
    """
    stored = _locked(indicator, by)
    if not by.is_staff and indicator.owner_id != stored.owner_id:
        raise PermissionDenied
    if (indicator.threshold, indicator.rounding) not in PROTECTIONS:
        indicator.validate_constraints()  # What is asked for has to be on offer too.
    asked = {name: getattr(indicator, name) for name in PROTECTION if getattr(indicator, name) < getattr(stored, name)}
    for name in asked:
        setattr(indicator, name, getattr(stored, name))
    locked = [name for name in COUNTING if getattr(indicator, name) != getattr(stored, name)]
    if locked and stored.has_figures:
        refusal = _("This indicator has figures, so this can no longer be changed.")
        raise ValidationError(dict.fromkeys(locked, refusal))
    latest = _latest_version(stored)
    if words_of(indicator) == words_of(latest):
        wording = ""
    elif wording == WordingChange.DEFINITION:
        year = _checked_year(latest, valid_from_year)
        _refuse_without_reason(note)
        indicator.is_provisional, indicator.checked_by, indicator.checked_on = True, None, None
    elif wording == WordingChange.CORRECTION:
        year = latest.valid_from_year
    else:
        raise ValidationError({"wording": _("You changed the words. Say whether something else is counted.")})
    indicator.version = stored.version + 1
    indicator.full_clean(exclude=["code"])
    indicator.save()
    indicator.breakdowns.set(breakdowns)
    if wording:
        record_version(indicator, valid_from_year=year, note=note, by=by)
    if asked:
        _refuse_without_reason(note)
        change = ProtectionChange(indicator=indicator, rules=asked, reason=" ".join(note.split()), asked_by=by)
        change.full_clean()
        change.save()
    return indicator


@transaction.atomic
def agree_to_protection(*, change: ProtectionChange, by: User) -> Indicator:
    """The second person: from the next release on, the weaker protection holds."""
    change = _open_change(change)
    if not can_agree_to_protection(by, change):
        raise PermissionDenied
    stored = Indicator.objects.select_for_update().get(pk=change.indicator_id)
    for name in PROTECTION:
        setattr(stored, name, change.rules.get(name, getattr(stored, name)))
    stored.full_clean()
    change.decided_by, change.decided_at, change.is_agreed = by, timezone.now(), True
    change.save()
    return _stored_again(stored)


@transaction.atomic
def refuse_protection(*, change: ProtectionChange, by: User) -> Indicator:
    """Everything stays as protected as it is. Who asked may take it back by this."""
    change = _open_change(change)
    if not can_edit_indicator(by, change.indicator):
        raise PermissionDenied
    change.decided_by, change.decided_at = by, timezone.now()
    change.save()
    return change.indicator


def _open_change(change: ProtectionChange) -> ProtectionChange:
    change = ProtectionChange.objects.select_for_update().get(pk=change.pk)
    if change.decided_at is not None:
        raise ValidationError(_("This has been decided already."))
    return change


@transaction.atomic
def retire_indicator(*, indicator: Indicator, by: User) -> Indicator:
    """It takes no new figures and leaves the lists; its page and its figures stay."""
    stored = _locked(indicator, by)
    if stored.retired_on is not None:
        raise ValidationError(_("This indicator is retired already."))
    stored.retired_on = timezone.localdate()
    return _stored_again(stored)


@transaction.atomic
def restore_indicator(*, indicator: Indicator, by: User) -> Indicator:
    """Takes a retired indicator up again."""
    stored = _locked(indicator, by)
    if stored.retired_on is None:
        raise ValidationError(_("This indicator is in use, not retired."))
    stored.retired_on = None
    return _stored_again(stored)


@transaction.atomic
def check_definition(*, indicator: Indicator, by: User) -> Indicator:
    """Somebody compared the definition with its framework: it is provisional no more, and it is kept who looked and when."""
    stored = _locked(indicator, by)
    if not stored.is_provisional:
        raise ValidationError(_("This definition has been checked already."))
    stored.is_provisional, stored.checked_by, stored.checked_on = False, by, timezone.localdate()
    return _stored_again(stored)


def record_version(
    indicator: Indicator, *, valid_from_year: int = 0, note: str = "", by: User | None = None
) -> IndicatorVersion:
    """Keeps the words that the indicator has now, as its next version."""
    last = indicator.versions.aggregate(number=Max("number"))["number"] or 0
    return IndicatorVersion.objects.create(
        indicator=indicator,
        number=last + 1,
        valid_from_year=valid_from_year,
        note=" ".join(note.split()),
        made_by=by,
        **words_of(indicator),
    )


def _locked(indicator: Indicator, by: User) -> Indicator:
    """The stored row: whoever brings figures in for it waits until it is changed."""
    stored = Indicator.objects.select_for_update().get(pk=indicator.pk)
    if not can_edit_indicator(by, stored):
        raise PermissionDenied
    return stored


def _stored_again(stored: Indicator) -> Indicator:
    stored.version += 1
    stored.save()
    return stored


def _latest_version(stored: Indicator) -> IndicatorVersion:
    return stored.versions.order_by("-number").first() or record_version(stored)


def _refuse_owner(indicator: Indicator, by: User) -> None:
    """What belongs to nobody in particular is the platform's, and so for administrators to add."""
    owned = {authority.pk for authority in authorities_of(by)}
    if indicator.owner_id not in (owned | {None} if by.is_staff else owned):
        raise ValidationError({"owner": _("Choose an authority whose figures you keep.")})


def _checked_year(latest: IndicatorVersion, year: int | None) -> int:
    if year is None:
        raise ValidationError({"valid_from_year": _("Enter the first year that is counted like this.")})
    figures = latest.indicator.observations.exclude(status=Status.WITHDRAWN)
    newest = figures.aggregate(year=Max("period__year"))["year"]
    if newest is not None and year <= newest:
        raise ValidationError(
            {
                "valid_from_year": ValidationError(
                    _("There are already figures for %(year)s, and they keep their definition. Give a later year."),
                    params={"year": newest},
                )
            }
        )
    if year <= latest.valid_from_year:
        raise ValidationError(
            {
                "valid_from_year": ValidationError(
                    _("The definition changed in %(year)s already. Give a later year."),
                    params={"year": latest.valid_from_year},
                )
            }
        )
    return year


def _refuse_without_reason(note: str) -> None:
    if not note.strip():
        raise ValidationError({"note": _("Give the reason for the change.")})
