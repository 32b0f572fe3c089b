"""The sample partnerships, from draft to ended and from inform to empower, and the tables at which the parties meet."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from demo.accounts import People
from demo.calendar import day, day_or_none, morning
from demo.papers import pdf
from demo.registry import Organisations, Places, change
from demo.vocabulary import PARTNERSHIPS, REGISTRY, read
from orgs.languages import LANGUAGES
from orgs.models import User
from partnerships.agreements import actions as agreements
from partnerships.assessments import actions as assessments
from partnerships.assessments import experience as assessments_experience
from partnerships.assessments import review
from partnerships.engagement.evidence import AnyRecord
from partnerships.models import (
    Assessment,
    AssessmentDecision,
    CoordinationTable,
    Criterion,
    Level,
    Partnership,
    PartnershipParty,
    Practice,
    Scale,
)
from partnerships.records import actions as records
from partnerships.tables import actions as tables_actions
from partnerships.vocabulary import PartnershipState, PartyAnswer, PartyRole

Entry = dict[str, Any]
ONE_DAY = datetime.timedelta(days=1)


class PartnershipContext:
    """Who acts for whom, and the levels and criteria by their codes."""

    def __init__(self, people: People, organisations: Organisations, scale: str) -> None:
        self.organisations = organisations
        self.places = Places()
        self.reviewer = people.reviewer
        self.contacts = {entry["slug"]: people.contact(entry) for entry in read(REGISTRY / "demo_organisations.json")}
        self.levels = {level.code: level for level in Level.objects.filter(scale=Scale.objects.get(code=scale))}
        self.criteria = {
            row.code: row for row in Criterion.objects.filter(level__scale__code=scale).select_related("level")
        }
        self.practices = {practice.slug: practice for practice in Practice.objects.all()}

    def stage_levels(self, codes: Mapping[str, str]) -> dict[str, Level]:
        return {stage: self.levels[code] for stage, code in codes.items()}


def load(people: People, organisations: Organisations) -> None:
    data = read(PARTNERSHIPS / "demo_partnerships.json")
    cast = PartnershipContext(people, organisations, data["scale"])
    for entry in data["partnerships"]:
        if not Partnership.objects.filter(title=entry["title"]["en"], is_sample=True).exists():
            Story(entry, cast).tell()
    load_tables(data["coordination_tables"], cast)


class Story:
    """One partnership from the file, told by the actions of those who took part in it."""

    def __init__(self, entry: Entry, cast: PartnershipContext) -> None:
        self.entry = entry
        self.cast = cast
        self.lead = next(party["organisation"] for party in entry["parties"] if party["role"] == PartyRole.AUTHORITY)
        self.officer = cast.contacts[self.lead]
        self.records: dict[str, AnyRecord] = {}

    def tell(self) -> None:
        self.log()
        if self.entry["state"] != PartnershipState.DRAFT:
            self.ask_partners()
        for entry in self.entry["activities"]:
            self.log_activity(entry)
        for entry in self.entry["contributions"]:
            self.log_contribution(entry)
        for entry in self.entry["documents"]:
            self.add_document(entry)
        if self.entry["state"] == PartnershipState.ENDED:
            agreements.end_partnership(
                partnership=self.partnership, ends_on=day(self.entry["ends_on"]), by=self.officer
            )
        for entry in self.entry["assessments"]:
            self.assess(entry)

    def log(self) -> None:
        entry = self.entry
        ends_on = day_or_none(entry["ends_on"])
        partners = [party["organisation"] for party in entry["parties"] if party["role"] == PartyRole.PARTNER]
        self.partnership = agreements.log_partnership(
            authority=self.cast.organisations[self.lead],
            partners=[self.cast.organisations[slug] for slug in partners],
            kind=entry["kind"],
            title=entry["title"]["en"],
            territory=self.cast.places.territory(entry["territory"]),
            domains=[self.cast.places.domains[code] for code in entry["domains"]],
            promised=self.cast.levels[entry["promised"]],
            starts_on=day(entry["starts_on"]),
            ends_on=ends_on,
            purpose=entry["purpose"]["en"],
            gender_note=entry["gender_note"]["en"],
            sdg_targets=entry["sdg_targets"],
            territory_of_origin=entry["territory_of_origin"],
            practices=[self.cast.practices[slug] for slug in entry["practices"]],
            is_sample=True,
            by=self.officer,
        )
        logged_at = self.begun_at()
        change(self.partnership, created_at=logged_at, updated_at=logged_at)
        self.partnership.parties.filter(role=PartyRole.AUTHORITY).update(answered_at=logged_at)

    def begun_at(self) -> datetime.datetime:
        """Its first day, or last week for what is to begin later."""
        return morning(min(day(self.entry["starts_on"]), timezone.localdate() - datetime.timedelta(days=6)))

    def ask_partners(self) -> None:
        agreements.propose_partnership(partnership=self.partnership, by=self.officer)
        self.partnership.parties.filter(role=PartyRole.PARTNER).update(asked_at=self.begun_at())
        for said in self.entry["parties"]:
            if said["role"] == PartyRole.PARTNER and said["answer"] != PartyAnswer.WAITING:
                party = agreements.answer_partnership(
                    party=self.party(said["organisation"]),
                    answer=said["answer"],
                    note=said["note"],
                    by=self.cast.contacts[said["organisation"]],
                )
                change(party, answered_at=morning(day(said["answered_on"])))
        self.partnership.refresh_from_db()

    def party(self, slug: str) -> PartnershipParty:
        return self.partnership.parties.get(organisation=self.cast.organisations[slug])

    def log_activity(self, entry: Entry) -> None:
        kept_apart = ("id", "held_on", "decision_on", "languages")
        facts = {name: value for name, value in entry.items() if name not in kept_apart}
        self.keep(
            entry,
            records.log_activity(
                partnership=self.partnership,
                held_on=day(entry["held_on"]),
                decision_on=day_or_none(entry.get("decision_on")),
                languages=", ".join(LANGUAGES[code.strip()][1] for code in entry["languages"].split(",")),
                by=self.officer,
                **facts,
            ),
        )

    def log_contribution(self, entry: Entry) -> None:
        self.keep(
            entry,
            records.log_contribution(
                partnership=self.partnership,
                giver=self.cast.organisations[entry["giver"]],
                receiver=self.cast.organisations[entry["receiver"]],
                kind=entry["kind"],
                description=entry["description"],
                given_on=day(entry["given_on"]),
                quantity=decimal_or_none(entry["quantity"]),
                unit=entry["unit"],
                amount=decimal_or_none(entry["amount"]),
                currency=entry["currency"],
                by=self.officer,
            ),
        )

    def add_document(self, entry: Entry) -> None:
        self.keep(
            entry,
            records.add_document(
                partnership=self.partnership,
                kind=entry["kind"],
                stage=entry["stage"],
                title=entry["title"],
                dated_on=day(entry["dated_on"]),
                decision_on=day_or_none(entry.get("decision_on")),
                valid_until=day_or_none(entry["valid_until"]),
                signed_by_all=entry["signed_by_all"],
                language=entry["language"],
                is_public=entry["is_public"],
                file=ContentFile(pdf(entry["title"], entry["body"]), name=f"{entry['title']}.pdf"),
                by=self.officer,
            ),
        )

    def keep(self, entry: Entry, record: AnyRecord) -> None:
        self.records[entry["id"]] = record

    def assess(self, entry: Entry) -> None:
        cast = self.cast
        ends_on = day(entry["ends_on"])
        assessment = assessments.begin_assessment(
            partnership=self.partnership, starts_on=day(entry["starts_on"]), ends_on=ends_on, by=self.officer
        )
        change(assessment, created_at=morning(ends_on + ONE_DAY))
        pieces = {}
        for piece in entry["evidence"]:
            evidence = assessments.put_forward_evidence(
                assessment=assessment,
                criterion=cast.criteria[piece["criterion"]],
                record=self.records[piece["record"]],
                by=self.officer,
            )
            pieces[evidence.pk] = review.Verdict(bool(piece["is_accepted"]), piece["comment"])
        submitted_on = day(entry["submitted_on"])
        for said in entry["experiences"]:
            experience = assessments_experience.give_experience(
                assessment=assessment,
                party=self.party(said["organisation"]),
                level=cast.levels[said["level"]],
                stage_levels=cast.stage_levels(said["stage_levels"]),
                comment=said["comment"],
                by=cast.contacts[said["organisation"]],
            )
            change(experience, given_at=morning(submitted_on - ONE_DAY))
        assessments.submit_assessment(
            assessment=assessment,
            claimed=cast.levels[entry["claimed"]],
            stage_levels=cast.stage_levels(entry["stage_levels"]),
            statement=entry["statement"],
            by=self.officer,
        )
        change(assessment, submitted_at=morning(submitted_on))
        assessment.evidence.update(put_forward_at=morning(submitted_on))
        for decided in entry["decisions"]:
            self.decide(assessment, decided, pieces)

    def decide(self, assessment: Assessment, entry: Entry, verdicts: Mapping[int, review.Verdict]) -> None:
        decision = review.decide_assessment(
            assessment=assessment,
            verdicts=verdicts,
            outcome=entry["outcome"],
            reasons=entry["reasons"],
            by=self.cast.reviewer,
        )
        decided_on = day(entry["decided_on"])
        change(decision, decided_at=morning(decided_on))
        if entry["outcome"] != AssessmentDecision.Outcome.CONFIRMED:
            return
        if decision.level is None or decision.level.code != entry["level"]:
            raise ValueError(f"{self.partnership}: the evidence gives {decision.level}, the file says {entry['level']}")
        # Two years from the day of the decision, as the action gave two from today.
        assessment.refresh_from_db()
        assert assessment.confirmed_from is not None
        assert assessment.confirmed_until is not None
        earlier = assessment.confirmed_from - decided_on
        change(assessment, confirmed_from=decided_on, confirmed_until=assessment.confirmed_until - earlier)


def decimal_or_none(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def load_tables(entries: list[Entry], cast: PartnershipContext) -> None:
    """Parents stand before their children in the file."""
    tables: dict[str, CoordinationTable] = {}
    for entry in entries:
        known = CoordinationTable.objects.filter(name=entry["name"]["en"], is_sample=True).first()
        tables[entry["slug"]] = known or found(entry, tables.get(entry["parent"]), cast)


def found(entry: Entry, parent: CoordinationTable | None, cast: PartnershipContext) -> CoordinationTable:
    by: User = cast.contacts[entry["convenor"]]
    table = tables_actions.found_table(
        name=entry["name"]["en"],
        territory=cast.places.territory(entry["territory"]),
        convenor=cast.organisations[entry["convenor"]],
        mandate=entry["mandate"]["en"],
        founded_on=day_or_none(entry["founded_on"]),
        parent=parent,
        is_sample=True,
        by=by,
    )
    for seat in entry["seats"]:
        if seat["organisation"] != entry["convenor"]:
            tables_actions.give_seat(
                table=table, organisation=cast.organisations[seat["organisation"]], is_chair=seat["is_chair"], by=by
            )
    for meeting in entry["meetings"]:
        tables_actions.hold_meeting(
            table=table, held_on=day(meeting["held_on"]), agenda=meeting["agenda"], minutes=meeting["minutes"], by=by
        )
    return table
