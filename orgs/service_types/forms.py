"""What an administrator types of a type of service: its names, and the words by which people find it."""

import re
from hashlib import sha256
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from orgs.folding import in_every_language
from orgs.forms import PortalModelForm
from orgs.forms.words import WordsMixin, label_in
from orgs.models import ServiceType, ServiceTypeWord
from orgs.services.finding import stem

LONGEST = ServiceTypeWord._meta.get_field("text").max_length or 0
ONLY_WORDS = ("ca",)
"""Languages in which people search, and in which the portal is not offered."""
SEPARATORS = re.compile(r"[\n,،]")


def parts_of(text: str) -> list[str]:
    return [part for part in (" ".join(piece.split()) for piece in SEPARATORS.split(text)) if part]


class SynonymsField(forms.CharField):
    """Words, one on each line or separated by commas."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[str]:
        texts = parts_of(super().clean(value))
        for text in texts:
            if len(text) > LONGEST or len(stem(text)) > LONGEST:
                raise ValidationError(
                    _("“%(word)s…” is too long: a word has at most %(most)s characters. Separate words by commas."),
                    params={"word": text[:30], "most": LONGEST},
                )
            if not stem(text):
                raise ValidationError(_("“%(word)s” has nothing that can be searched for."), params={"word": text})
        return texts


class ServiceTypeForm(WordsMixin, PortalModelForm):
    """Its names, and beside them the words in each language, `synonyms_LANGUAGE`; a name is among its words without being repeated."""

    words: ClassVar[dict[str, str | Promise]] = {"name": gettext_lazy("Name")}

    class Meta:
        model = ServiceType
        fields = ["code", "domain", *in_every_language("name"), "order", "is_sheltering", "open_eligibility"]
        labels = {
            "code": gettext_lazy("Code"),
            "order": gettext_lazy("Place in the list"),
            "is_sheltering": gettext_lazy("People are sheltered there"),
            "open_eligibility": gettext_lazy("Term of Open Eligibility"),
        }
        help_texts = {
            "code": gettext_lazy("Short and permanent, such as legal-advice. Files refer to the type by this code."),
            "order": gettext_lazy(
                "A number: smaller ones come first, also when the word searched for belongs to several types."
            ),
            "is_sheltering": gettext_lazy(
                "As in a women’s refuge. Every service of this type is then a shelter: of where its organisation is, the portal keeps the "
                "municipality and nothing smaller. What is deleted does not come back if you untick it."
            ),
            "open_eligibility": gettext_lazy(
                "The nearest term in English, for other directories. You can leave this empty."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].disabled = bool(self.instance.pk)
        if not self.instance.pk:
            last = ServiceType.objects.aggregate(last=Max("order"))["last"]
            self.fields["order"].initial = (last or 0) + 1
        for code in (self.first, *self.others()):
            is_rtl = get_language_info(code)["bidi"]
            self.fields[f"synonyms_{code}"] = SynonymsField(
                label=label_in(code, gettext_lazy("Words that people search for")),
                required=False,
                initial="\n".join(self.stored_words(code)),
                help_text=_("One on each line, or separated by commas. You need not repeat the name."),
                widget=forms.Textarea(attrs={"rows": 6, "lang": code, "dir": "rtl" if is_rtl else "ltr"}),
            )

    def stored_words(self, language: str) -> list[str]:
        """A name in a language without names of its own may have a comma in it (“Mort, enterrament”): it is several words here."""
        if not self.instance.pk:
            return []
        name = stem(getattr(self.instance, f"name_{language}", None) or "")
        known = self.instance.words.filter(language=language).exclude(stem=name).order_by("-pk")  # As they were given.
        parts = [part for text in known.values_list("text", flat=True) for part in parts_of(text)]
        return list({stem(part): part for part in parts}.values())

    def now(self) -> str:
        if not self.instance.pk:
            return ""
        words = self.instance.words.order_by("language", "stem")
        return sha256(repr([super().now(), *words.values_list("language", "text")]).encode()).hexdigest()

    def others(self) -> list[str]:
        return [*super().others(), *ONLY_WORDS]

    def _in(self, code: str) -> list[forms.BoundField]:
        names = [] if code in ONLY_WORDS else super()._in(code)
        return [*names, self[f"synonyms_{code}"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for code, texts in self.synonyms.items():
            name = cleaned.get(f"name_{code}") or ""
            if len(stem(name)) > LONGEST:
                self.add_error(f"name_{code}", _("This name is too long to be searched for."))
            known = {stem(name): name}
            for text in texts:
                other = known.setdefault(stem(text), text)
                if other != text:
                    said = _("“%(word)s” and “%(other)s” are the same to the search. Keep one of them.")
                    self.add_error(f"synonyms_{code}", said % {"word": text, "other": other})
        return cleaned

    @property
    def synonyms(self) -> dict[str, list[str]]:
        """By language."""
        return {code: self.cleaned_data.get(f"synonyms_{code}", []) for code in (self.first, *self.others())}
