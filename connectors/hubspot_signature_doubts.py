"""Why a signature does not hold: which part of what was signed is another one than we think.

A signature covers secret, method, URL, body and time, and says only yes or no. So what could plausibly have been
signed instead is tried out: the same URL with http, without its slash, under the proxy's name, and so on.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from connectors.hubspot_signature import (
    TOLERANCE,
    BadSignature,
    moment_of,
    sign_v1,
    sign_v2,
    sign_v3,
    sign_v3_as_is,
    verify,
)

MOST_SECRETS = 20  # that are tried with every variant
MOST_BYTES = 64 * 1024  # of a body, for which a few hundred signatures are made
OTHER_METHODS = ("GET", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Kept:
    """A request that was kept: what it carried, and when it came, in seconds since 1970."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool
    at: float


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a signature: whether it is right (None: it can't be told), what was found, and what to do."""

    name: str
    is_right: bool | None
    found: str
    advice: str = ""


def right(name: str, found: str) -> Part:
    return Part(name, is_right=True, found=found)


def wrong(name: str, found: str, advice: str) -> Part:
    return Part(name, is_right=False, found=found, advice=advice)


def untold(name: str, found: str, advice: str = "") -> Part:
    return Part(name, is_right=None, found=found, advice=advice)


@dataclass(frozen=True, slots=True)
class Explanation:
    """All parts, and whose secret signed the request, if any of ours did as things are now (age aside)."""

    parts: tuple[Part, ...]
    signer: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What may have been signed instead, and how it differs."""

    uri: str
    method: str
    differs: tuple[str, ...] = ()
    as_is: bool = False
    signer: str = ""
    version: str = ""


def explain(kept: Kept, public_url: str, secrets: Mapping[str, str], owner: str = "") -> Explanation:
    """Part by part. `secrets` by the name of whose they are; `owner` names whose the body is by its portal."""
    headers = {name.lower(): value for name, value in kept.headers.items()}
    named = {"X-HubSpot-Signature-v3": "", "X-HubSpot-Signature": "", "X-HubSpot-Request-Timestamp": ""}
    named |= {"X-HubSpot-Signature-Version": "v2"}
    given = {name: headers.get(name.lower(), default) for name, default in named.items()}
    signature = given["X-HubSpot-Signature-v3"] or given["X-HubSpot-Signature"]
    declared = "v3" if given["X-HubSpot-Signature-v3"] else given["X-HubSpot-Signature-Version"]
    kept = replace(kept, headers=given)
    uri = public_url + kept.target
    signer = signer_now(kept, uri, secrets)
    guess: Guess | None = None
    if signer:
        guess = Guess(uri, kept.method, signer=signer, version=declared)
    elif signature and kept.is_whole and len(kept.body) <= MOST_BYTES:
        guess = first_that_holds(kept, uri, secrets, signature, headers)
    parts = (
        signature_part(signature, declared, guess),
        timestamp_part(declared, given["X-HubSpot-Request-Timestamp"], kept.at),
        method_part(kept, guess),
        url_part(uri, guess),
        body_part(kept, guess),
        secret_part(secrets, guess, owner),
    )
    return Explanation(parts, signer, declared if signer else "")


def signer_now(kept: Kept, uri: str, secrets: Mapping[str, str]) -> str:
    """Whose secret proves the request as it stands, whatever its age; empty if nobody's does."""
    if not kept.is_whole:
        return ""
    for name, secret in secrets.items():
        try:
            verify(secret, kept.method, uri, kept.body, kept.headers, None)
        except BadSignature:
            continue
        return name
    return ""


def first_that_holds(
    kept: Kept, uri: str, secrets: Mapping[str, str], signature: str, headers: Mapping[str, str]
) -> Guess | None:
    """What was signed, with as few differences as possible."""
    guesses = sorted(guesses_at(uri, kept.method, headers), key=lambda guess: len(guess.differs))
    stamp = kept.headers["X-HubSpot-Request-Timestamp"]
    for guess in guesses:
        for name, secret in islice(secrets.items(), MOST_SECRETS):
            for version, made in signatures(secret, guess, kept.body, stamp):
                if hmac.compare_digest(made.encode(), signature.encode()):
                    return replace(guess, signer=name, version=version)
    return None


def signatures(secret: str, guess: Guess, body: bytes, stamp: str) -> Iterator[tuple[str, str]]:
    """What each version would make of a guess."""
    sign = sign_v3_as_is if guess.as_is else sign_v3
    yield "v3", sign(secret, guess.method, guess.uri, body, stamp)
    if not guess.as_is:
        yield "v2", sign_v2(secret, guess.method, guess.uri, body)
    if not guess.differs:
        yield "v1", sign_v1(secret, body)


def guesses_at(uri: str, method: str, headers: Mapping[str, str]) -> Iterator[Guess]:
    for hosted, host_differs in addresses(urlsplit(uri), headers):
        for slashed, slash_differs in slashes(hosted):
            for queried, query_differs, as_is in queries(slashed):
                differs = host_differs + slash_differs + query_differs
                yield Guess(urlunsplit(queried), method, differs, as_is)
    yield from (Guess(uri, other, (f"the method {other}",)) for other in OTHER_METHODS if other != method)


def addresses(parts: SplitResult, headers: Mapping[str, str]) -> Iterator[tuple[SplitResult, tuple[str, ...]]]:
    """The schemes and hosts under which the sender may know us."""
    seen = [headers.get(name, "").split(",")[0].strip() for name in ("host", "x-forwarded-host")]
    hosts = dict.fromkeys([parts.netloc, *filter(None, seen), parts.hostname or ""])
    for scheme in dict.fromkeys([parts.scheme, "https", "http"]):
        for host in hosts:
            differs = () if scheme == parts.scheme else (f"{scheme} instead of {parts.scheme}",)
            if host != parts.netloc:
                differs = (*differs, f"the host {host} instead of {parts.netloc}")
            yield parts._replace(scheme=scheme, netloc=host), differs


def slashes(parts: SplitResult) -> Iterator[tuple[SplitResult, tuple[str, ...]]]:
    yield parts, ()
    if parts.path.endswith("/"):
        yield parts._replace(path=parts.path.rstrip("/")), ("no slash at the end of the path",)
    else:
        yield parts._replace(path=parts.path + "/"), ("a slash at the end of the path",)


def queries(parts: SplitResult) -> Iterator[tuple[SplitResult, tuple[str, ...], bool]]:
    """The ways in which escapes may have been signed."""
    yield parts, (), False
    if "%" in parts.query or "%" in parts.path:
        yield parts, ("its escapes (%…) as they are",), True
        plain = parts._replace(path=unquote(parts.path), query=unquote(parts.query))
        yield plain, ("all of its escapes (%…) decoded",), True
    if "+" in parts.query:
        yield parts._replace(query=parts.query.replace("+", "%20")), ("%20 instead of +",), False
    if parts.query:
        yield parts._replace(query=""), ("no query",), False


def signature_part(signature: str, declared: str, guess: Guess | None) -> Part:
    if not signature:
        return wrong(
            "Signature",
            "neither X-HubSpot-Signature-v3 nor X-HubSpot-Signature is set",
            "If HubSpot sent this, turn on the request signature of the workflow's webhook action; if a proxy stands "
            "before this server, let these headers through. If it was somebody else, there is nothing to do.",
        )
    header = "X-HubSpot-Signature-v3" if declared == "v3" else f"X-HubSpot-Signature, version {declared[:20]}"
    if (guess and guess.version == "v1") or declared == "v1":
        return wrong("Signature", f"{header} holds a v1 signature, which does not cover the URL", USE_ANOTHER)
    if guess and guess.version != declared:
        return wrong("Signature", f"{header} holds a signature of version {guess.version}", USE_ANOTHER)
    if declared not in {"v2", "v3"}:
        return wrong("Signature", f"{header} is not known here", USE_ANOTHER)
    return right("Signature", header)


USE_ANOTHER = "Let the sender sign with v3 (subscriptions, own code) or v2 (workflow actions), and name it so."


def timestamp_part(declared: str, timestamp: str, at: float) -> Part:
    if declared != "v3":
        return untold("Timestamp", "is not part of this version")
    try:
        late = at - moment_of(timestamp)
    except BadSignature as bad:
        return wrong("Timestamp", str(bad), "Let the sender, and a proxy, pass X-HubSpot-Request-Timestamp on.")
    side = "before it arrived" if late >= 0 else "after it arrived, that is in the future"
    found = f"{spell(abs(late))} {side}"
    if abs(late) <= TOLERANCE:
        return right("Timestamp", found)
    beyond = f"{found}: {spell(abs(late) - TOLERANCE)} more than the {TOLERANCE} s that are allowed"
    if late > 0:
        return wrong("Timestamp", beyond, "Something held it up. If the rest is right, replay it here.")
    return wrong("Timestamp", beyond, "Set the clock of this server. If the rest is right, replay it here.")


def method_part(kept: Kept, guess: Guess | None) -> Part:
    if guess is None:
        return untold("Method", kept.method)
    if guess.method != kept.method:
        return wrong("Method", f"{kept.method}; {guess.method} was signed", "Let no proxy change the method.")
    return right("Method", kept.method)


def url_part(uri: str, guess: Guess | None) -> Part:
    if guess is None:
        return untold("URL", uri, "HubSpot must have exactly this URL, character by character.")
    if guess.version == "v1":
        return untold("URL", f"{uri} is not part of v1")
    differs = [difference for difference in guess.differs if not difference.startswith("the method")]
    if differs:
        return wrong(
            "URL",
            f"{uri}; what was signed has {', and '.join(differs)}: {guess.uri}",
            "Enter the URL that this page shows in HubSpot, or set PUBLIC_URL to what HubSpot has, and restart.",
        )
    return right("URL", uri)


def body_part(kept: Kept, guess: Guess | None) -> Part:
    if not kept.is_whole:
        return untold("Body", f"only {len(kept.body)} bytes of it were kept, so nothing can be checked")
    if guess is None:
        return untold("Body", f"{len(kept.body)} bytes", "Nothing on the way may change it, not even its spaces.")
    return right("Body", f"{len(kept.body)} bytes")


def secret_part(secrets: Mapping[str, str], guess: Guess | None, owner: str) -> Part:
    if not secrets:
        return wrong("Client secret", "none is configured here", "Enter it under the workspace's connections, HubSpot.")
    if guess is None:
        return untold(
            "Client secret",
            f"not one of {', '.join(islice(secrets, MOST_SECRETS))}, unless the URL or the body differs",
            "Compare it with the client secret of the HubSpot app that signs. The access token does not sign.",
        )
    if owner and owner not in guess.signer.split(", "):
        return wrong(
            "Client secret",
            f"that of {guess.signer}, but the portal in the body is {owner}'s",
            "Enter the client secret of this app for the workspace whose portal it is.",
        )
    return right("Client secret", f"that of {guess.signer}")


def spell(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86400:.0f} days"
