"""A portal that would be unsafe does not start, and says why; what stands between a visitor and it is taken as configured."""

import io
import json
import logging
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse

from integration_portal import deployment
from orgs.accounts.authentication import client_address
from tests.factories import UserFactory

SECRET = "".join(map(chr, range(48, 110)))
SOUND: dict[str, Any] = {
    "public_url": "https://portal.example",
    "allowed_hosts": ["portal.example"],
    "secret_key": SECRET,
    "demo": False,
    "debug": False,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"allowed_hosts": ["127.0.0.1", ".portal.example"]},
        {"public_url": "https://portal.example:8443"},
        {
            "public_url": "http://127.0.0.1:8001",
            "allowed_hosts": ["127.0.0.1", "localhost"],
            "demo": True,
            "secret_key": "k",
        },
        {"public_url": "http://[::1]:8001", "allowed_hosts": ["[::1]"], "debug": True},
    ],
)
def test_sound_settings_have_no_fault(changes):
    assert deployment.faults(**SOUND | changes) == []


@pytest.mark.parametrize(
    ("changes", "variable", "reason"),
    [
        ({"demo": True}, "DEMO=1", "sample accounts"),
        ({"demo": True, "public_url": "https://localhost", "allowed_hosts": ["localhost"]}, "DEMO=1", "localhost"),
        (
            {"demo": True, "public_url": "http://127.0.0.1", "allowed_hosts": ["127.0.0.1", "10.0.0.7"]},
            "DEMO=1",
            "10.0.0.7",
        ),
        ({"debug": True}, "DEBUG=1", "error page"),
        ({"debug": True, "public_url": "http://127.0.0.1", "allowed_hosts": ["127.0.0.1", "*"]}, "DEBUG=1", "*"),
        ({"allowed_hosts": ["*"]}, "ALLOWED_HOSTS", "links of letters"),
        ({"allowed_hosts": ["portal.example", "*"]}, "ALLOWED_HOSTS", "links of letters"),
        ({"allowed_hosts": ["portal.example", ".example"]}, "ALLOWED_HOSTS", "links of letters"),
        ({"allowed_hosts": ["*"], "public_url": "http://localhost"}, "ALLOWED_HOSTS", "links of letters"),
        ({"allowed_hosts": ["other.example"]}, "ALLOWED_HOSTS", "lacks portal.example"),
        ({"allowed_hosts": []}, "ALLOWED_HOSTS", "lacks portal.example"),
        ({"public_url": "http://portal.example"}, "PUBLIC_URL", "not encrypted"),
        ({"public_url": "portal.example"}, "PUBLIC_URL", "not an address"),
        ({"public_url": "https://portal.example:many"}, "PUBLIC_URL", "not an address"),
        ({"secret_key": "unused"}, "SECRET_KEY", "guessed"),
        ({"secret_key": "x" * 60}, "SECRET_KEY", "guessed"),
        ({"secret_key": f"django-insecure-{SECRET}"}, "SECRET_KEY", "guessed"),
    ],
)
def test_unsafe_settings_are_named_with_their_reason(changes, variable, reason):
    found = [fault for fault in deployment.faults(**SOUND | changes) if variable in fault and reason in fault]
    assert len(found) == 1
    assert SECRET not in found[0]


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "runserver", "--noreload", "127.0.0.1:0"],
        ["manage.py", "prepare"],
        ["-m", "gunicorn", "integration_portal.wsgi", "--bind=127.0.0.1:0", "--no-control-socket"],
        ["-m", "celery", "--app=integration_portal", "worker", "--pool=solo"],
        ["-m", "celery", "--app=integration_portal", "beat", "--pidfile="],
    ],
    ids=" ".join,
)
def test_every_way_to_start_refuses(command):
    ended, said = start(command, DEMO="1")
    assert ended != 0, said
    assert "DEMO=1 lets everybody in with sample accounts" in said
    if command[0] == "manage.py":
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("unsafe", "reason"),
    [
        ({"DEBUG": "1"}, "DEBUG=1 shows settings and data on every error page"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS has '*'"),
        ({"ALLOWED_HOSTS": "portal.example,*"}, "ALLOWED_HOSTS has '*'"),
    ],
)
def test_settings_refuse_what_is_unsafe_with_https(unsafe, reason):
    ended, said = start(["manage.py", "check"], **unsafe)
    assert ended != 0, said
    assert reason in said
    assert "Traceback" not in said


