"""Opening hours as people write and read them: "9–13, 16:30–19" for a day, "Monday to Friday, 9:00–13:00" for a week."""

import datetime
import re
from itertools import groupby, pairwise
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.formats import time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from orgs.services.actions import Hours, Stretch
from orgs.vocabulary import Weekday

CLOCK = r"(\d{1,2})(?:\s*[:.h]\s*(\d{2})?)?\s*h?\s*([ap]\.?m\.?)?"
STRETCH = re.compile(
    rf"(?:from |de |da |du |من )?\s*(?:las? )?{CLOCK}\s*(?:-|–|—|to|until|a|à|hasta|إلى)\s*(?:las? )?{CLOCK}",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"[,،;/]|\band\b|\by\b|\bi\b|\bet\b|\bو\b", re.IGNORECASE)
MOST_STRETCHES = 4
LONGEST_STRETCH = 60


def read_stretches(text: str) -> list[Stretch]:
    """What is typed for a day, in order; raises ValidationError with the part that was not understood."""
    stretches = []
    for part in filter(None, (" ".join(piece.split()) for piece in BETWEEN.split(text))):
        # What is longer is no time, and would be tried in all the ways of its spaces.
        found = STRETCH.fullmatch(part) if len(part) <= LONGEST_STRETCH else None
        if found is None:
            raise ValidationError(
                _("“%(part)s” was not understood. Write it like 9–13 or 16:30–19."), params={"part": part}
            )
        stretches.append((clock(part, *found.group(1, 2, 3)), clock(part, *found.group(4, 5, 6))))
    stretches.sort()
    if len(stretches) > MOST_STRETCHES:
        raise ValidationError(_("A day has at most %(count)s opening times."), params={"count": MOST_STRETCHES})
    for (opens, closes), (next_opens, _closes) in pairwise(stretches):
        if closes <= opens or next_opens < closes:
            raise ValidationError(_("The times of a day do not overlap."))
    return stretches


def clock(part: str, hour: str, minute: str | None, half: str | None) -> datetime.time:
    """24:00 is the end of the day. Twelve hours are counted where it says am or pm."""
    number = int(hour)
    if half and not 1 <= number <= 12:
        raise no_time(part)
    if half:
        number = number % 12 + (12 if half[0] in "pP" else 0)
    if (number, int(minute or 0)) == (24, 0):
        return datetime.time(0)
    try:
        return datetime.time(number, int(minute or 0))
    except ValueError as error:
        raise no_time(part) from error


def no_time(part: str) -> ValidationError:
    return ValidationError(_("“%(part)s” is no time of the day: hours go from 0 to 24."), params={"part": part})


def written(stretches: list[Stretch]) -> str:
    return ", ".join(f"{plain(opens)}–{plain(closes)}" for opens, closes in sorted(stretches))


def plain(time: datetime.time) -> str:
    return time_format(time, "G:i")


class OpenDays(NamedTuple):
    days: str
    """"Monday to Friday"."""
    times: str


def lines_of(hours: Hours) -> list[OpenDays]:
    """The week, days that follow each other and are alike in one line."""
    open_days = [
        (place, day, written(hours.week[day])) for place, day in enumerate(Weekday.values) if hours.week.get(day)
    ]
    lines = []
    # Days in a row with the same times have the same distance to their place among those with these times.
    by_times: dict[str, int] = {}

    def run(one: tuple[int, str, str]) -> tuple[str, int]:
        place, _day, times = one
        by_times[times] = by_times.get(times, -1) + 1
        return times, place - by_times[times]

    for (times, _distance), days in groupby(open_days, key=run):
        names = [str(Weekday(day).label) for _place, day, _times in days]
        words = names[0] if len(names) == 1 else _("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]}
        lines.append(OpenDays(capfirst(words), times))
    return lines


def is_open_at(hours: Hours, here: datetime.datetime) -> bool:
    """What `ServiceQuerySet.open_at` says of many, of one; `here` by the clock of the portal."""
    today, yesterday = here.date(), here.date() - datetime.timedelta(days=1)

    def stretches(day: datetime.date) -> list[Stretch]:
        is_closed = any(first <= day <= last for first, last in hours.closed)
        return [] if is_closed else hours.week.get(Weekday.values[day.weekday()], [])

    time = here.time()
    return any(opens <= time and (time < closes or closes <= opens) for opens, closes in stretches(today)) or any(
        closes <= opens and time < closes for opens, closes in stretches(yesterday)
    )
