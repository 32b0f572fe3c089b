from typing import Any

import pghistory
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.readable import readable


class UserManager(BaseUserManager["User"]):
    def administrators(self) -> models.QuerySet["User"]:
        """Those who run the platform; outside a demo no sample account does."""
        found = self.filter(is_staff=True)
        return found if settings.DEMO else found.filter(is_sample=False)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


@pghistory.track(fields=["is_staff", "is_superuser", "is_active"], model_name="UserRightsEvent")
class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in by e-mail. What they may do comes from memberships and appointments; staff run the platform."""

    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("There is already an account with this e-mail address.")},
    )
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("platform administrator"), default=False)
    is_sample = models.BooleanField(
        _("sample account"), default=False, help_text=_("Can only log in to a demonstration.")
    )
    date_joined = models.DateTimeField(_("joined at"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            readable("name", of="user"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_lower",
                violation_error_message=_("E-mail addresses are stored in lower case."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Staff run the platform, all of it; what anybody else may do is said in the apps' permissions modules."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    @classmethod
    def get_email_field_name(cls) -> str:
        return "email"
