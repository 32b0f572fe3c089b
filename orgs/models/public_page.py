from django.db import models
from django.utils import timezone


class PublicChange(models.Model):
    """A statement changed something that public pages show. Triggers write it, in the transaction of the change, for whichever way it came.

    The rows that can be seen are the version of what is public: each adds itself when its transaction commits, whatever the order, and none
    ever comes back. Old ones are removed (`orgs/public_pages.py`), which gives a new version once more.
    """

    class Meta:
        verbose_name = "public change"
        verbose_name_plural = "public changes"

    def __str__(self) -> str:
        return str(self.pk)


class PublicPage(models.Model):
    """A page as every visitor gets it, until something public changes: the shared cache of the web servers.

    The table is unlogged: it is written fast, and empty after a crash of the database.
    """

    key = models.CharField(max_length=64, primary_key=True)
    """Of the address, the host, the language, the day and the code of the portal."""
    version = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    content_type = models.CharField(max_length=100)
    language = models.CharField(max_length=10)
    cache_control = models.CharField(max_length=100)
    body = models.BinaryField()
    """Compressed by gzip."""

    class Meta:
        verbose_name = "public page"
        verbose_name_plural = "public pages"
        indexes = [models.Index("made_at", name="public_page_made")]  # the removal of old ones

    def __str__(self) -> str:
        return self.key
