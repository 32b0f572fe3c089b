"""What a refused import says."""

from indicators.imports.messages import message_text
from indicators.models import ImportBatch, Observation


def told(batch: ImportBatch) -> list[tuple[int | None, str, str, str, int]]:
    """The messages of a refused import: line, column, code, value, rows."""
    assert batch.state == ImportBatch.State.REFUSED
    assert not Observation.objects.exists()
    assert all(message_text(message) for message in batch.messages.all())
    return list(batch.messages.values_list("line", "column", "code", "value", "rows"))
