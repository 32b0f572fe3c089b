"""The form that a file to import arrives with."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.forms.portal import PortalForm
from orgs.uploads import cut_off


class FileForm(PortalForm):
    """Of at most settings.IMPORT_MAX_BYTES. A form gives its sentences with `%(limit)s`: what is taken, and that a file is too large."""

    what_is_taken: str | Promise
    too_large_text: str | Promise

    file = forms.FileField(
        label=_("File"),
        error_messages={
            "required": _("Choose the file that you want to import."),
            "empty": _("The file is empty. Choose one with column names and rows."),
        },
    )
    # The last of the form: what breaks off on its way arrives without it.
    whole = forms.CharField(required=False, initial="1", widget=forms.HiddenInput(attrs={"id": "id_whole"}))

    def __init__(self, *args: Any, is_too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_too_large = is_too_large
        self.fields["file"].help_text = str(self.what_is_taken) % {"limit": filesizeformat(settings.IMPORT_MAX_BYTES)}

    @classmethod
    def too_large(cls) -> ValidationError:
        limit = filesizeformat(settings.IMPORT_MAX_BYTES)
        return ValidationError(str(cls.too_large_text), code="too_large", params={"limit": limit})

    def _clean_fields(self) -> None:
        super()._clean_fields()
        if self.is_too_large:
            # What was sent of it was thrown away, so that the field looks as if nothing had been chosen.
            self.errors.pop("file", None)
            self.add_error("file", self.too_large())

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            raise self.too_large()
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.data and not cleaned.get("whole"):
            raise cut_off()
        return cleaned
