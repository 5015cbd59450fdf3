"""Opening accounts: what is missing is named, what is open is kept, and a fork starts afresh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.accounts import AccountsConfig, open_accounts
from connectors.errors import NotConfigured
from connectors.hubspot import _ASKED_OF_CONTACTS

URL = "http://127.0.0.1:9"


def test_every_missing_setting_is_named() -> None:
    with pytest.raises(NotConfigured, match="HUBSPOT_ACCESS_TOKEN and GOOGLE_CREDENTIALS"):
        open_accounts(AccountsConfig("", " "))


@pytest.mark.parametrize("text", ["not json", "[]", "{}", '{"type": "service_account"}', '{"type": "authorized_user"}'])
def test_credentials_that_are_none_are_named_and_not_shown(config_for: Any, text: str) -> None:
    with pytest.raises(NotConfigured, match=r"GOOGLE_CREDENTIALS|GOOGLE_SUBJECT") as caught:
        open_accounts(config_for(URL, google_credentials=text))
    assert caught.value.__cause__ is None


def test_a_url_that_is_none_is_named(config_for: Any) -> None:
    with pytest.raises(NotConfigured, match="GOOGLE_API_URL"):
        open_accounts(config_for(URL, google_url="localhost:8000"))


def test_secrets_are_not_in_the_text_of_the_settings(config_for: Any) -> None:
    assert "sandbox-token" not in repr(config_for(URL))


def test_accounts_are_opened_once(config_for: Any) -> None:
    assert open_accounts(config_for(URL)) is open_accounts(config_for(URL))
    assert open_accounts(config_for(URL)) is not open_accounts(config_for(URL, read_timeout=2.0))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own(config_for: Any) -> None:
    before = id(open_accounts(config_for(URL)))
    kept = open_accounts(config_for(URL))
    child = os.fork()
    if child == 0:
        os._exit(0 if open_accounts(config_for(URL)) is not kept else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert id(open_accounts(config_for(URL))) == before


def test_importing_what_settings_and_views_need_does_not_load_the_vendors_code() -> None:
    code = "import sys, connectors.accounts, connectors.ports; print('hubspot' in sys.modules, 'google' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]


def test_a_service_account_acts_for_the_mailbox_with_the_least_scopes(odd: Any, says: Any, config_for: Any) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    server = odd(
        says(200, {"access_token": "t", "expires_in": 3600}), says(200, {"labels": [{"id": "L1", "name": "Hot"}]})
    )
    info = {"type": "service_account", "client_email": "a@p.example", "private_key": pem}
    info["token_uri"] = f"{server.url}/token"
    accounts = open_accounts(config_for(server.url, google_credentials=json.dumps(info)))
    assert accounts.mail.label_id("Hot") == "L1"
    assert server.requests[0].startswith(b"POST /token")
    assert b"authorization: Bearer t" in server.requests[1].replace(b"Authorization", b"authorization")


def test_a_request_to_any_other_host_is_not_sent(config_for: Any) -> None:
    accounts: Any = open_accounts(config_for(URL))
    transport = accounts.mail._client._transport
    for url in ("http://127.0.0.1:99/x", "http://127.0.0.1:9@evil.example/", "https://evil.example/127.0.0.1:9/"):
        with pytest.raises(ValueError, match="no Google address"):
            transport.request(url)


def test_all_calls_to_one_vendor_share_their_connections(odd: Any, config_for: Any) -> None:
    server = odd(b"")
    crm: Any = open_accounts(config_for(server.url)).crm
    client = crm._client
    apis = (client.contacts, client.companies_search, client.associations, client.notes, client.tasks_batch)
    assert len({id(api.api_client.rest_client.pool_manager) for api in apis}) == 1


def test_a_path_in_the_vendors_address_is_kept(odd: Any, says: Any, config_for: Any) -> None:
    server = odd(says(200, {"id": "7", "properties": {}}))
    found = open_accounts(config_for(f"{server.url}/gateway")).crm.contact_by_email("ann@acme.example")
    assert found is not None
    assert found.id == "7"
    line = server.requests[0].partition(b"\r\n")[0]
    assert line.startswith(b"GET /gateway/crm/v3/objects/contacts/ann%40acme.example?")
    assert line.count(b"properties=") == len(_ASKED_OF_CONTACTS)
