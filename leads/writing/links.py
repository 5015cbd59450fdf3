"""Links in plain text, the way mail programs find them: addresses, bare domains, images."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from leads.domains import is_public

_SCHEME = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,15}://[^\s<>\"')\]]+|\b(?:javascript|data|mailto|tel|file):[^\s<>\"')\]]+", re.IGNORECASE
)
_EMAIL = re.compile(r"[\w.+'-]{1,64}@(?:[\w-]+\.)+[\w-]{2,}")
_DOMAIN = re.compile(r"(?<![\w@.-])(?:[\w](?:[\w-]*[\w])?\.)+[^\W\d_]{2,24}(?![\w@-])(?:/[^\s<>\"')\]]*)?")
_MARKUP = re.compile(
    r"!\[[^\]]*\]\s*\(|\[[^\]]+\]\([^)]*\)|<\s*/?\s*(?:img|a|script|iframe|svg|link|meta|style|object)\b[^>]*>",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?…"


def urls_in(text: str) -> tuple[str, ...]:
    """URLs with a scheme, then domains without one, each as written."""
    written = [match.group().rstrip(_TRAILING) for match in _SCHEME.finditer(text)] if ":" in text else []
    rest = without_links(text)
    bare = [match.group().rstrip(_TRAILING) for match in _DOMAIN.finditer(rest)]
    return tuple(dict.fromkeys([*written, *filter(_is_domain, bare)]))


def emails_in(text: str) -> tuple[str, ...]:
    """The e-mail addresses in a text, in lower case."""
    found = _EMAIL.finditer(text) if "@" in text else ()
    return tuple(dict.fromkeys(match.group().lower() for match in found))


def markup_in(text: str) -> tuple[str, ...]:
    """Images and links in Markdown or HTML, which a plain-text draft never needs."""
    return tuple(match.group() for match in _MARKUP.finditer(text))


def without_links(text: str) -> str:
    """The text with its URLs and addresses left out."""
    # To look for a sign that both have is much cheaper than to try them at every word.
    plain = _SCHEME.sub(" ", text) if ":" in text else text
    return _EMAIL.sub(" ", plain) if "@" in plain else plain


def has_link(text: str) -> bool:
    """Whether a mail program would make anything in the text clickable."""
    return bool(urls_in(text) or emails_in(text) or markup_in(text))


def is_under(url: str, domains: tuple[str, ...]) -> bool:
    """Whether a URL is plain https (or has no scheme) on one of the domains or below it."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        odd = parts.scheme.lower() != "https" or "@" in parts.netloc or parts.port not in {None, 443}
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    allowed = (domain.strip().lower().lstrip("*.") for domain in domains)
    return not odd and any(domain and (host == domain or host.endswith(f".{domain}")) for domain in allowed)


def _is_domain(text: str) -> bool:
    """Only with a real top-level domain: "e.g." and "Node.js" are none."""
    host = text.partition("/")[0].lower()
    return host.startswith("www.") or is_public(host)
