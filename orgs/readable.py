"""Text that is what it looks like: without signs that nobody sees and that turn, hide or end what stands beside them."""

import re
import unicodedata

from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

# Controls but for tab and line ends; embeddings, overrides and isolates of direction; marks of annotation; tags. What Arabic, Hebrew,
# Persian and the scripts of India need stays: the marks of direction (U+200E, U+200F, U+061C) and the joiners. The pattern is read alike
# by Python and by PostgreSQL. Source: Unicode Technical Report 36, "Bidirectional Text Spoofing".
HIDDEN = (
    r"\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f"
)
HIDDEN_SIGN = re.compile(f"[{HIDDEN}]")
NO_NAME = rf"[{HIDDEN}\u0009\u000a\u000d]"
"""What a name has none of; it stands on one line."""
BLANK = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
"""Letters and symbols that are drawn as nothing."""


def without_hidden_signs(text: str) -> str:
    return HIDDEN_SIGN.sub("", text)


def is_blank(text: str) -> bool:
    """Whether nothing of it is seen."""
    return all(unicodedata.category(sign)[0] in "ZC" or sign in BLANK for sign in text)


def readable(*names: str, of: str) -> CheckConstraint:
    """For the names and titles of the model `of`, whichever way they come in: a form takes hidden signs out before."""
    condition = Q()
    for name in names:
        condition &= ~Q(**{f"{name}__regex": NO_NAME})
    return CheckConstraint(
        condition=condition,
        name=f"{of}_readable",
        violation_error_message=_("Type the name again: it contains hidden characters or more than one line."),
    )
