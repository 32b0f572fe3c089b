"""What the page of a territory opens with: three sentences of what is true and matters, and where migrants and hosts stand apart.

Only figures of the place itself are spoken of, whole, current, of enough people and not made up; gaps before all else, then what changed most.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from indicators.dashboards.cards import Card
from indicators.dashboards.findings import gap_sentence, line_sentence, line_told, part_moved
from indicators.dashboards.gap import Gap
from indicators.dashboards.judgement import is_current

SENTENCES = 3
GAPS = 6


@dataclass(frozen=True)
class OpeningSentence:
    """One sentence, and the card that shows what it speaks of."""

    card: Card
    text: str


def spoken_of(cards: Iterable[Card], territory_id: int) -> list[Card]:
    """The cards of which something may be said at the head of the territory's page."""
    return [card for card in cards if card.territory.pk == territory_id and card.is_judged and not card.is_sample]


def opening_sentences(cards: Iterable[Card]) -> list[OpeningSentence]:
    """At most three, of as many domains: the largest gaps first, then the largest changes of what is told."""
    held = list(cards)
    gaps = [OpeningSentence(card, gap_sentence(card.indicator, gap, card.gap_group)) for card, gap in apart(held)]
    own = sorted((card for card in held if not card.gap and not card.lead_group), key=moved, reverse=True)
    lines = [
        OpeningSentence(card, line_sentence(card.indicator, card.as_chart.points, card.breaks))
        for card in own
        if moved(card)
    ]
    chosen: list[OpeningSentence] = []
    for sentence in [*gaps, *lines]:
        if sentence.text and all(one.card.indicator.domain_id != sentence.card.indicator.domain_id for one in chosen):
            chosen.append(sentence)
    return chosen[:SENTENCES]


def apart(cards: Iterable[Card]) -> list[tuple[Card, Gap]]:
    """The cards with a current gap, the widest by what one of the two groups is of the other first."""
    found = [
        (card, card.gap)
        for card in cards
        if card.gap
        and card.gap.difference is not None
        and abs(card.gap.difference) > card.gap.margin
        and is_current(card.gap.period, card.today)
    ]
    return sorted(found, key=lambda one: width(one[1]), reverse=True)


def width(gap: Gap) -> Decimal:
    """0 where both stand alike, 1 where one of the two has nothing."""
    larger = max(abs(gap.migrants or Decimal(0)), abs(gap.host or Decimal(0)))
    return abs(gap.difference or Decimal(0)) / larger if larger else Decimal(0)


def moved(card: Card) -> Decimal:
    """By how much of itself the line that the sentence tells has moved: 0 where it stands where it stood, or may not be compared."""
    line = line_told(card.indicator, card.as_chart.points, card.breaks)
    change = card.change_since(line[0]) if line else None
    return part_moved(card.indicator, line[0], line[-1]) if change and change.side else Decimal(0)
