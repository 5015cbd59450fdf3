"""Django's own accounts and groups, themed and audited: for superusers. Managers have People in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from leads import audit
from leads.admin.base import FoundByItsKey

if TYPE_CHECKING:

    class _UserAdmin(DjangoUserAdmin): ...  # type: ignore[type-arg]

    class _GroupAdmin(DjangoGroupAdmin): ...

else:
    from unfold.admin import ModelAdmin

    class _UserAdmin(DjangoUserAdmin, ModelAdmin): ...

    class _GroupAdmin(DjangoGroupAdmin, ModelAdmin): ...


def is_superuser(request: HttpRequest) -> bool:
    """Whoever may change accounts here may make themselves anything: that is for those who are already."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def trace(request: HttpRequest, noun: str, pk: int, form: Any, *, is_new: bool) -> None:
    """The names of the changed fields; never a password, an address or a name."""
    if form.changed_data or is_new:
        action = "added" if is_new else "changed"
        changed = dict.fromkeys(form.changed_data)
        actor = request.user.get_username()
        audit.record("settings_changed", None, actor=actor, noun=noun, id=pk, action=action, fields=changed)


class SuperusersOnly(FoundByItsKey):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reviews and the audit point to people: deactivate them instead."""
        return False


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(SuperusersOnly, _UserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        trace(request, "account", obj.pk, form, is_new=not change)


@admin.register(Group)
class GroupAdmin(SuperusersOnly, _GroupAdmin):
    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        trace(request, "group", obj.pk, form, is_new=not change)
