"""HubSpot, through its own client, against the sandbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.accounts import open_accounts
from connectors.calls import Call
from connectors.errors import Ambiguous, AuthFailed, RateLimited, Transient
from connectors.hubspot_timezone import iana_zone
from connectors.ports import Accounts, Company, Contact, Note, Task

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NOTE = Note("<p>Spoke about prices.</p>", "run-1", AT)
TASK = Task("Follow up", "<p>Read the draft.</p>", "run-1", AT)


def test_a_contact_is_found_by_its_address_and_by_its_id(accounts: Accounts) -> None:
    found = accounts.crm.contact_by_email("ann@acme.example")
    assert found is not None
    assert (found.id, found.first_name, found.last_name, found.opted_out) == ("501", "Ann", "Lee", False)
    assert accounts.crm.contact_by_id("501") == found


def test_a_contact_who_is_not_there_is_none_and_no_error(accounts: Accounts, heard: list[Call]) -> None:
    assert accounts.crm.contact_by_email("nobody+50%/x@acme.example") is None
    assert [(one.endpoint, one.status, one.error) for one in heard] == [("contacts.get", 404, "")]


def test_a_lookup_by_nothing_never_becomes_a_listing(accounts: Accounts, heard: list[Call]) -> None:
    with pytest.raises(ValueError, match="empty"):
        accounts.crm.contact_by_email(" ")
    assert heard == []


def test_only_what_is_known_about_a_new_contact_is_sent(accounts: Accounts, box: Any) -> None:
    new = accounts.crm.create_contact(Contact("new@initech.example", first_name="Bo", timezone="Mars/Base"))
    assert box.control.created("contacts")["contacts"][0]["properties"].keys() >= {"email", "firstname"}
    found = accounts.crm.contact_by_id(new)
    assert found is not None
    assert (found.first_name, found.timezone) == ("Bo", "")


def test_creating_a_contact_who_exists_gives_the_existing_id(accounts: Accounts, heard: list[Call]) -> None:
    assert accounts.crm.create_contact(Contact("ann@acme.example")) == "501"
    assert [(one.endpoint, one.status, one.error) for one in heard] == [("contacts.create", 409, "")]


def test_a_conflict_without_an_id_is_looked_up(odd: Any, says: Any, config_for: Any) -> None:
    server = odd(says(409, {"message": "exists"}), says(200, {"id": "77", "properties": {}}))
    assert open_accounts(config_for(server.url)).crm.create_contact(Contact("ann@acme.example")) == "77"


def test_a_company_is_found_by_domain_or_by_its_exact_name(accounts: Accounts) -> None:
    by_domain = accounts.crm.company_by_domain("ACME.example")
    assert by_domain is not None
    assert (by_domain.id, by_domain.name) == ("601", "Acme")
    assert accounts.crm.company_by_name("acme") == by_domain
    assert accounts.crm.company_by_name("Acm") is None
    assert accounts.crm.company_by_domain("example") is None


def test_of_several_companies_with_a_domain_everybody_finds_the_oldest(accounts: Accounts) -> None:
    made = [accounts.crm.create_company(Company(name, "twin.example"), "501") for name in ("Twin A", "Twin B")]
    found = accounts.crm.company_by_domain("twin.example")
    assert found is not None
    assert found.id == min(made, key=int)


def test_a_company_made_by_a_lost_call_is_found_over_the_contact_although_search_lags(
    accounts: Accounts, box: Any
) -> None:
    box.control.settings(search_lag_ms=60_000)
    box.control.fault("drop-after:hubspot.companies.create:x1")
    company = Company("Initech", "initech.example")
    with pytest.raises(Ambiguous):
        accounts.crm.create_company(company, "501")
    assert accounts.crm.company_by_domain("initech.example") is None
    found = accounts.crm.company_of("501", company)
    assert found == box.control.created("companies")["companies"][0]["id"]
    assert accounts.crm.company_of("501", Company("INITECH")) == found
    assert accounts.crm.company_of("501", Company("Initech", "other.example")) == ""


def test_a_contact_is_associated_as_often_as_asked(accounts: Accounts) -> None:
    for _ in range(2):
        accounts.crm.associate("501", "601")
    assert accounts.crm.company_of("501", Company("", "acme.example")) == "601"


def test_a_note_and_a_task_are_found_by_their_marker(accounts: Accounts) -> None:
    note = accounts.crm.create_note(NOTE, "501", "601")
    task = accounts.crm.create_task(TASK, "501", "601")
    assert (accounts.crm.note_marked("run-1", "501"), accounts.crm.task_marked("run-1", "501")) == (note, task)


@pytest.mark.parametrize("other", ["run-12", "run", "xrun-1", "run-1-2"])
def test_a_marker_is_not_found_within_another(accounts: Accounts, other: str) -> None:
    accounts.crm.create_note(NOTE, "501", "")
    assert accounts.crm.note_marked(other, "501") == ""


def test_a_note_among_very_many_is_found_over_all_pages(accounts: Accounts) -> None:
    first = accounts.crm.create_note(NOTE, "501", "")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: accounts.crm.create_note(replace(NOTE, marker=f"other-{n}"), "501", ""), range(520)))
    assert accounts.crm.note_marked("run-1", "501") == first


@pytest.mark.parametrize(("fault", "done"), [("drop-after", 1), ("drop-before", 0), ("timeout", None)])
def test_after_a_lost_write_the_lookup_tells_what_happened(
    accounts: Accounts, box: Any, fault: str, done: int | None
) -> None:
    box.control.fault(f"{fault}:hubspot.notes.create:x1")
    with pytest.raises(Ambiguous):
        accounts.crm.create_note(NOTE, "501", "601")
    found = accounts.crm.note_marked("run-1", "501")
    made = [one["id"] for one in box.control.created("notes").get("notes", [])]
    assert [found] * bool(found) == made
    assert done is None or len(made) == done
    assert box.control.count("hubspot.notes.create") == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("429", RateLimited), ("401", AuthFailed), ("bad-json", Ambiguous), ("html", Ambiguous), ("503", Ambiguous)],
)
def test_faults_of_the_sandbox_on_a_write(accounts: Accounts, box: Any, fault: str, kind: type) -> None:
    box.control.fault(f"{fault}:hubspot.tasks.create:x1")
    with pytest.raises(kind):
        accounts.crm.create_task(TASK, "501", "")


def test_a_read_that_was_dropped_is_asked_once(accounts: Accounts, box: Any) -> None:
    box.control.fault("drop-before:hubspot.contacts.get:x1")
    with pytest.raises(Transient):
        accounts.crm.contact_by_id("501")
    assert box.control.count("hubspot.contacts.get") == 1


def test_sixteen_threads_share_a_connector(accounts: Accounts) -> None:
    def find(number: int) -> bool:
        if number % 2:
            return accounts.crm.contact_by_email("ann@acme.example") is not None
        company = accounts.crm.company_by_domain("acme.example")
        return company is not None and company.id == "601"

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(find, range(320)))


@pytest.mark.parametrize(
    ("option", "zone"),
    [
        ("america_slash_new_york", "America/New_York"),
        ("us_slash_eastern", "US/Eastern"),
        ("america_slash_argentina_slash_buenos_aires", "America/Argentina/Buenos_Aires"),
        ("america_slash_port_of_spain", "America/Port_of_Spain"),
        ("america_slash_port_hyphen_au_hyphen_prince", "America/Port-au-Prince"),
        ("africa_slash_dar_es_salaam", "Africa/Dar_es_Salaam"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("utc", "UTC"),
        ("", ""),
    ],
)
def test_time_zone_options_become_iana_names(option: str, zone: str) -> None:
    assert iana_zone(option) == zone
