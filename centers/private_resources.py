"""Rows on persons, and the ledger that keeps the erased from coming back."""

from centers.models import Contact, Erasure
from centers.models.erasures import ledger_key_of
from centers.resources import RegisterResource


class PassesOverErased:
    """Rows that stand in the ledger of erasures are passed over.

    `part_of`: instead, rows of what stands there, as (column that names it, its model).
    """

    part_of = None

    def skip_row(self, instance, original, row, import_validation_errors=None):
        if self.part_of is None:
            lines = Erasure.objects.covering(instance)
        else:
            column, model = self.part_of
            key = str(row.get(column) or "").strip()
            lines = Erasure.objects.filter(key=ledger_key_of(model, key))
        if lines.exists():
            return True
        return super().skip_row(instance, original, row, import_validation_errors)


class ContactResource(PassesOverErased, RegisterResource):
    """Contact persons. Whoever stands in the ledger of erasures is passed over."""

    class Meta(RegisterResource.Meta):
        model = Contact
        fields = (
            "key", "center", "name", "role", "email", "phone", "language", "consent",
            "consent_on", "confirmed_on",
        )  # fmt: skip
        import_order = fields
        export_order = fields


class ErasureResource(RegisterResource):
    """Lines of the ledger of erasures; a line that is there already is never changed."""

    class Meta(RegisterResource.Meta):
        model = Erasure
        fields = ("key", "kind", "center", "file", "reason", "erased_at")
        import_order = fields
        export_order = fields

    def skip_row(self, instance, original, row, import_validation_errors=None):
        if original.pk and not import_validation_errors:
            return True
        return super().skip_row(instance, original, row, import_validation_errors)
