"""The settings of the tests: the portal's own, on servers that hold nothing but tests.

Django reads its settings before a conftest could set a variable, so the servers are provided here. With DATABASE_URL or
REDIS_URL set those are used: Django makes a database beside the one that is named, and Redis' number is moved.
"""

import atexit
import contextlib
import os
import re
import tempfile
from pathlib import Path

from devtools import embedded


def another_redis_database(url: str, *, further: int) -> str:
    """Its number is the path after the host, or with a socket the virtual host; Redis has sixteen unless told."""
    named = re.fullmatch(r"(redis\+socket://[^?]+\?virtual_host=|rediss?://[^/]+/)(\d+)", url)
    if named is None:
        raise ValueError(f"REDIS_URL has to end with the number of a database for the tests: {url}")
    return f"{named[1]}{(int(named[2]) + further) % 16}"


servers = contextlib.ExitStack()
servers.enter_context(embedded.provide(embedded.var_folder() / "test", durable=False))
atexit.register(servers.close)

# The first process leaves the portal's own Redis database; workers of pytest-xdist inherit that and each take the next.
worker = os.environ.get("PYTEST_XDIST_WORKER")
os.environ["REDIS_URL"] = another_redis_database(
    os.environ["REDIS_URL"], further=int(worker.removeprefix("gw")) if worker else 8
)
for variable in ("DEBUG", "DEMO", "PUBLIC_URL", "ALLOWED_HOSTS", "EMAIL_URL"):
    os.environ.pop(variable, None)

from integration_portal.settings import *  # noqa: E402, F403
from integration_portal.settings import DATABASES, INSTALLED_APPS, STORAGES  # noqa: E402

DATABASES["default"]["CONN_MAX_AGE"] = 0  # A kept connection would stand in the way of removing the test database.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Fast, and worth nothing.
# Static files are found in static/ and node_modules as they are, without collectstatic, also by live_server.
INSTALLED_APPS[INSTALLED_APPS.index("integration_portal.apps.FrontEndConfig")] = "django.contrib.staticfiles"
INSTALLED_APPS.append("demo")  # Its commands; settings.DEMO says whether this is one.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PORTAL_SECONDS = 24 * 3600  # tests/conftest.py begins each test with a portal that nobody has changed.
PUBLIC_PAGES_SECONDS = 0  # Tests look at what a view does; tests/test_public_pages.py at what is kept of it.
uploads = tempfile.TemporaryDirectory(prefix="portal-test-media-")
MEDIA_ROOT = Path(uploads.name)
WHITENOISE_AUTOREFRESH = True  # Otherwise each test client reads through all files that collectstatic left.
