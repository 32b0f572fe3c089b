"""`python -m integration_portal.embedded COMMAND ...`: any program, with DATABASE_URL and REDIS_URL set for it."""

import subprocess
import sys

from integration_portal import embedded

if __name__ == "__main__":
    try:
        with embedded.provide():
            sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)
    except embedded.EmbeddedServerError as error:
        sys.exit(str(error))
