"""What operators rely on is in step with the code."""

import re

from django.conf import settings


def test_every_variable_that_the_settings_read_is_explained_in_the_example():
    code = (settings.BASE_DIR / "integration_portal" / "settings.py").read_text()
    read = set(re.findall(r"\benv(?:\.\w+)?\(\s*\"(\w+)\"", code))
    explained = set(re.findall(r"^#?([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 10
    assert read - explained == set()
