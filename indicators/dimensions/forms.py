"""What administrators type of dimensions and categories."""

import re
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Category, Dimension, Identity
from indicators.releases.downloads import sdmx, tables
from indicators.releases.downloads.sdmx import dimension_id
from indicators.releases.table_cells import NUTS_AS_ISO
from orgs.folding import in_every_language
from orgs.forms import PortalModelForm
from orgs.forms.words import WordsMixin

FIXED = (tables.HEAD, tables.TAIL, sdmx.HEAD, sdmx.OF_CELLS, sdmx.OF_INDICATORS)
ORDER = gettext_lazy("A number: smaller ones come first.")


class Role(models.TextChoices):
    """How a category adds up: the two booleans of the model as one choice."""

    PART = "part", gettext_lazy("One of the groups that together make up the whole")
    BESIDE = "beside", gettext_lazy("Added to them only where a source reports it")
    APART = "apart", gettext_lazy("Not added up: it overlaps with others, or is only some of the whole")

    @classmethod
    def of(cls, category: Category) -> "Role":
        return cls.PART if category.is_part else cls.BESIDE if category.is_beside else cls.APART


class GroupForm(WordsMixin, PortalModelForm):
    """Of a dimension or a category: its code stays once it is there, and less protection is asked for by a box of its own."""

    words: ClassVar[dict[str, str | Promise]] = {"name": gettext_lazy("Name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].disabled = bool(self.instance.pk)
        if not self.instance.pk:
            last = self.neighbours().aggregate(last=Max("order"))["last"]
            self.fields["order"].initial = (last or 0) + 1
        if self.instance.pk and self.is_protected():
            self.fields["agrees"] = forms.BooleanField(
                label=_("Yes, these groups may be protected less from the next release on"),
                required=False,
                help_text=_(
                    "Needed only for a change that protects people less. What is released already stays as it is."
                ),
            )

    def neighbours(self) -> "models.QuerySet[Any]":
        raise NotImplementedError

    def is_protected(self) -> bool:
        return bool(self.instance.is_sensitive)

    @property
    def agrees(self) -> bool:
        return bool(self.cleaned_data.get("agrees"))


class DimensionForm(GroupForm):
    class Meta:
        model = Dimension
        fields = ["code", *in_every_language("name"), "order", "is_sensitive"]
        labels = {
            "code": gettext_lazy("Code"),
            "order": gettext_lazy("Place in the list"),
            "is_sensitive": gettext_lazy("Sensitive"),
        }
        help_texts = {
            "code": gettext_lazy("Short and permanent, such as sex. Files and mappings refer to it by this code."),
            "order": ORDER,
            "is_sensitive": gettext_lazy(
                "To learn which group somebody belongs to would harm them. From the next release on, a figure is also hidden where almost "
                "everybody belongs to the group."
            ),
        }

    def neighbours(self) -> "models.QuerySet[Any]":
        return Dimension.objects.all()

    def clean_code(self) -> str:
        """It names a column in files, beside others that are always there."""
        code: str = self.cleaned_data["code"]
        names = {name.upper() for head in FIXED for name in head}
        others = {
            dimension_id(other)
            for other in self.neighbours().exclude(pk=self.instance.pk).values_list("code", flat=True)
        }
        if not self.instance.pk and dimension_id(code) in names | others:
            raise ValidationError(_("Files have a column of this name already. Choose another code."))
        return code


class CategoryForm(GroupForm):
    role = forms.ChoiceField(
        label=gettext_lazy("How it adds up"),
        choices=Role.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Once there are figures, what would make them add up differently is refused."),
    )

    class Meta:
        model = Category
        fields = ["code", *in_every_language("name"), "parent", "order", "is_sensitive", "country_code"]
        labels = {
            "code": gettext_lazy("Code"),
            "parent": gettext_lazy("Within the larger category"),
            "order": gettext_lazy("Place in the list"),
            "is_sensitive": gettext_lazy("Sensitive"),
            "country_code": gettext_lazy("Country"),
        }
        help_texts = {
            "code": gettext_lazy("Short and permanent, such as F. Files and mappings refer to it by this code."),
            "order": ORDER,
            "is_sensitive": gettext_lazy(
                "As if the whole dimension were: from the next release on, a figure is also hidden where almost everybody belongs to it."
            ),
            "country_code": gettext_lazy(
                "Only for people from one country: the code of its territory, such as ES. Releases there take these people for its own."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ModelChoiceField)
        parent.queryset = self.neighbours().exclude(pk=self.instance.pk).order_by("order", "code")
        parent.empty_label = _("None: it is one of the dimension’s own")
        self.fields["role"].initial = Role.of(self.instance) if self.instance.pk else Role.BESIDE

    def neighbours(self) -> "models.QuerySet[Any]":
        return Category.objects.filter(dimension=self.instance.dimension_id)

    def is_protected(self) -> bool:
        return super().is_protected() or bool(self.instance.country_code)

    def clean_country_code(self) -> str:
        """As ISO has it, with which releases compare; territories of Eurostat write two countries otherwise."""
        code: str = self.cleaned_data["country_code"].strip().upper()
        return NUTS_AS_ISO.get(code, code)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        role = cleaned.get("role")
        self.instance.is_part, self.instance.is_beside = role == Role.PART, role == Role.BESIDE
        return cleaned


class IdentityForm(PortalModelForm):
    made_of = forms.CharField(
        label=gettext_lazy("Made of"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Categories of any dimension, each as dimension=code, such as background=NATIONAL. One on each line."
        ),
    )

    class Meta:
        model = Identity
        fields = ["own_country_in", "countries"]
        labels = {
            "own_country_in": gettext_lazy("And of the country’s own people in the dimension"),
            "countries": gettext_lazy("Only in these countries"),
        }
        help_texts = {
            "own_country_in": gettext_lazy("Of each country the category that names it, such as its citizens."),
            "countries": gettext_lazy(
                "Codes of their territories separated by commas, such as ES, FR. Empty: everywhere."
            ),
        }

    field_order = ("made_of", "own_country_in", "countries")

    def clean_made_of(self) -> list[Category]:
        named = list(dict.fromkeys(piece for piece in re.split(r"[\s,،;]+", self.cleaned_data["made_of"]) if piece))
        pairs = [tuple(piece.split("=", 1)) for piece in named]
        wanted = Category.objects.filter(
            dimension__code__in=[pair[0] for pair in pairs], code__in=[p[-1] for p in pairs]
        )
        known = {f"{one.dimension.code}={one.code}": one for one in wanted.select_related("dimension")}
        unknown = [piece for piece in named if piece not in known]
        if unknown:
            raise ValidationError(_("There is no %(code)s in this portal."), params={"code": ", ".join(unknown)})
        return [known[piece] for piece in named]
