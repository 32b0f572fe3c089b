import logging
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "integration_portal.settings")
application = get_wsgi_application()
if announcement := import_module("orgs.accounts.first_administrator").announcement_if_missing():
    logging.getLogger(__name__).warning(announcement)
