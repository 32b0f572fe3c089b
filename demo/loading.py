"""All of the demo, in the order in which one part needs another."""

from collections.abc import Callable

from demo import directories, figures, mutual, partnerships, registry, reports, vocabulary
from demo.accounts import remove_emails, sample_people

Say = Callable[[str], object]


def load(say: Say) -> None:
    say("Territories, domains, indicators, practices.")
    vocabulary.load()
    people = sample_people()
    say("Organisations.")
    organisations = registry.load(people)
    directories.load(people)
    say("Partnerships.")
    partnerships.load(people, organisations)
    say("Reports.")
    reports.load(people, organisations)
    say("Vouchings, sponsorships, volunteering.")
    mutual.load(people, organisations)
    registry.see_changes(people)
    say("Figures.")
    figures.load(people, organisations)
    remove_emails()
