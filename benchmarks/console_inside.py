"""What the benchmark of the console needs from within: its pages, their SQL statements, and people who are logged in.

Started by `benchmarks.console`; prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import django


def pages() -> Iterator[tuple[str, str]]:
    """Every page of the sidebar, a row of every noun, and some lists as people filter them."""
    from django.urls import NoReverseMatch, reverse  # noqa: PLC0415  Django is set up first

    from leads.admin.settings_tabs import TABS  # noqa: PLC0415
    from leads.console.navigation import PLACES  # noqa: PLC0415
    from leads.models import Delivery, Draft, Lead, WorkflowRun  # noqa: PLC0415

    for places in PLACES.values():
        for place in places:
            try:
                yield place.title.lower(), reverse(f"admin:{place.name}")
            except NoReverseMatch:
                continue
    home, runs = reverse("admin:index"), reverse("admin:leads_workflowrun_changelist")
    yield "home, 30 days", f"{home}?period=30d"
    yield "runs, dead", f"{runs}?state__exact=dead"
    yield "runs, by name", f"{runs}?q=okafor"
    yield "drafts", reverse("admin:leads_draft_changelist")
    rows: dict[str, Any] = {
        "run, drafted": WorkflowRun.objects.filter(outcome="drafted"),
        "run, dead": WorkflowRun.objects.filter(state="dead"),
        "draft": Draft.objects.filter(status="ready"),
        "lead": Lead.objects.filter(runs__outcome="drafted"),
        "delivery": Delivery.objects.filter(verdict="accepted"),
    }
    for name, found in rows.items():
        newest = found.latest("pk")
        yield name, reverse(f"admin:leads_{type(newest).__name__.lower()}_change", args=[newest.pk])
    for tab in TABS:
        yield f"settings, {tab.title.lower()}", reverse("admin:settings_tab", args=["default", tab.slug])


def statements(address: str, client: Any) -> int:
    """SQL statements of one visit, the session's and the person's included."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client.get(address, follow=True)
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(address)
    if answer.status_code not in {200, 302}:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return len(caught)


def sessions(number: int) -> list[str]:
    """Cookies of so many people who are logged in."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    made = []
    for place in range(number):
        person, _ = User.objects.get_or_create(
            username=f"viewer-{place}", defaults={"is_staff": True, "is_superuser": True}
        )
        client = Client()
        client.force_login(person)
        made.append(client.cookies["sessionid"].value)
    return made


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesagent.settings")
    django.setup()

    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    settings.ALLOWED_HOSTS.append("testserver")
    cookies = sessions(int(sys.argv[1]))
    client = Client()
    client.force_login(User.objects.get(username="viewer-0"))
    found = [
        {"name": name, "address": address, "queries": statements(address, client)}
        for name, address in dict(pages()).items()
    ]
    print(json.dumps({"sessions": cookies, "pages": found}))


if __name__ == "__main__":
    main()
