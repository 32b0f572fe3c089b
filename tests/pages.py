"""What a test reads of a page."""

import re


def words_of(html: str) -> str:
    """The text of a page without its tags, white space made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
