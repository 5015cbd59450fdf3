"""Approves each draft once it is written, as a reviewer would: for `make chaos SEND=1` and `make backup-drill`."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import django


def main() -> None:
    """Until it is killed. What came back is not approved again: nothing of it may."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesagent.settings")
    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415  not before Django is set up

    from leads import drafts  # noqa: PLC0415
    from leads.models import Draft, Workspace  # noqa: PLC0415

    Workspace.objects.update(undo_seconds=1, daily_cap=2000)
    reviewer, _ = User.objects.get_or_create(username="reviewer")
    while True:
        for draft in Draft.objects.filter(status=Draft.Status.READY, is_sound=True, returned_at=None):
            with suppress(drafts.Conflict):  # it was found to be sent already, after a restore
                drafts.approve(draft, version=draft.version, by=reviewer)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
