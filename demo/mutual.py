"""What the sample organisations do for each other and with volunteers: vouchings, sponsorships, languages of interpreters, opportunities."""

import datetime
from typing import Any

from django.utils import timezone

from demo.accounts import People
from demo.registry import Organisations, change, leader_of
from demo.vocabulary import DEMO, read
from orgs.models import Capacity, Organisation, Sponsorship, VolunteerOpportunity, Vouching
from orgs.support import sponsoring, vouching
from orgs.volunteering import actions as volunteering


def load(people: People, organisations: Organisations) -> None:
    """What is there already stays as it is."""
    told = read(DEMO / "mutual.json")
    if not Vouching.objects.exists():
        for one in told["vouchings"]:
            voucher = organisations[one["voucher"]]
            vouching.vouch(
                group=organisations[one["group"]], voucher=voucher, words=one["words"], by=leader_of(voucher)
            )
    if not Sponsorship.objects.exists():
        for one in told["sponsorships"]:
            sponsor(one, organisations)
    for one in told["capacities"]:
        capacities = Capacity.objects.filter(organisation=organisations[one["organisation"]])
        capacities.filter(side=one["side"], kind=one["kind"], languages=[]).update(languages=one["languages"])
    if not VolunteerOpportunity.objects.exists():
        for one in told["opportunities"]:
            offer(one, organisations[one["organisation"]])


def sponsor(one: dict[str, Any], organisations: Organisations) -> None:
    giver, receiver = organisations[one["sponsor"]], organisations[one["sponsored"]]
    from_day = timezone.localdate() - datetime.timedelta(weeks=one["weeks_ago"])
    offered = sponsoring.offer_sponsorship(
        sponsor=giver, sponsored=receiver, gives=one["gives"], from_day=from_day, by=leader_of(giver)
    )
    if one["is_accepted"]:
        sponsoring.answer_sponsorship(sponsorship=offered, is_accepted=True, by=leader_of(receiver))


def offer(one: dict[str, Any], organisation: Organisation) -> None:
    facts = {name: value for name, value in one.items() if name not in ("organisation", "days", "outcome")}
    today = timezone.localdate()
    first, last = (today + datetime.timedelta(days=days) for days in one.get("days", (0, 0)))
    days = {"from_day": first, "to_day": last} if "days" in one else {}
    by = leader_of(organisation)
    opportunity = volunteering.save_opportunity(
        opportunity=VolunteerOpportunity(organisation=organisation, written_in="en", **facts, **days), by=by
    )
    outcome = one.get("outcome")
    if outcome:
        volunteering.end_opportunity(
            opportunity=opportunity,
            ended_on=last,
            took_part=outcome["took_part"],
            hours_given=outcome["hours_given"],
            outcome=outcome["text"],
            by=by,
        )
    change(opportunity, created_at=timezone.now() - datetime.timedelta(days=40))
