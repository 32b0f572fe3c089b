#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL and REDIS_URL they run on the servers of devtools/embedded."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
    try:
        if all(map(os.environ.get, ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"))):
            execute_from_command_line(sys.argv)
        else:
            on_embedded_servers()
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def on_embedded_servers() -> None:
    from devtools import embedded  # A deployment has servers of its own, and never imports these.

    try:
        with embedded.provide():
            execute_from_command_line(sys.argv)
    except embedded.EmbeddedServerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
