import os
from importlib import import_module
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
application = get_wsgi_application()
Thread(target=import_module("orgs.accounts.first_administrator").announce, daemon=True).start()
