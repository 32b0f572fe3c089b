"""Models that are created in one go, as their last operation leaves them."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from orgs.created_together import CreatedTogether

TOGETHER = CreatedTogether(
    [
        migrations.CreateModel("Boat", fields=[("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel(
            "Sailor",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("boat", models.ForeignKey("sea.Boat", models.CASCADE)),
            ],
        ),
        migrations.AddField("Boat", "captain", models.ForeignKey("sea.Sailor", models.CASCADE, related_name="+")),
        migrations.AddField("Boat", "length", models.IntegerField()),
        migrations.AddConstraint("boat", models.CheckConstraint(condition=models.Q(length__gt=0), name="boat_floats")),
        migrations.AddIndex("boat", models.Index(fields=["length"], name="boat_length")),
    ]
)


def tables() -> dict[str, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_name IN ('sea_boat', 'sea_sailor')"
        )
        found: dict[str, set[str]] = {}
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
    return found


@pytest.mark.django_db
def test_fields_constraints_and_indexes_that_follow_are_there_and_go_again():
    before, after = ProjectState(), ProjectState()
    TOGETHER.state_forwards("sea", after)
    with connection.schema_editor(atomic=False) as editor:
        TOGETHER.database_forwards("sea", editor, before, after)
    assert tables() == {"sea_boat": {"id", "captain_id", "length"}, "sea_sailor": {"id", "boat_id"}}
    with connection.cursor() as cursor:
        made = connection.introspection.get_constraints(cursor, "sea_boat")
    assert made["boat_floats"]["check"]
    assert made["boat_length"]["columns"] == ["length"]
    assert [one["foreign_key"] for one in made.values() if one["columns"] == ["captain_id"] and one["foreign_key"]] == [
        ("sea_sailor", "id")
    ]
    with connection.schema_editor(atomic=False) as editor:
        TOGETHER.database_backwards("sea", editor, after, before)
    assert tables() == {}


def test_classes_are_made_when_they_are_asked_for():
    state = ProjectState()
    assert state.apps.get_models() == []  # Made, as they are before a migration.
    TOGETHER.state_forwards("sea", state)
    assert "apps" not in state.__dict__
    assert {model.__name__ for model in state.apps.get_models()} == {"Boat", "Sailor"}
