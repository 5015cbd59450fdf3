"""What people can do to the wording of drafts: change it, which makes a version, and put an earlier one back."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from leads.facts import Wording
from leads.meanwhile import unchanged
from leads.models import TemplateVersion, Workspace
from leads.workspaces import record_changes
from leads.writing.wording import differing


def current(workspace: Workspace) -> dict[str, Wording]:
    """The newest version of each template set that this workspace words otherwise. One query."""
    newest = TemplateVersion.objects.filter(workspace=workspace).order_by("template_set", "-number")
    return {version.template_set: wording_of(version) for version in newest.distinct("template_set")}


def version(slug: str, template_set: str, number: int) -> Wording:
    """One version of a workspace. Raises `TemplateVersion.DoesNotExist`."""
    return wording_of(TemplateVersion.objects.get(workspace__slug=slug, template_set=template_set, number=number))


def wording_of(version: TemplateVersion) -> Wording:
    ways = {name: tuple(said) for name, said in version.phrases.items()}
    return Wording(version.pk, version.number, ways, version.body)


def save(
    workspace: Workspace,
    template_set: str,
    ways: Mapping[str, tuple[str, ...]],
    body: str,
    *,
    by: User,
    shown: int | None = None,
    note: str = "",
) -> TemplateVersion | None:
    """A version with these ways to say things, if anything differs from the newest. What is entered was validated.

    `shown` is the revision that the writer's page shows; raises `Stale` if somebody changed this set since.
    """
    phrases = differing(template_set, ways)
    # Race: two people word the same set; the second is told of the first, or follows on their version.
    with transaction.atomic():
        held = unchanged(
            workspace, shown, lambda facts: facts["noun"] == "template" and facts["template_set"] == template_set
        )
        newest = of_set(held, template_set).first()
        if (phrases, body) == ((newest.phrases, newest.body) if newest else ({}, "")):
            return None
        version = TemplateVersion.objects.create(
            workspace=held,
            template_set=template_set,
            number=newest.number + 1 if newest else 1,
            phrases=phrases,
            body=body,
            note=note,
            made_by=by,
        )
        before = newest.phrases if newest else {}
        changed = {name for name in {*phrases, *before} if phrases.get(name) != before.get(name)}
        if body != (newest.body if newest else ""):
            changed.add("body")
        record_changes(
            held,
            "template",
            version.pk,
            "changed",
            dict.fromkeys(sorted(changed), (None, None)),
            actor=by.get_username(),
            template_set=template_set,
            version=version.number,
        )
    return version


def put_back(workspace: Workspace, template_set: str, number: int, *, by: User) -> TemplateVersion | None:
    """Word drafts as version `number` did, or as shipped for 0; a new version, if that is not what counts already."""
    earlier = of_set(workspace, template_set).get(number=number) if number else None
    ways = {name: tuple(said) for name, said in earlier.phrases.items()} if earlier else {}
    note = f"As version {number}" if number else "As shipped"
    return save(workspace, template_set, ways, earlier.body if earlier else "", by=by, note=note)


def of_set(workspace: Workspace, template_set: str) -> QuerySet[TemplateVersion]:
    """Its versions, the newest first."""
    return TemplateVersion.objects.filter(workspace=workspace, template_set=template_set).order_by("-number")
