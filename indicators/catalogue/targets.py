"""Progress towards a target: how much of the way from the baseline has been gone, by the indicator's direction (engineering rule 6).

Everything is exact: decimals in, a fraction of decimals out. A rate that should fall progresses by falling; where an ideal value is given,
coming nearer to it is progress, from whichever side; an indicator that is context only has none.
"""

from dataclasses import dataclass
from decimal import Decimal

from indicators.vocabulary import Direction


@dataclass(frozen=True)
class TargetProgress:
    """`share` of the way: 0 at the baseline, 1 at the target, below 0 when it went the wrong way."""

    share: Decimal
    is_reached: bool
    is_on_track: bool

    @property
    def percent(self) -> int:
        """For a bar: from 0 to 100."""
        return int(max(Decimal(0), min(Decimal(1), self.share)) * 100)


def distance(value: Decimal, direction: str, ideal: Decimal | None) -> Decimal:
    """How far from good, in the indicator's unit: the less, the better. Only differences of it mean anything."""
    if direction == Direction.IDEAL:
        assert ideal is not None  # indicator_ideal_has_value
        return abs(value - ideal)
    return value if direction == Direction.DOWN else -value


def progress(
    *,
    direction: str,
    ideal: Decimal | None,
    baseline: tuple[int, Decimal],
    target: tuple[int, Decimal],
    current: tuple[int, Decimal],
) -> TargetProgress | None:
    """Where `current` stands between `baseline` and `target`, each (year, value); None where the indicator is context only.

    On track: at least as much of the way as of the time has passed.
    """
    if direction == Direction.CONTEXT:
        return None
    (start, first), (end, wanted), (year, value) = baseline, target, current
    from_baseline, from_target, now = (distance(one, direction, ideal) for one in (first, wanted, value))
    way = from_baseline - from_target
    is_reached = now <= from_target
    share = (from_baseline - now) / way if way > 0 else Decimal(is_reached)
    passed = Decimal(min(max(year - start, 0), end - start)) / (end - start)
    return TargetProgress(share, is_reached, is_reached or share >= passed)