def start(command: list[str], **changed: str) -> tuple[int, str]:
    """How it ended and what it said: with the portal's own settings, sound but for what is changed."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    sound = {"PUBLIC_URL": "https://portal.example", "ALLOWED_HOSTS": "portal.example", "SECRET_KEY": SECRET}
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=environment | sound | changed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def settings_under(**environment: str) -> dict[str, Any]:
    """What the portal's settings say with these variables, read in a process of their own."""
    names = [
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "LANGUAGE_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "LANGUAGE_COOKIE_SECURE",
        "ALLAUTH_TRUSTED_PROXY_COUNT",
        "SECOND_STEP_REQUIRED",
    ]
    code = f"import json; from integration_portal import settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    kept = {name: value for name, value in os.environ.items() if name != "TRUSTED_PROXY_COUNT"}
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=kept | {"SECRET_KEY": SECRET} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    read: dict[str, Any] = json.loads(answer.stdout)
    return read


def test_cookies_under_tls_are_of_this_host_alone():
    under_tls = settings_under(PUBLIC_URL="https://portal.example", ALLOWED_HOSTS="portal.example")
    assert {name: value for name, value in under_tls.items() if "COOKIE" in name} == {
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "LANGUAGE_COOKIE_NAME": "__Host-django_language",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "LANGUAGE_COOKIE_SECURE": True,
    }


def test_second_step_is_required_under_tls_alone():
    under_tls = settings_under(PUBLIC_URL="https://portal.example", ALLOWED_HOSTS="portal.example")
    at_home = settings_under(PUBLIC_URL="http://127.0.0.1:8001", ALLOWED_HOSTS="127.0.0.1")
    assert (under_tls["SECOND_STEP_REQUIRED"], at_home["SECOND_STEP_REQUIRED"]) == (True, False)


@pytest.mark.django_db
def test_no_cookie_of_a_visitor_is_tied_to_a_path_or_a_domain():
    """As a browser demands of the name that it has under TLS."""
    client = Client()
    client.post(reverse("orgs:registration_start"))
    client.get(reverse("account_login"))
    client.post(reverse("set_language"), {"language": "es"})
    assert len(client.cookies) >= 3
    assert {(cookie["path"], cookie["domain"]) for cookie in client.cookies.values()} == {("/", "")}


