from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from orgs import installation
from orgs.accounts import first_administrator
from orgs.forms.portal import PortalForm, PortalModelForm
from orgs.models import User


def language_names(codes: list[str]) -> list[tuple[str, str]]:
    """Each in its own words, as the menu of languages has them."""
    return [(code, get_language_info(code)["name_local"].capitalize()) for code in codes]


class FirstAdministratorForm(PortalForm):
    code = forms.CharField(
        label=_("One-time code"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("It is in the log of the server, for example 7K2M-9QXA-41TB-E5RW."),
    )
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("You log in with it, and the portal writes to it."),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, not only digits, and not one that many people use."),
    )
    password_again = forms.CharField(
        label=_("Password again"),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    language = forms.ChoiceField(label=_("Your language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = language_names(installation.current().offered_languages)  # type: ignore[attr-defined]
        self.fields["language"].initial = get_language()

    def clean_code(self) -> str:
        typed: str = self.cleaned_data["code"]
        if not first_administrator.is_right(typed):
            raise ValidationError(
                _("This is not the code. It is in the log of the server, and “manage.py prepare” prints it again.")
            )
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password, again = cleaned.get("password"), cleaned.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", _("The two passwords differ. Type the same one twice."))
        if password:
            account = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
            try:
                password_validation.validate_password(password, account)
            except ValidationError as refusal:
                self.add_error("password", refusal)
        return cleaned


class AccountForm(PortalModelForm):
    """Somebody else's account, for administrators: no password is shown or set here."""

    class Meta:
        model = User
        fields = ["name", "email", "language"]
        help_texts = {"email": _("Its owner logs in with it, and the portal writes to it.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = installation.current().offered_languages
        language = self.instance.language if self.instance.pk else get_language()
        shown = [*offered, *([language] if language and language not in offered else [])]
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of e-mails"), choices=language_names(shown), initial=language
        )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()
