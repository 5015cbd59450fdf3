"""What makes two prospects alike: what they do for a living, and in which industry."""

from __future__ import annotations

import re

# In this order: a "Head of IT purchasing" buys, and a "VP Sales" sells before they lead.
_ROLES = {
    "purchasing": r"purchas\w*|procure\w*|buyer|sourcing|einkauf\w*|beschaffung",
    "finance": r"cfo|financ\w*|account(?:ant|ing)|controll\w*|treasur\w*|finanz\w*|buchhalt\w*",
    "people": r"hr|human resources|people|talent|recruit\w*|personal\w*",
    "marketing": r"cmo|marketing|brand|growth|communications?|content|seo",
    "sales": r"cro|sales|account (?:executive|manager)|business development|revenue|revops|vertrieb\w*",
    "it": r"cto|cio|ciso|it|edv|tech\w*|software|developer|engineer\w*|architect|devops|data|security|admin\w*",
    "operations": r"coo|operations?|logistic\w*|supply chain|fleet|production|plant|quality|logistik\w*|betrieb\w*",
    "leadership": r"ceo|founder|co-?founder|owner|president|managing director|general manager|partner|chief"
    r"|geschäftsführ\w*|inhaber\w*|gérant\w*|vorstand\w*",
}
_PATTERNS = {role: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for role, words in _ROLES.items()}


def role_of(job_title: str) -> str:
    """The kind of work that a job title names, or "" when it names none that we know."""
    return next((role for role, pattern in _PATTERNS.items() if pattern.search(job_title)), "")


def industry_of(named: str) -> str:
    """An industry as HubSpot or people write it, in one spelling: COMPUTER_SOFTWARE is computer software."""
    return " ".join(named.replace("_", " ").casefold().split())[:80]
