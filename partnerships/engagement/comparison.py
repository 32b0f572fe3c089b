"""Four values side by side: what was promised, claimed, experienced and confirmed, and the two gaps between them in
words.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orgs.permissions import Person
from partnerships.models import Assessment, Experience, Level, Partnership
from partnerships.vocabulary import AssessmentState, Stage


@dataclass(frozen=True)
class Voice:
    """One row of the ladder."""

    code: str
    label: str
    order: int | None
    note: str = ""


@dataclass(frozen=True)
class StageRow:
    label: str | Promise
    claimed: Level | None
    confirmed: Level | None
    experienced: list[tuple[str, Level]]


@dataclass(frozen=True)
class Voices:
    levels: Sequence[Level]
    rows: list[Voice]
    assessment: Assessment | None
    """The latest whose claim is in."""
    promise_gap: str = ""
    perception_gaps: list[str] = field(default_factory=list)
    stages: list[StageRow] = field(default_factory=list)
    experiences: list[Experience] = field(default_factory=list)


def voices_of(partnership: Partnership, user: Person, on: datetime.date) -> Voices:
    """What `user` may know of it on a day. Claims and experiences of drafts are not asked for, so they cannot slip
    through.
    """
    claimed = list(
        Assessment.objects.claimed()
        .filter(partnership=partnership)
        .select_related("promised", "claimed", "confirmed", "scale")
        .prefetch_related("stage_levels__claimed", "stage_levels__confirmed")
    )
    latest = claimed[0] if claimed else None
    scale_id = latest.scale_id if latest else partnership.promised.scale_id
    levels = list(Level.objects.filter(scale=scale_id).order_by("order"))
    promised = (latest.promised if latest else None) or partnership.promised
    rows = [Voice("promised", _("Promised"), promised.order, _("at the start"))]
    if latest is None:
        rows += [
            Voice("claimed", _("Claimed"), None),
            Voice("experienced", _("Experienced"), None),
            Voice("confirmed", _("Confirmed"), None),
        ]
        return Voices(levels, rows, None)
    experiences = list(
        Experience.objects.visible_to(user)
        .filter(assessment=latest)
        .select_related("party__organisation", "level")
        .prefetch_related("stage_levels__level")
    )
    assert latest.claimed is not None  # assessment_claim_when_submitted
    rows.append(Voice("claimed", _("Claimed"), latest.claimed.order, period_words(latest)))
    rows += [
        Voice("experienced", _("Experienced"), one.level.order, one.party.organisation.name) for one in experiences
    ] or [Voice("experienced", _("Experienced"), None)]
    holding = next((one for one in claimed if holds(one, on)), None)
    rows.append(confirmed_voice(latest, holding))
    confirmed = holding.confirmed if holding else None
    return Voices(
        levels=levels,
        rows=rows,
        assessment=latest,
        promise_gap=promise_gap(promised, confirmed) if confirmed else "",
        perception_gaps=[perception_gap(one, latest.claimed) for one in experiences],
        stages=stage_rows(latest, experiences),
        experiences=experiences,
    )


def holds(assessment: Assessment, on: datetime.date) -> bool:
    """As `confirmed_on`, for a row at hand."""
    start, end = assessment.confirmed_from, assessment.confirmed_until
    return start is not None and end is not None and start <= on <= end


def period_words(assessment: Assessment) -> str:
    return _("%(start)s to %(end)s") % {
        "start": formats.date_format(assessment.starts_on, "SHORT_DATE_FORMAT"),
        "end": formats.date_format(assessment.ends_on, "SHORT_DATE_FORMAT"),
    }


def confirmed_voice(latest: Assessment, holding: Assessment | None) -> Voice:
    label = _("Confirmed")
    if holding is not None and holding.confirmed is not None and holding.confirmed_until is not None:
        until = formats.date_format(holding.confirmed_until, "SHORT_DATE_FORMAT")
        note = _("until %(date)s") % {"date": until}
        if holding != latest:
            note = _("for an earlier period, until %(date)s") % {"date": until}
        return Voice("confirmed", label, holding.confirmed.order, note)
    notes = {
        AssessmentState.SUBMITTED: _("to be reviewed"),
        AssessmentState.RETURNED: _("returned for more evidence"),
        AssessmentState.CONFIRMED: _("the confirmed level has lapsed"),
    }
    return Voice("confirmed", label, None, str(notes.get(AssessmentState(latest.state), "")))


def promise_gap(promised: Level, confirmed: Level) -> str:
    steps = confirmed.order - promised.order
    if steps == 0:
        return _("The promise was kept: the confirmed level is the one that was promised.")
    if steps > 0:
        return ngettext(
            "More than promised: the confirmed level is %(count)d level above the promise.",
            "More than promised: the confirmed level is %(count)d levels above the promise.",
            steps,
        ) % {"count": steps}
    return ngettext(
        "The promise was not kept: the confirmed level is %(count)d level below it.",
        "The promise was not kept: the confirmed level is %(count)d levels below it.",
        -steps,
    ) % {"count": -steps}


def perception_gap(experience: Experience, claimed: Level) -> str:
    steps = experience.level.order - claimed.order
    name = {"name": experience.party.organisation.name, "count": abs(steps)}
    if steps == 0:
        return _("%(name)s experienced the level that the authority claims.") % name
    if steps > 0:
        return (
            ngettext(
                "%(name)s experienced %(count)d level more than the authority claims.",
                "%(name)s experienced %(count)d levels more than the authority claims.",
                steps,
            )
            % name
        )
    return (
        ngettext(
            "%(name)s experienced %(count)d level less than the authority claims.",
            "%(name)s experienced %(count)d levels less than the authority claims.",
            -steps,
        )
        % name
    )


def stage_rows(assessment: Assessment, experiences: Sequence[Experience]) -> list[StageRow]:
    stated = {row.stage: row for row in assessment.stage_levels.all()}
    rows = []
    for stage in Stage:
        row = stated.get(stage)
        experienced = [
            (one.party.organisation.name, level.level)
            for one in experiences
            for level in one.stage_levels.all()
            if level.stage == stage
        ]
        rows.append(StageRow(stage.label, row.claimed if row else None, row.confirmed if row else None, experienced))
    return rows if stated or any(row.experienced for row in rows) else []
