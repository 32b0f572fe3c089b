"""References of partnerships, that people can read out over the telephone: "PAR-7K3M9P"."""

import secrets

from orgs.naming import REFERENCE_ALPHABET, REFERENCE_LENGTH


def new_reference() -> str:
    return "PAR-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
