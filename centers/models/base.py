"""What the models of all apps share: permanent keys, former addresses, texts in many languages."""

import secrets

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager

from centers.dates import babel_locale

# No vowels, so that no word appears; no 0/O, 1/I/L, so that it can be read out on the telephone.
KEY_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"

validate_language = RegexValidator(
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    _("A language is written as its code, such as en, de, bg or sr-Latn."),
)


class LinksKept(models.Model):
    """Base of history rows that say whether they hold the links to many.

    Older rows do not, nor do those that an import writes by a statement of its own: there the
    links count as unchanged. Without this they would read as if all had been removed.
    """

    links_kept = models.BooleanField(null=True, default=True, editable=False)

    class Meta:
        abstract = True


class LinksKeepingHistory(HistoryManager):
    """A history whose rows written by its bulk helpers hold the links to many as well."""

    def bulk_history_create(self, objs, *args, **kwargs):
        rows = super().bulk_history_create(objs, *args, **kwargs)
        rows = list(rows or ())
        key = self.model.instance_type._meta.pk.attname
        for field in self.model._history_m2m_fields:
            kept, through = getattr(self.model, field.name).model, field.remote_field.through
            owner, other = field.m2m_field_name(), field.m2m_reverse_field_name()
            links = {}
            present = through._base_manager.filter(**{f"{owner}__in": [obj.pk for obj in objs]})
            for pk, linked, link in present.values_list(f"{owner}_id", f"{other}_id", "pk"):
                links.setdefault(pk, []).append((linked, link))
            kept._base_manager.bulk_create(
                (
                    kept(
                        history_id=row.pk,
                        id=link,
                        **{f"{owner}_id": getattr(row, key), f"{other}_id": linked},
                    )
                    for row in rows
                    for linked, link in links.get(getattr(row, key), ())
                ),
                batch_size=500,
            )
        return rows


def new_key():
    """A new permanent key: twelve random signs."""
    return key_of(secrets.randbelow(len(KEY_ALPHABET) ** 12))


def key_of(number):
    """The twelve signs that stand for a number; of a larger one, its remainder counts."""
    letters = []
    for _place in range(12):
        number, letter = divmod(number, len(KEY_ALPHABET))
        letters.append(KEY_ALPHABET[letter])
    return "".join(letters)


def language_name(code, language=None):
    """The name of a language in the reader's own, from CLDR; else its code."""
    reader = babel_locale(language or get_language())
    whole = code.replace("-", "_")
    if name := reader.languages.get(whole):
        return name
    base, _underscore, script = whole.partition("_")
    name = reader.languages.get(base, code)
    # Serbian in Latin letters is not Serbian in Cyrillic ones.
    return f"{name} ({reader.scripts[script]})" if script in reader.scripts else name


class Keyed(models.Model):
    """A row that travels with a permanent key, from register to register."""

    key = models.SlugField(
        _("key"),
        max_length=80,
        unique=True,
        default=new_key,
        editable=False,
        help_text=_("Permanent. It tells rows apart when the register is exported and loaded."),
    )

    class Meta:
        abstract = True


class LanguageField(models.CharField):
    """A BCP 47 language code, such as `bg` or `sr-Latn`."""

    def __init__(self, *args, **kwargs):
        kwargs = {"max_length": 20, "validators": [validate_language], **kwargs}
        super().__init__(*args, **kwargs)


class WebAddressField(models.URLField):
    """An address on the web; typed without its scheme, https is meant."""

    def formfield(self, **kwargs):
        return super().formfield(**{"assume_scheme": "https", **kwargs})


def or_blank(field):
    """An expression for unique constraints in which two unknown dates are alike."""
    return Coalesce(field, models.Value(""), output_field=models.CharField())


def or_zero(field):
    """An expression for unique constraints in which two empty links are alike."""
    return Coalesce(field, models.Value(0), output_field=models.BigIntegerField())


class FormerSlug(models.Model):
    """An address that a record had before; it redirects to the present one for ever."""

    value = models.SlugField(_("former address"), max_length=100, unique=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.value

    def clean(self):
        [owner] = [field for field in self._meta.fields if field.is_relation]
        if owner.related_model.objects.filter(slug=self.value).exists():
            raise ValidationError(
                {"value": _("“%s” is the present address of a record.") % self.value}
            )


class Slugged(models.Model):
    """A record with an address of its own that goes on working after a renaming."""

    slug = models.SlugField(
        _("page address"),
        max_length=100,
        unique=True,
        help_text=_("The last part of the page's address. The former one goes on working."),
    )

    RESERVED_SLUGS = frozenset()

    class Meta:
        abstract = True

    def clean(self):
        super().clean()
        self.check_slug()

    def check_slug(self):
        """Refuse a slug that another record has or had, or that is an address of the site."""
        if self.slug in self.RESERVED_SLUGS:
            raise ValidationError({"slug": _("“%s” is an address of the site.") % self.slug})
        former = self.former_slugs.model.objects.filter(value=self.slug)
        field = self.former_slugs.field.name
        if former.exclude(**{field: self.pk}).exists():
            raise ValidationError(
                {"slug": _("“%s” is the former address of another record.") % self.slug}
            )

    def keep_former_slug(self):
        """Remember the address in the database, before a save that changes it."""
        stored = type(self).objects.filter(pk=self.pk).values_list("slug", flat=True).first()
        if stored is not None and stored != self.slug:
            self.former_slugs.filter(value=self.slug).delete()
            self.former_slugs.get_or_create(value=stored)


def related_model(model, name):
    """All rows of the model behind the reverse relation `name`."""
    return model._meta.get_field(name).related_model._default_manager.all()


class TextInLanguage(str):
    """A text that knows its `language`, a code such as `bg`; empty where nobody said."""

    __slots__ = ("language",)

    def __new__(cls, text, language=""):
        made = super().__new__(cls, text)
        made.language = language
        return made


class TextInLanguageField(models.TextField):
    """What `in_language` answers: the text with its language behind a sign that no text has."""

    BETWEEN = "\x1f"

    def from_db_value(self, value, expression, connection):
        if value is None:
            return None
        text, _between, language = value.rpartition(self.BETWEEN)
        return TextInLanguage(text, language)


def in_language(texts, field, *, of, ref="pk", language=None):
    """An expression: `field` of `texts` in the reader's language, else English, else any.

    `texts` is a queryset of a model with a `language` and a foreign key named `of` to what the
    annotated model's `ref` points to (itself, by default). It gives a `TextInLanguage`, since the
    page has to say where it is not the reader's; NULL where no row has a text.
    """
    rows = texts.filter(**{of: OuterRef(ref)}).exclude(**{field: ""})
    rows = rows.annotate(
        text_in_language=Concat(
            field,
            models.Value(TextInLanguageField.BETWEEN),
            "language",
            output_field=models.TextField(),
        )
    )
    wanted = language or get_language() or "en"
    return Coalesce(
        *(
            Subquery(rows.filter(language=code).values("text_in_language")[:1])
            for code in dict.fromkeys([wanted, wanted.split("-")[0], "en"])
        ),
        Subquery(rows.order_by("language").values("text_in_language")[:1]),
        output_field=TextInLanguageField(),
    )
