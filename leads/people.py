"""What can be done to the people who use the console. Somebody must always be left who can give roles."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.db.models import Q

from leads import audit
from leads.models import Workspace
from leads.roles import MANAGER, ROLES

PASSWORD_BYTES = 12


class NotPossible(Exception):
    """It would leave nobody in charge, is not theirs to do, or is done already; the message says which."""


def add(workspace: Workspace, *, username: str, email: str, roles: Collection[str], by: User) -> tuple[User, str]:
    """Somebody new, with a password that is told once and stored nowhere."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        with transaction.atomic():
            person = User.objects.create_user(username, email, password, is_staff=True)
            person.groups.set(Group.objects.filter(name__in=roles))
            audit.record(
                "person_added", workspace, actor=by.get_username(), person=person.pk, roles=[[], sorted(roles)]
            )
    except IntegrityError:  # race: somebody else added the same name
        raise NotPossible(f"There is a “{username}” already. Give that person a role instead.") from None
    return person, password


def set_roles(workspace: Workspace, person: User, roles: Collection[str], *, by: User) -> bool:
    """Give somebody exactly these roles; whether that changed anything."""
    with transaction.atomic():
        alone()
        refuse_superusers(person, by)
        before = roles_of(person)
        if before == sorted(roles):
            return False
        person.groups.remove(*Group.objects.filter(name__in=ROLES))
        person.groups.add(*Group.objects.filter(name__in=roles))
        require_a_manager(by)
        audit.record(
            "roles_changed", workspace, actor=by.get_username(), person=person.pk, roles=[before, sorted(roles)]
        )
    return True


def switch(workspace: Workspace, person: User, *, on: bool, by: User) -> bool:
    """Let somebody in again, or no more; whether that changed anything. What they did stays under their name."""
    with transaction.atomic():
        alone()
        refuse_superusers(person, by)
        if not on and person.pk == by.pk:
            raise NotPossible("You can't lock yourself out. Ask another manager to do it.")
        changed = User.objects.filter(pk=person.pk, is_active=not on).update(is_active=on)
        if changed:
            require_a_manager(by)
            kind = "person_let_in" if on else "person_deactivated"
            audit.record(kind, workspace, actor=by.get_username(), person=person.pk)
    return bool(changed)


def roles_of(person: User) -> list[str]:
    return sorted(group.name for group in person.groups.all() if group.name in ROLES)


def alone() -> None:
    """Race: two managers who take the role from one another. Whoever comes second sees what the first did."""
    Group.objects.select_for_update().get(name=MANAGER)


def refuse_superusers(person: User, by: User) -> None:
    if person.is_superuser and not by.is_superuser:
        raise NotPossible(f"{person} is a superuser. Only another superuser may change that account.")


def require_a_manager(by: User) -> None:
    left = User.objects.filter(Q(groups__name=MANAGER) | Q(is_superuser=True), is_active=True)
    if not left.exists():
        who = "You are" if by.groups.filter(name=MANAGER).exists() else "This is"
        raise NotPossible(f"{who} the last manager. Make somebody else one first, or nobody could undo this.")
