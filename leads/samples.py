"""Sample submissions, for the demo, the tests, the chaos test and the benchmarks."""

from __future__ import annotations

FORMS = {
    "8f6d7a1e-2b54-4c1e-9a53-0d6f3b7c1a01": "Contact sales",
    "8f6d7a1e-2b54-4c1e-9a53-0d6f3b7c1a02": "Request a demo",
}


def sample(number: int | str = 1) -> dict[str, object]:
    """A form submission as our flat webhook shape; each `number` is another prospect."""
    answers = {
        "email": f"mara.okafor+{number}@brightfreight.example",
        "firstname": "Mara",
        "lastname": "Okafor",
        "company": "Bright Freight",
        "jobtitle": "Head of Sales Operations",
        "country": "United Kingdom",
        "message": (
            "Hi, we are a logistics company with 40 reps. What does it cost for a team of our size, and does it "
            "connect to HubSpot? We would like to see it in action."
        ),
    }
    return {
        "portalId": 4242,
        "formId": next(iter(FORMS)),
        "formSubmissionId": f"sample-{number}",
        "pageUri": "https://northwind.example/contact",
        "pageTitle": "Contact sales",
        "fieldValues": [{"name": name, "value": value} for name, value in answers.items()],
    }
