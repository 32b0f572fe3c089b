"""What the database refuses, in words: of a rule that is broken it says the name alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.functional import Promise


def broken_rule(clash: IntegrityError) -> str:
    """The name of the constraint, or that which a trigger gave; "" where the database says none."""
    diagnosis = getattr(clash.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


@contextmanager
def refused_in_words(words: Mapping[str, str | Promise]) -> Iterator[None]:
    """All or nothing of what is done within. Raises ValidationError where one of these rules is broken: `words` says of each what it refuses."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        name = broken_rule(clash)
        if name not in words:
            raise
        raise ValidationError(str(words[name]), code=name) from clash
