"""The sandbox's HubSpot, through HubSpot's own client."""

from __future__ import annotations

import pytest
import requests
from hubspot import HubSpot
from hubspot.crm.companies import ApiException as CompanyError
from hubspot.crm.contacts import ApiException as ContactError
from hubspot.crm.objects.notes import ApiException as NoteError
from hubspot.crm.owners import ApiException as OwnerError

from connectors import sandbox

AMELIA, HARBOR_LINE = "101", "201"


def tie(to_id: str, type_id: int) -> dict[str, object]:
    return {
        "to": {"id": to_id},
        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
    }


def company(**properties: str) -> dict[str, object]:
    return {"properties": {"name": "Acme"} | properties, "associations": []}


def by(name: str, value: str) -> dict[str, object]:
    filters = [{"propertyName": name, "operator": "EQ", "value": value}]
    return {"filterGroups": [{"filters": filters}], "properties": ["name"], "sorts": [], "limit": 5, "after": "0"}


def test_a_contact_is_found_by_email_whatever_its_case(hubspot: HubSpot) -> None:
    found = hubspot.crm.contacts.basic_api.get_by_id(
        "Amelia.Hart@HarborLine.example", id_property="email", properties=["jobtitle", "hs_timezone", "fax"]
    )
    assert found.id == AMELIA
    assert found.properties["jobtitle"] == "Head of Operations"
    assert found.properties["hs_timezone"] == "europe_slash_berlin"
    assert found.properties["fax"] is None


def test_an_unknown_contact_is_a_404(hubspot: HubSpot) -> None:
    with pytest.raises(ContactError) as error:
        hubspot.crm.contacts.basic_api.get_by_id("nobody@acme.example", id_property="email")
    assert error.value.status == 404


def test_a_second_contact_with_the_same_email_names_the_first(hubspot: HubSpot) -> None:
    new = {"properties": {"email": "jane@acme.example", "firstname": "Jane"}, "associations": []}
    first = hubspot.crm.contacts.basic_api.create(new)
    with pytest.raises(ContactError) as error:
        hubspot.crm.contacts.basic_api.create({"properties": {"email": "JANE@acme.example"}, "associations": []})
    assert error.value.status == 409
    assert f"Contact already exists. Existing ID: {first.id}" in error.value.body


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"email": "jane@acme.example", "shoe_size": "39"}, "PROPERTY_DOESNT_EXIST"),
        ({"email": "not an address"}, "INVALID_EMAIL"),
        ({"email": "jane@acme.example", "lifecyclestage": "Lead"}, "INVALID_OPTION"),
        ({"email": "jane@acme.example", "hubspot_owner_id": "1"}, "INVALID_OWNER_ID"),
        ({"email": "jane@acme.example", "createdate": "2026-01-01"}, "READ_ONLY_VALUE"),
        ({"phone": "12"}, "REQUIRED_FIELD"),
    ],
)
def test_a_contact_with_a_wrong_property_is_refused(hubspot: HubSpot, properties: dict[str, str], code: str) -> None:
    with pytest.raises(ContactError) as error:
        hubspot.crm.contacts.basic_api.create({"properties": properties, "associations": []})
    assert error.value.status == 400
    assert code in error.value.body
    assert "correlationId" in error.value.body


def test_a_company_refuses_an_industry_that_is_not_an_option(hubspot: HubSpot) -> None:
    with pytest.raises(CompanyError, match="INVALID_OPTION"):
        hubspot.crm.companies.basic_api.create(company(industry="Widgets"))


def test_a_patched_contact_is_found_under_its_new_address_only(hubspot: HubSpot) -> None:
    api = hubspot.crm.contacts.basic_api
    api.update(AMELIA, {"properties": {"email": "amelia@new.example", "jobtitle": "COO"}})
    assert api.get_by_id("amelia@new.example", id_property="email").id == AMELIA
    with pytest.raises(ContactError):
        api.get_by_id("amelia.hart@harborline.example", id_property="email")


def test_a_foreign_token_is_a_401_in_hubspots_shape(box: sandbox.Running) -> None:
    with pytest.raises(ContactError) as error:
        HubSpot(access_token="stolen", host=box.url).crm.contacts.basic_api.get_by_id(AMELIA)
    assert error.value.status == 401
    assert "INVALID_AUTHENTICATION" in error.value.body


def test_a_company_is_found_by_domain_and_by_name(hubspot: HubSpot) -> None:
    search = hubspot.crm.companies.search_api.do_search
    assert [one.id for one in search(by("domain", "HARBORLINE.example")).results] == [HARBOR_LINE]
    assert [one.id for one in search(by("name", "harbor line logistics")).results] == [HARBOR_LINE]
    assert search(by("domain", "acme.example")).total == 0


def test_a_new_company_is_missing_from_the_search_until_the_index_has_caught_up(
    box: sandbox.Running, hubspot: HubSpot
) -> None:
    box.control.settings(search_lag_ms=60_000)
    made = hubspot.crm.companies.basic_api.create(company(domain="acme.example"))
    search = hubspot.crm.companies.search_api.do_search
    assert search(by("domain", "acme.example")).total == 0
    assert hubspot.crm.companies.basic_api.get_by_id(made.id).properties["domain"] == "acme.example"
    box.control.settings(search_lag_ms=0)
    assert [one.id for one in search(by("domain", "acme.example")).results] == [made.id]


