from django.db import connection

MOST_PAGES = 20_000
MOST_CHANGES = 100
"""The version of what is public is read from them at each request."""


def remove_public_pages() -> int:
    """Pages that nobody is served any more, and of the others those beyond the newest MOST_PAGES; the number removed.

    Changes are removed only when they are many: each removal is a version of its own, for which every page is made anew. Of those whose
    transactions are still open nothing is seen here, and nothing removed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM orgs_publicchange WHERE id < (SELECT max(id) FROM orgs_publicchange)"
            " AND (SELECT count(*) FROM orgs_publicchange) > %s",
            [MOST_CHANGES],
        )
        cursor.execute(
            "DELETE FROM orgs_publicpage WHERE made_at < now() - interval '1 hour' OR key IN"
            " (SELECT key FROM orgs_publicpage ORDER BY made_at DESC OFFSET %s)",
            [MOST_PAGES],
        )
        return int(cursor.rowcount)
