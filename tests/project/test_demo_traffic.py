"""The demo's traffic is made of what the sandbox and the webhook understand."""

from __future__ import annotations

import json
from random import Random

from django.utils import timezone

from connectors.sandbox import check_faults
from leads.history.cast import MORE_FORMS, Cast, form_submission
from leads.payloads import Arrived, parse
from leads.samples import FORMS
from ops.traffic import TROUBLES


def test_the_sandbox_knows_every_trouble_of_the_demo() -> None:
    check_faults(TROUBLES)


def test_every_prospect_of_the_demo_is_somebody_else_and_writes_through_a_form_that_is_allowed() -> None:
    cast, addresses = Cast(Random(7)), []  # noqa: S311
    for number in range(300):
        body = json.dumps(form_submission(cast.enquiry(), f"traffic-{number}", 1_790_000_000_000)).encode()
        arrived = parse(body, timezone.now())[0]
        assert isinstance(arrived, Arrived), arrived
        assert arrived.form_id in {*FORMS, *MORE_FORMS}
        addresses.append(arrived.email)
    assert len(set(addresses)) == len(addresses)
