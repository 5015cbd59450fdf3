"""Google's consent page: who you are, what an app asks for, allow or deny. The answer goes to the app's own address."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from connectors.sandbox.oauth import Code, Grant
from connectors.sandbox.wire import Answer, Call, Route

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

ADDRESS = "/o/oauth2/v2/auth"
CODE_SECONDS = 600
LOOPBACK = {"127.0.0.1", "localhost"}
CARRIED = (
    *("client_id", "redirect_uri", "response_type", "scope", "state", "access_type", "prompt"),
    *("code_challenge", "code_challenge_method"),
)
BUTTONS = '<button name="decision" value="allow">Allow</button> <button name="decision" value="">Deny</button>'
STYLE = "body{font:16px system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}label{display:block;margin:.5rem 0}"


def ask(box: Box, call: Call) -> Answer:
    """The page, or Google's refusal to show it."""
    asked = {name: call.query.get(name, "") for name in CARRIED}
    if wrong := _fault(asked):
        return _page("Access blocked", f"<p>Authorization Error</p><p>Error 400: {escape(wrong)}</p>", 400)
    hint = call.query.get("login_hint", "").lower()
    chosen = hint if hint in box.mailboxes else box.tokens.users[0]
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items() if value
    )
    who = _choices("radio", "account", box.tokens.users, {chosen})
    scopes = asked["scope"].split()
    what = _choices("checkbox", "granted", scopes, set(scopes))
    fields = f"{hidden}<h2>Account</h2>{who}<h2>It asks for</h2>{what}{BUTTONS}"
    form = f'<form method="post" action="{ADDRESS}">{fields}</form>'
    return _page("Sandbox: sign in with Google", f"<p>{escape(asked['client_id'])} wants access.</p>{form}")


def decide(box: Box, call: Call) -> Answer:
    """Send the browser back, with a code or with the refusal."""
    form = call.form()
    if wrong := _fault(form):
        return _page("Access blocked", f"<p>Error 400: {escape(wrong)}</p>", 400)
    given = set(parse_qs(call.body.decode("utf-8", "replace")).get("granted", []))
    granted = given.intersection(form["scope"].split())
    if form.get("decision") != "allow" or not granted or form.get("account") not in box.mailboxes:
        return _back(form, {"error": "access_denied"})
    code = Code(
        Grant(form["account"], frozenset(granted), form["client_id"]),
        form["redirect_uri"],
        form.get("code_challenge", ""),
        form.get("access_type") == "offline",
        time.time() + CODE_SECONDS,
    )
    return _back(form, {"code": box.tokens.new_code(code), "scope": " ".join(sorted(granted))})


def _fault(asked: Mapping[str, str]) -> str:
    """What Google finds wrong with a request before it asks anybody."""
    missing = [name for name in ("client_id", "redirect_uri", "response_type", "scope") if not asked.get(name)]
    if missing:
        return f"invalid_request: Required parameter is missing: {missing[0]}"
    to = urlsplit(asked["redirect_uri"])
    if to.fragment or not (to.scheme == "https" or (to.scheme == "http" and to.hostname in LOOPBACK)):
        return "redirect_uri_mismatch"
    if asked["response_type"] != "code":
        return f"unsupported_response_type: {asked['response_type']}"
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return "invalid_request: Invalid code_challenge_method"
    return ""


def _back(form: Mapping[str, str], told: dict[str, str]) -> Answer:
    if form.get("state"):
        told |= {"state": form["state"]}
    to = form["redirect_uri"]
    return Answer(None, 302, {"Location": f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(told)}"})


def _choices(kind: str, name: str, values: Iterable[str], chosen: set[str]) -> str:
    return "".join(
        f'<label><input type="{kind}" name="{name}" value="{escape(one)}"{" checked" if one in chosen else ""}> '
        f"{escape(one)}</label>"
        for one in values
    )


def _page(title: str, content: str, status: int = 200) -> Answer:
    head = f'<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>{title}</title><style>{STYLE}</style>'
    return Answer(f"{head}<h1>{title}</h1>{content}</html>", status)


ROUTES = [
    Route("oauth", "consent.ask", "GET", ADDRESS, ask),
    Route("oauth", "consent.decide", "POST", ADDRESS, decide),
]
