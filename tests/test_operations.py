"""What operators rely on is in step with the code."""

import re

import pytest
from django.conf import settings

from tests.settings import another_redis_database


def test_every_variable_that_the_settings_read_is_explained_in_the_example():
    code = (settings.BASE_DIR / "integration_portal" / "settings.py").read_text()
    read = set(re.findall(r"\benv(?:\.\w+)?\(\s*\"(\w+)\"", code))
    explained = set(re.findall(r"^#?([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 10
    assert read - explained == set()


@pytest.mark.parametrize(
    ("url", "further", "expected"),
    [
        (
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=0",
            8,
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=8",
        ),
        (
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=8",
            3,
            "redis+socket:///tmp/portal-a/redis.sock?virtual_host=11",
        ),
        ("redis://127.0.0.1:6379/0", 8, "redis://127.0.0.1:6379/8"),
        ("redis://:secret@queue/9", 8, "redis://:secret@queue/1"),
    ],
)
def test_tests_move_to_another_redis_database(url, further, expected):
    assert another_redis_database(url, further=further) == expected
