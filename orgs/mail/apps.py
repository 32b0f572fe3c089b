from django.utils.translation import gettext_lazy as _
from post_office.apps import PostOfficeConfig


class MailConfig(PostOfficeConfig):
    """The queue of e-mails under the portal's own name. Not beside that of `orgs`, which Django would no longer find by itself."""

    verbose_name = _("E-mail")
