"""What follows of a change of places, in sentences, before it is made and after."""

import datetime
from collections.abc import Iterable

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orgs.models import Territory
from orgs.territories.actions import PlaceChange
from orgs.territories.carrying import A_DAY
from orgs.territories.ties import successors_of, ties_by_fate, ties_texts


def day_text(day: datetime.date) -> str:
    return formats.date_format(day, "DATE_FORMAT")


def named(places: Iterable[Territory]) -> str:
    return ", ".join(f"{place.name} ({place.code})" for place in places)


def consequences_of(change: PlaceChange) -> list[str]:
    if change.removed:
        return deleted_texts(change)
    if change.on is None:
        return [
            _("This is a correction of %(place)s: it stays the same place, with all its figures.")
            % {"place": named([change.place])}
        ]
    day, last = day_text(change.on), day_text(change.on - A_DAY)
    found = [_("On %(day)s these end: %(places)s.") % {"day": last, "places": named(change.ended)}]
    if change.begun:
        found.append(_("On %(day)s these begin: %(places)s.") % {"day": day, "places": named(change.begun)})
    elif change.place not in change.ended:
        found.append(_("%(place)s goes on as it is.") % {"place": named([change.place])})
    if change.carried:
        found.append(carried_text(change))
    found.append(
        _("Figures up to %(last)s stay with what ends. What is added up from them is computed again.") % {"last": last}
    )
    if change.begun and not change.keeps_outline:
        found.append(_("What begins has no boundary yet. Upload it on its page."))
    places = [place.pk for place in change.ended] + change.carried
    return found + ties_texts(ties_by_fate(successors_of(places)))


def deleted_texts(change: PlaceChange) -> list[str]:
    found = [_("These are deleted, as if they had never been: %(places)s.") % {"places": named(change.removed)}]
    if change.resumed:
        found.append(_("These go on, as if they had not ended: %(places)s.") % {"places": named(change.resumed)})
    return found


def carried_text(change: PlaceChange) -> str:
    number = len(change.carried)
    if change.begun or change.place not in change.ended:
        return ngettext(
            "%(count)s place that lies in them begins anew in the new one, with the same code, name and boundary.",
            "%(count)s places that lie in them begin anew in the new one, with the same codes, names and boundaries.",
            number,
        ) % {"count": number}
    return ngettext("%(count)s place that lies in it ends too.", "%(count)s places that lie in it end too.", number) % {
        "count": number
    }