# --- From where somebody comes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "address"),
    [
        (0, None, "198.51.100.7", "198.51.100.7"),
        (0, "203.0.113.9", "198.51.100.7", "198.51.100.7"),  # Nobody whom we trust wrote that.
        (1, "203.0.113.9", "10.0.0.2", "203.0.113.9"),
        (1, "192.0.2.1, 192.0.2.2,203.0.113.9", "10.0.0.2", "203.0.113.9"),
        (1, None, "10.0.0.2", "10.0.0.2"),
        (1, "203.0.113.9:52341", "10.0.0.2", "203.0.113.9"),
        (1, "[2001:db8::7]:52341", "10.0.0.2", "2001:db8::7"),
        (1, "::ffff:203.0.113.9", "10.0.0.2", "203.0.113.9"),
        (1, "203.0.113.9", "", "203.0.113.9"),  # On a Unix socket.
        (1, None, "", "127.0.0.1"),
        (1, "unknown", "10.0.0.2", "10.0.0.2"),
        (1, "", "10.0.0.2", "10.0.0.2"),
        (2, "192.0.2.1, 203.0.113.9, 10.0.0.1", "10.0.0.2", "203.0.113.9"),
        (2, None, "10.0.0.2", "10.0.0.2"),
    ],
)
def test_client_is_whom_the_outermost_trusted_proxy_saw(settings, proxies, forwarded, peer, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("environment", "proxies"),
    [
        ({"PUBLIC_URL": "http://127.0.0.1:8000"}, 0),
        ({"PUBLIC_URL": "https://portal.example", "ALLOWED_HOSTS": "portal.example"}, 1),
        ({"PUBLIC_URL": "https://portal.example", "ALLOWED_HOSTS": "portal.example", "TRUSTED_PROXY_COUNT": ""}, 1),
        ({"PUBLIC_URL": "https://portal.example", "ALLOWED_HOSTS": "portal.example", "TRUSTED_PROXY_COUNT": "2"}, 2),
    ],
)
def test_there_is_a_proxy_where_there_is_tls(environment, proxies):
    """Compose passes an empty variable where the operator set none."""
    assert settings_under(**environment)["ALLAUTH_TRUSTED_PROXY_COUNT"] == proxies
    compose = (settings.BASE_DIR / "docker-compose.yml").read_text()
    assert "TRUSTED_PROXY_COUNT: ${TRUSTED_PROXY_COUNT:-}\n" in compose


LIMITS = [
    ("account_login", {"login": "nobody@example.org", "password": "wrong"}),
    ("account_reset_password", {"email": "nobody@example.org"}),
    ("account_request_login_code", {"email": "nobody@example.org"}),
    ("orgs:registration_start", {}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "data"), LIMITS, ids=[name for name, _ in LIMITS])
def test_limits_count_each_visitor_behind_the_proxy(settings, name, data):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(
        ["login", "login_failed", "reset_password", "request_login_code", "begin_registration"], "3/m/ip"
    )

    def ask(forwarded: str) -> bool:
        """Whether it was let through. Each time with another address, which is counted too."""
        sent = {field: f"{len(asked)}{value}" if "@" in value else value for field, value in data.items()}
        asked.append(forwarded)
        response = Client(REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": forwarded}).post(reverse(name), sent)
        return response.status_code != 429 and "Too many" not in response.content.decode()

    asked: list[str] = []
    assert [ask("203.0.113.9") for _ in range(3)] == [True, True, True]
    assert not ask("203.0.113.9")
    assert not ask("192.0.2.44, 203.0.113.9"), "a forged entry bought another try"
    assert ask("203.0.113.10"), "another visitor pays for the first"


# --- What every answer says -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_pages_of_people_who_are_signed_in_are_kept_nowhere(client):
    client.force_login(UserFactory())
    for name in ("home", "orgs:my_organisations", "robots", "orgs:lookup_territories", "account_email"):
        assert client.get(reverse(name)).headers["Cache-Control"] == "private, no-store", name


@pytest.mark.django_db
def test_pages_use_no_feature_of_the_device(client):
    for path in (reverse("home"), "/no/such/page/"):
        policy = client.get(path).headers["Permissions-Policy"]
        assert {"camera=()", "microphone=()", "geolocation=()", "payment=()"} <= set(policy.split(", "))
        assert "publickey-credentials" not in policy  # People log in with passkeys.


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "status"), [("/styleguide/", 403), ("/no/such/page/", 404), ("/?q=%00", 400)])
def test_a_refusal_is_one_line_of_the_log(client, path, status, monkeypatch):
    client.force_login(UserFactory())
    written = io.StringIO()
    consoles = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    monkeypatch.setattr(consoles[0], "stream", written)
    assert client.get(path).status_code == status
    lines = written.getvalue().splitlines()
    assert len(lines) == 1, lines
    assert "WARNING django.request" in lines[0]
    assert path.split("?")[0] in lines[0]
