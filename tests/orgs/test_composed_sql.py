"""SQL composed with psycopg2.sql runs wherever a text does."""

from typing import Any

import pghistory
import pytest
from django.db import connection
from psycopg2.sql import SQL, Identifier, Literal

from orgs.composed_sql import render

STATEMENT = SQL("WITH one AS (SELECT {word} AS {name}) SELECT {name} || %(more)s FROM one").format(
    word=Literal("it's"), name=Identifier('a "name"')
)

pytestmark = pytest.mark.django_db


def test_composed_statement_is_quoted() -> None:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"more": " 100 %"})
        assert cursor.fetchone() == ("it's 100 %",)


def test_composed_statement_carries_who_did_something() -> None:
    """pghistory adds text in front of it, and parameters."""
    with pghistory.context(user=1), connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"more": ""})
        assert cursor.fetchone() == ("it's",)


def test_whoever_wraps_execution_sees_text() -> None:
    seen: list[Any] = []

    def note(execute: Any, sql: Any, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note), connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"more": ""})
    assert seen == ['WITH one AS (SELECT \'it\'\'s\' AS "a ""name""") SELECT "a ""name""" || %(more)s FROM one']


@pytest.mark.django_db(transaction=True)
def test_connection_that_is_opened_again_renders_once() -> None:
    connection.close()
    connection.ensure_connection()
    assert connection.execute_wrappers.count(render) == 1
