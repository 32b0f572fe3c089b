"""How the tests' database is emptied after a test that committed."""

from collections.abc import Sequence
from typing import Any

from django.db import connection


def sql_flush(style: Any, tables: Sequence[str], **options: Any) -> list[str]:
    """Deletes from the tables that hold rows. TRUNCATE makes new files for every table and index, which takes 0.3 s with 140 tables.

    No trigger fires, those of references included: for that PostgreSQL wants a superuser. Another role's tables are truncated.
    """
    names = [connection.ops.quote_name(table) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        if cursor.fetchone() != ("on",):
            return [f"TRUNCATE {', '.join(names)}"]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names))
        filled = [name for (name,) in cursor.fetchall()]
    return ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in filled)]
