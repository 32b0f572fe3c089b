#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL and REDIS_URL they run on the servers of integration_portal/embedded.py."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from integration_portal import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
    try:
        with embedded.provide():
            execute_from_command_line(sys.argv)
    except (embedded.EmbeddedServerError, ImproperlyConfigured) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
