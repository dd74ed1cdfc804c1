"""Who may change what: a coordinator sees everything, and changes what she is responsible for.

One rule for every way in (pages, inlines, actions, imports, history, merges): `Rights.may_change`.
A model says how it is decided for its rows: by `may_be_changed_by(rights)`, or by naming in
`responsible` the link to the record it belongs to. A model that says neither belongs to the leads.
"""

from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.backends import BaseBackend
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from centers.models.coordinators import Coordinator

APPS = frozenset({"centers", "projects", "stories"})
# What coordinators may add although changing it belongs to the leads.
ADDED_BY_ALL = frozenset({"source"})
# What leads may do beside the register itself.
ACCOUNTS = frozenset({"auth.view_user", "auth.add_user", "auth.change_user"})


@dataclass(frozen=True)
class Rights:
    """What one member of staff is responsible for."""

    is_lead: bool = False
    countries: frozenset = frozenset()  # codes
    networks: frozenset = frozenset()  # primary keys of organisations

    def may_change(self, record):
        """Whether she may change the record, wherever the change comes from."""
        if self.is_lead:
            return True
        while record is not None and hasattr(record, "responsible"):
            record = getattr(record, record.responsible)
        decide = getattr(record, "may_be_changed_by", None)
        return decide is not None and decide(self)

    def changeable(self, centers):
        """The centers of the queryset that she may change."""
        return centers if self.is_lead else centers.filter(self._responsible(centers.model))

    def marked(self, centers):
        """The centers of the queryset, annotated with `is_mine`: whether she may change it."""
        mine = (
            Value(True)
            if self.is_lead
            else Case(When(self._responsible(centers.model), then=True), default=False)
        )
        return centers.annotate(is_mine=mine)

    def _responsible(self, model):
        member = model._meta.get_field("affiliations").related_model.objects.filter(
            center=OuterRef("pk"), organisation__in=self.networks
        )
        return Q(country__in=self.countries) | Q(Exists(member))


NONE = Rights()


def rights_of(user):
    """The rights of a user; none for whoever is no active coordinator. Read once a request."""
    if not (user.is_active and user.is_staff):
        return NONE
    if user.is_superuser:
        return Rights(is_lead=True)
    if not hasattr(user, "_rights"):
        row = (
            Coordinator.objects.filter(user=user).prefetch_related("countries", "networks").first()
        )
        user._rights = (
            NONE
            if row is None
            else Rights(
                is_lead=row.is_lead,
                countries=frozenset(country.pk for country in row.countries.all()),
                networks=frozenset(network.pk for network in row.networks.all()),
            )
        )
    return user._rights


def is_coordinated(model):
    """Whether rows of the model can be changed by others than leads."""
    return hasattr(model, "responsible") or hasattr(model, "may_be_changed_by")


class CoordinatorBackend(BaseBackend):
    """Answers Django's questions for permissions from the rights, so that none is given by hand."""

    def has_perm(self, user_obj, perm, obj=None):
        rights = rights_of(user_obj)
        if rights == NONE:
            return False
        app, _dot, codename = perm.partition(".")
        if app not in APPS:
            return rights.is_lead and perm in ACCOUNTS
        action, _line, name = codename.partition("_")
        if rights.is_lead or action == "view" or (action == "add" and name in ADDED_BY_ALL):
            return True
        model = apps.get_model(app, name)
        return is_coordinated(model) and (obj is None or rights.may_change(obj))

    def has_module_perms(self, user_obj, app_label):
        rights = rights_of(user_obj)
        return rights != NONE and (app_label in APPS or (rights.is_lead and app_label == "auth"))
