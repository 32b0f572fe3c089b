"""Modules whose outcome no version of PostgreSQL or Redis can change: they run on the embedded servers, and not once more on others."""

ONCE = {
    "test_access": "who is let in is decided in Python; the statements are those of the pages, which run on both",
    "test_planted": "what a page shows is decided in Python; it asks the same addresses as the access table",
    "test_html": "markup",
    "test_translations": "texts",
    "test_architecture": "source code",
    "test_urls": "names of addresses",
    "test_deployment": "settings",
    "test_embedded": "the embedded servers themselves",
    "test_run": "the embedded servers themselves",
    "test_disclosure": "the search is Python and asks no database",
    "test_disclosure_berlin": "the search is Python; the statements of a release run on both in test_release",
}
