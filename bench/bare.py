"""What a crowd is measured against: a bare Django, without middleware, whose only view asks the database one thing."""

import os

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    DATABASES={"default": environ.Env.db_url_config(os.environ["DATABASE_URL"]) | {"CONN_MAX_AGE": 60}},
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
    MIDDLEWARE=[],
)


def one_query(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orgs_domain")
        found = str(cursor.fetchone()[0])
    return HttpResponse(found, headers={"Content-Length": len(found)})


urlpatterns = [path("", one_query)]
application = get_wsgi_application()
