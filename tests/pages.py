"""What a test reads of a page."""

import re


def words_of(html: str) -> str:
    """The text of a page without its tags, white space made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def unmarked(html: str) -> str:
    """Without the marks of the language that people's own words are in."""
    return re.sub(r"</?bdi[^>]*>", "", html)
