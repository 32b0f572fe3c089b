"""What the database refuses of places, in the words of its constraints."""

from orgs.models import Territory, TerritoryClosure, TerritorySuccession

REFUSALS = {
    constraint.name: constraint.violation_error_message or ""
    for model in (Territory, TerritoryClosure, TerritorySuccession)
    for constraint in model._meta.constraints
}
