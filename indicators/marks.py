"""What is marked for the rollup as a whole. Single marks are made by triggers.

Aliases: s: indicators_slice · d: indicators_period · o: indicators_observation · f: indicators_computedplace.
"""

from django.db import connection

from indicators.models import Slice

# The first in the order of the index is a probe of it for each pair. EXISTS within OR would read both tables whole, and a limit without an
# order reads a table until it meets a match, which may stand at its end.
MARK_ALL = """
    INSERT INTO indicators_dirtymark (indicator_id, period_id)
    SELECT s.indicator_id, d.id FROM indicators_slice s JOIN indicators_period d ON d.year = s.year
    WHERE (SELECT true FROM indicators_observation o
           WHERE o.status = 'approved' AND o.indicator_id = s.indicator_id AND o.period_id = d.id
           ORDER BY o.territory_id LIMIT 1)
       OR (SELECT true FROM indicators_computedplace f WHERE f.indicator_id = s.indicator_id AND f.period_id = d.id
           ORDER BY f.territory_id LIMIT 1)
"""


def mark_all() -> int:
    """Marks every indicator and period that has figures, for a recomputation from scratch; the number of marks. Parked slices get a new try."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_ALL)
        marks = int(cursor.rowcount)
    Slice.objects.exclude(parked_at=None).update(parked_at=None, attempts=0, error="")
    return marks