def test_a_company_created_with_its_contact_is_tied_both_ways(hubspot: HubSpot) -> None:
    contact = hubspot.crm.contacts.basic_api.create({"properties": {"email": "jane@acme.example"}, "associations": []})
    new = {"properties": {"name": "Acme"}, "associations": [tie(contact.id, 280)]}
    company = hubspot.crm.companies.basic_api.create(new)
    page = hubspot.crm.associations.v4.basic_api.get_page("contacts", contact.id, "companies")
    assert [one.to_object_id for one in page.results] == [company.id]
    assert {one.type_id for one in page.results[0].association_types} == {1, 279}


def test_a_note_and_a_task_stand_on_the_contact_and_the_company(box: sandbox.Running, hubspot: HubSpot) -> None:
    note = hubspot.crm.objects.notes.basic_api.create(
        {
            "properties": {"hs_timestamp": "2026-11-22T09:00:00Z", "hs_note_body": "Run r-1"},
            "associations": [tie(AMELIA, 202), tie(HARBOR_LINE, 190)],
        }
    )
    task = hubspot.crm.objects.tasks.basic_api.create(
        {
            "properties": {"hs_timestamp": "1795338000000", "hs_task_subject": "Call", "hs_task_status": "NOT_STARTED"},
            "associations": [tie(AMELIA, 204), tie(HARBOR_LINE, 192)],
        }
    )
    ties = hubspot.crm.associations.v4.basic_api
    for kind, made in (("notes", note), ("tasks", task)):
        for holder, holder_id in (("contacts", AMELIA), ("companies", HARBOR_LINE)):
            assert [one.to_object_id for one in ties.get_page(holder, holder_id, kind).results] == [made.id]
    read = hubspot.crm.objects.notes.batch_api.read(
        {"inputs": [{"id": note.id}], "properties": ["hs_note_body"], "propertiesWithHistory": []}
    )
    assert read.results[0].properties["hs_note_body"] == "Run r-1"
    created = box.control.created()
    assert created["notes"][0]["properties"]["hs_note_body"] == "Run r-1"
    assert len(created["associations"]) == 4


@pytest.mark.parametrize(
    ("properties", "associations"),
    [
        ({"hs_timestamp": "2026-11-22T09:00:00Z"}, [tie(AMELIA, 204)]),
        ({"hs_timestamp": "2026-11-22T09:00:00Z"}, [tie("999", 202)]),
        ({"hs_timestamp": "2026-11-22"}, [tie(AMELIA, 202)]),
        ({"hs_note_body": "no time"}, [tie(AMELIA, 202)]),
    ],
    ids=["a task's type", "nobody", "a day", "no time"],
)
def test_a_note_that_hubspot_would_refuse_is_refused_and_nothing_is_left(
    box: sandbox.Running, hubspot: HubSpot, properties: dict[str, str], associations: list[dict[str, object]]
) -> None:
    with pytest.raises(NoteError) as error:
        hubspot.crm.objects.notes.basic_api.create({"properties": properties, "associations": associations})
    assert error.value.status == 400
    assert not any(box.control.created().values())


def test_a_batch_read_says_which_ids_are_missing(hubspot: HubSpot) -> None:
    wanted = {"inputs": [{"id": HARBOR_LINE}, {"id": "999"}], "properties": ["name"], "propertiesWithHistory": []}
    read = hubspot.crm.companies.batch_api.read(wanted)
    assert [one.id for one in read.results] == [HARBOR_LINE]
    assert read.num_errors == 1


def test_the_default_association_put_twice_is_there_once(box: sandbox.Running, hubspot: HubSpot) -> None:
    ties = hubspot.crm.associations.v4.basic_api
    for _ in range(2):
        assert ties.create_default("contact", "112", "company", HARBOR_LINE).status == "COMPLETE"
    assert len(ties.get_page("contacts", "112", "companies").results) == 1
    assert len(box.control.created()["associations"]) == 1


def test_associations_come_in_pages(hubspot: HubSpot) -> None:
    ties = hubspot.crm.associations.v4.basic_api
    for company in ("202", "203"):
        ties.create_default("contacts", AMELIA, "companies", company)
    first = ties.get_page("contacts", AMELIA, "companies", limit=2)
    rest = ties.get_page("contacts", AMELIA, "companies", limit=2, after=first.paging.next.after)
    assert [one.to_object_id for one in [*first.results, *rest.results]] == [HARBOR_LINE, "202", "203"]
    assert rest.paging is None


def test_the_owner_is_clara(hubspot: HubSpot) -> None:
    owners = hubspot.crm.owners.owners_api
    assert owners.get_page(email="clara@northwind.example").results[0].id == "7001"
    assert owners.get_by_id("7001").last_name == "Jensen"
    with pytest.raises(OwnerError):
        owners.get_by_id("1")


def test_form_submissions_are_listed_newest_first(box: sandbox.Running) -> None:
    form = "5f2c1a34-7d1e-4c55-9b0a-2f6d1e0c4242"
    box.control.submission(form, "new-one", {"email": "jane@acme.example"})
    reply = requests.get(
        f"{box.url}/form-integrations/v1/submissions/forms/{form}",
        params={"limit": 2},
        headers={"Authorization": "Bearer sandbox-token"},
        timeout=5,
    ).json()
    assert reply["results"][0]["conversionId"] == "new-one"
    assert reply["paging"]["next"]["after"] == "2"
