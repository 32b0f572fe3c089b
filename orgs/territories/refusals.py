"""What the database refuses of places, in the words of its constraints."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from orgs.models import Territory, TerritoryClosure, TerritorySuccession

CONSTRAINTS = {
    constraint.name: constraint
    for model in (Territory, TerritoryClosure, TerritorySuccession)
    for constraint in model._meta.constraints
}


@contextmanager
def refused_in_words() -> Iterator[None]:
    """All or nothing of what is done within. Raises ValidationError where a constraint of places is broken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        diagnosis = getattr(clash.__cause__, "diag", None)
        constraint = CONSTRAINTS.get(getattr(diagnosis, "constraint_name", None) or "")
        if constraint is None:
            raise
        raise ValidationError(str(constraint.violation_error_message), code=constraint.name) from clash
