"""What a portal must never be started with, asked of the settings while they are read: web server, worker, beat and every command refuse alike.

Nothing of Django is set up here yet: the settings themselves ask.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

MIN_SECRET = 50
"""As Django's own `check --deploy` counts: characters of a secret key, of which five differ."""
MIN_SECRET_DIFFERENT = 5


def is_this_machine(host: str) -> bool:
    """A name or address by which nobody else reaches this machine."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_reachable(*, public_url: str, allowed_hosts: list[str]) -> bool:
    """Whether anybody but this machine may reach the portal: then it is deployed, and runs without what only developers need."""
    address = urlsplit(public_url)
    return address.scheme == "https" or not all(map(is_this_machine, [address.hostname or "", *allowed_hosts]))


def faults(*, public_url: str, allowed_hosts: list[str], secret_key: str, demo: bool, debug: bool) -> list[str]:
    """Why the portal must not start with these settings, one sentence each that names the variable; none where it may."""
    address = urlsplit(public_url)
    try:
        host, is_readable = address.hostname or "", address.port is None or address.port > 0
    except ValueError:  # A port that is no number.
        host, is_readable = address.hostname or "", False
    if address.scheme not in ("http", "https") or not host or not is_readable:
        return [f"PUBLIC_URL={public_url} is not an address. Write it as people type it: https://portal.example."]
    others = [each for each in (host, *allowed_hosts) if not is_this_machine(each)]
    found = []
    if demo and (others or address.scheme == "https"):
        found.append(
            f"DEMO=1 lets everybody in with sample accounts whose passwords are public, and others can reach {reached(others, host)}. "
            "Unset DEMO, or keep PUBLIC_URL and ALLOWED_HOSTS to this machine."
        )
    if debug and (others or address.scheme == "https"):
        found.append(
            f"DEBUG=1 shows settings and data on every error page, and others can reach {reached(others, host)}. "
            "Unset DEBUG, or keep PUBLIC_URL and ALLOWED_HOSTS to this machine."
        )
    found += [
        f"ALLOWED_HOSTS has {each!r}, so that anybody's name for this machine would stand in the links of letters. "
        "Name the hosts by which people reach the portal."
        for each in allowed_hosts
        if is_any_host(each)
    ]
    if not any(is_any_host(each) for each in allowed_hosts) and not is_allowed(host, allowed_hosts):
        found.append(
            f"ALLOWED_HOSTS lacks {host}, the host of PUBLIC_URL, so that every page would be refused. Add it to ALLOWED_HOSTS."
        )
    if address.scheme == "http" and others:
        found.append(
            f"PUBLIC_URL={public_url} is not encrypted, and others can reach {reached(others, host)}: passwords could be read on their way. "
            "Begin PUBLIC_URL with https://, with a proxy that ends TLS before the portal."
        )
    if others and (
        len(secret_key) < MIN_SECRET
        or len(set(secret_key)) < MIN_SECRET_DIFFERENT
        or secret_key.startswith("django-insecure")
    ):
        found.append(
            "SECRET_KEY can be guessed, and with it anybody's session. Make one: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return found


def reached(others: list[str], host: str) -> str:
    return ", ".join(dict.fromkeys(others)) or host


def is_any_host(pattern: str) -> bool:
    """`*`, or a whole top-level domain such as `.org`."""
    return "*" in pattern or (pattern.startswith(".") and "." not in pattern.strip("."))


def is_allowed(host: str, patterns: list[str]) -> bool:
    host = host.strip("[]")
    return any(
        host == pattern.strip("[]").lower() or (pattern.startswith(".") and f".{host}".endswith(pattern.lower()))
        for pattern in patterns
    )
