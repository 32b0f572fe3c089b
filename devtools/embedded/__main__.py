"""`python -m devtools.embedded COMMAND ...`: any program, with DATABASE_URL and REDIS_URL set for it.

PostgreSQL's own programs read PGHOST and its like, which are set from DATABASE_URL: `… embedded psql` opens the database of the portal.
"""

import os
import subprocess
import sys

from devtools import embedded
from devtools.embedded.postgres import client_variables

if __name__ == "__main__":
    try:
        with embedded.provide():
            environment = os.environ | client_variables(os.environ["DATABASE_URL"])
            sys.exit(subprocess.run(sys.argv[1:], env=environment, check=False).returncode)
    except embedded.EmbeddedServerError as error:
        sys.exit(str(error))
