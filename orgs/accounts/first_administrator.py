"""The code by which the first administrator of an empty portal proves that the server is theirs: it stands in the log, and nowhere else.

It follows from the secret key, so that every process knows it and none has to keep it; from when this very database was made, and from how often
somebody has been made an administrator, so that no code comes back.
"""

import logging
import re
from hashlib import sha256

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from orgs.models import User

logger = logging.getLogger(__name__)

SALT = "orgs.accounts.first_administrator"
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of Crockford's base 32: no sign looks like another one."""
LENGTH = 16
"""Of five bits each."""
ALIKE = str.maketrans("OIL", "011")


def is_missing() -> bool:
    """One whose account was closed is none who is missing: the way back is a command on the server."""
    return not User.objects.administrators().exists()


def code() -> str:
    """As people read it: 7K2M-9QXA-41TB-E5RW."""
    appointments = apps.get_model("orgs", "UserRightsEvent")._default_manager.filter(is_staff=True).count()
    made_at = MigrationRecorder.Migration.objects.aggregate(first=Min("applied"))["first"]
    number = int.from_bytes(salted_hmac(SALT, f"{made_at} {appointments}", algorithm="sha256").digest(), "big")
    signs = "".join(SIGNS[(number >> 5 * place) & 31] for place in range(LENGTH))
    return "-".join(re.findall("....", signs))


def is_right(typed: str) -> bool:
    return constant_time_compare(_digest(typed), _digest(code()))


def _digest(text: str) -> str:
    """Of one length, whatever was typed."""
    return sha256(re.sub(r"[\W_]", "", text).upper().translate(ALIKE).encode()).hexdigest()


def announcement() -> str:
    address = f"{settings.PUBLIC_URL}{reverse('administrator_first')}"
    return f"This portal has no administrator yet. Open {address} and enter the code {code()}"


def announce() -> None:
    """In the log of the server that starts, by a thread of its own: where the database is not there yet, it starts all the same."""
    try:
        if is_missing():
            logger.warning(announcement())
    except DatabaseError as error:
        logger.warning("Whether there is an administrator is not known: %s", str(error).strip().partition("\n")[0])
    finally:
        connection.close()
