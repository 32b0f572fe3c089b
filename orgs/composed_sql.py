"""SQL composed with psycopg2.sql is made a text before anything else sees it.

pghistory puts who did something in front of a statement (`pghistory.runtime`), as do others who wrap execution, and all of them expect text.
"""

from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.sql import Composable


def render(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """The outermost wrapper of every execution: quotes for the connection at hand."""
    if isinstance(sql, Composable):
        sql = sql.as_string(context["cursor"].cursor)
    return execute(sql, params, many, context)


def render_composed(connection: BaseDatabaseWrapper, **signal: Any) -> None:
    """For the signal connection_created, which a connection gives again when it was closed and opened."""
    if render not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, render)
