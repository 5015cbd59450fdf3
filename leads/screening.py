"""Why a submission gets no draft. Only the clear cases: to refuse a customer costs more than to greet a spammer."""

from __future__ import annotations

import re

from leads.domains import is_free_mail
from leads.facts import Profile

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_][\w-]{1,62}")
_NOBODY_READS = re.compile(r"^(?:no|do-?not|donot)[-_.]?reply\b|^mailer-daemon@|^postmaster@|^bounces?@", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|www\.)\S+|\[url[^\]]*\]|</?a\b[^>]*>", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]{2,}")

_BUYS = re.compile(
    r"\byour\s+(?:pric\w+|product|platform|software|tool|solution|system|app|demo|offering|plans?|licen[cs]\w+)\b"
    r"|\b(?:book|see|get|have|want|like|need|schedule|request)\s+(?:a|the)\s+(?:\w+\s+)?(?:demo|quote|trial|offer)\b"
    r"|\bhow\s+much\b|\bwe\s+(?:need|require|use)\b|\bwe(?:['’]re"
    r"|\s+are)\s+(?:currently\s+)?(?:looking\s+for|evaluating|comparing|considering"
    r"|hiring\s+and)\b",
    re.IGNORECASE,
)
_PITCH = re.compile(
    r"\b(?:guest\s+post\w*|back-?links?|link\s+building|domain\s+authority"
    r"|e-?mail\s+lists?\s+(?:of|for)|verified\s+leads)\b"
    r"|\b(?:we|i|our\s+(?:team|agency|company))\s+(?:can\s+|would\s+like\s+to\s+"
    r"|could\s+)?(?:offer|provide|deliver|speciali[sz]e\s+in)\b"
    r".{0,60}\b(?:seo|web\s*(?:site)?\s+(?:design|development)|lead\s+generation|outsourc\w+"
    r"|link\s+building|app\s+development|developers|appointments?|virtual\s+assistants?"
    r"|digital\s+marketing)"
    r"|\b(?:rank|ranking)\b.{0,40}\bgoogle\b|\b(?:increase|boost|double"
    r"|grow)\s+your\s+(?:\w+\s+)?(?:traffic|sales|revenue|rankings?|leads|pipeline)\b"
    r"|\b(?:redesign|improve)\s+your\s+website\b|\bwe\s+help\s+(?:companies|businesses|agencies"
    r"|saas)\b.{0,80}\b(?:get|book|grow|increase|generate)\b",
    re.IGNORECASE | re.DOTALL,
)
_SELLER = re.compile(
    r"\b(?:our|my)\s+(?:agency|services?|freelancers?|developers|portfolio|rates)\b|\bon\s+behalf\s+of\s+our\s+agency\b"
    r"|\b(?:interested\s+in|looking\s+to)\s+outsourc\w+|\bseo\b|\b(?:offer|pitch)\s+you\b"
    r"|\bquick\s+(?:call|chat)\b.{0,30}\b(?:how\s+we|show\s+you)",
    re.IGNORECASE | re.DOTALL,
)
_APPLIES = re.compile(
    r"\b(?:my|attached)\s+(?:cv|resume|résumé|curriculum\s+vitae|lebenslauf)\b"
    r"|\bapply(?:ing)?\s+(?:for|to)\s+(?:the|a|an|your|any)\b.{0,40}\b(?:position|job|role"
    r"|internship|opening|vacancy)\b"
    r"|\b(?:my|a|the|this)\s+(?:job\s+)?application\s+for\s+the\b.{0,40}\b(?:position|job|role)\b"
    r"|\blooking\s+for\s+(?:a|an)\s+(?:\w+\s+)?(?:job|internship|position)\b"
    r"|\bare\s+you\s+(?:currently\s+)?hiring\b|\b(?:any|your)\s+(?:open\s+positions|vacancies"
    r"|job\s+openings)\b|\binitiativbewerbung\b|\bbewerbe\s+mich\b|\bmeine\s+bewerbung\b"
    r"|\bcandidature\s+spontanée\b",
    re.IGNORECASE,
)
_JUNK = re.compile(
    r"\b(?:online\s+casino|casino\s+bonus|slots?\s+bonus|viagra|cialis|porn\w*|escorts?"
    r"|payday\s+loans?|crypto\s+(?:invest\w*|giveaway|profit\w*)|bitcoin\s+(?:invest\w*|profit\w*"
    r"|doubl\w*)"
    r"|forex\s+signals?|you(?:\s+have|['’]ve)\s+won|claim\s+your\s+(?:prize|reward|bonus)"
    r"|lottery\s+winner|make\s+\$?\d+\s+(?:a|per)\s+day|hot\s+singles|sex\s+dating)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]*[\"”“»]|(?<!\w)['\u2018][^'\u2018’\n]+['’](?!\w)")
_CLAUSE = r"(?:^|[,;:(–-]\s*|\b(?:please|pls|kindly|just|so|then|you|now|(?:asked|told|want|like)\s+you\s+to)\s+)"
_STOP = (
    r"(?:(?:never|do\s+not|don['’]?t|stop)\s+(?:ever\s+)?"
    r"(?:contact|e-?mail|mail|messag|spam|bother|writ|pester)(?:m?ing|e)?\s+(?:to\s+)?)"
)
_LEAVE_ALONE = re.compile(
    rf"{_CLAUSE}{_STOP}(?:me|us)\b|\band\s+{_STOP}me\b"
    r"|^\W*(?:please\s+)?(?:do\s+not|don['’]?t)\s+contact(?:\s+(?:again|any\s*more|this\s+(?:address|e-?mail)))?\W*$"
    r"|\b(?:asked|told)\s+you\s+(?:\w+\s+)?(?:not\s+to|to\s+stop)\s+(?:contact|e-?mail|writ|messag|call)"
    r"|\b(?:do\s+not|don['’]?t|no\s+longer)\s+(?:want|wish)\s+to\s+(?:be\s+contacted|hear\s+from\s+you)\b"
    rf"|{_CLAUSE}leave\s+(?:me|us)\s+alone\b",
    re.IGNORECASE,
)
_OFF_THE_LIST = re.compile(
    rf"(?:{_CLAUSE}|\band\s+)(?:take|remove|delete)\s+(?:me|us|my\s+(?:e-?mail|address|e-?mail\s+address))\s+(?:off|from)\s+"
    r"(?:of\s+)?(?:your|the|this|all|any)\s+(?:\w+\s+){0,2}(?:lists?|newsletters?|mailings?|database)\b"
    rf"|(?:{_CLAUSE}|\band\s+)(?:unsubscribe\s+(?:me|us|my\s+e?-?mail)|opt\s+(?:me|us)\s+out)\b|^\W*(?:please\s+)?unsubscribe(?:\s+(?:please|now))?\W*$"
    rf"|{_CLAUSE}stop\s+sending\s+(?:me|us)\s+(?:\w+\s+){{0,2}}(?:e-?mails?|mails?|messages|newsletters?|spam)\b"
    r"|^\W*no\s+more\s+(?:e-?mails?|messages)(?:,?\s+please)?\W*$|\bi\s+want\s+to\s+unsubscribe\W*$"
    r"|\b(?:want|wish|like)\s+to\s+be\s+(?:removed\s+from|taken\s+off)\s+(?:your|the|all)\s+(?:\w+\s+)?lists?\b"
    r"|\b(?:do\s+not|don['’]?t|no\s+longer)\s+(?:want|wish)\s+(?:to\s+(?:receive|get)\s+)?(?:any\s+)?(?:more\s+)?"
    r"(?:e-?mails?|mails?|messages)\s+from\s+you\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"^\W*(?:(?:can|could|would|will)\s+you|why|when\s+will\s+you)\b", re.IGNORECASE)
_ONLY_NOT_SO = re.compile(
    r"\b(?:by\s+(?:phone|e-?mail)|before|until|till|after|during|instead|rather|unless|except|if|on\s+my|at\s+work"
    r"|this\s+week|today|in\s+the|with\s+the|about)\b",
    re.IGNORECASE,
)
_BUYING = re.compile(r"\b(?:pric\w+|costs?|how\s+much|quot\w+|demos?|trial|plans?|buy)\b", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"\bno\s+(?:need\s+(?:to|for\s+you\s+to|for\s+an?)\s+(?:reply|respond|answer|response|get\s+back|follow\s+up|call)"
    r"|(?:reply|answer|response)\s+(?:is\s+)?(?:needed|required|necessary))",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"\b(?:we|i)(?:['’]ve|\s+have)?\s+(?:now\s+|already\s+)?(?:picked|chose|chosen|selected|decided\s+to\s+go\s+with|went\s+with|gone\s+with"
    r"|decided\s+on|signed\s+with)\s+(?:another|a\s+different|some(?:one|body)\s+else|your\s+competitor)\b"
    r"|\b(?:decided\s+not\s+to|(?:won['’]t|not)\s+be)\s+(?:buy|proceed|purchas|go\s+ahead|go(?:ing)?\s+ahead|mov)\w*"
    r"|(?:^|[,;]\s*)(?:(?:we|i)(?:['’](?:re|m)|\s+am|\s+are)\s+)?(?:not|no\s+longer)\s+interested"
    r"(?=\W*(?:$|any\s*more\b|thank|[.!,;]))",
    re.IGNORECASE | re.MULTILINE,
)
_NO_BUYER = re.compile(
    r"(?<!were )(?<!was )\b(?:not|no\s+longer)\s+(?:interested\s+in|looking\s+to|planning\s+to|going\s+to|here\s+to)\s+"
    r"(?:buy|purchas)\w*\b",
    re.IGNORECASE,
)
_INTERVIEW = re.compile(
    r"\b(?:interview\w*|survey|thesis|dissertation|questionnaire|research|podcast|journalist|university)\b",
    re.IGNORECASE,
)
_MAY_STILL_ASK = re.compile(
    r"\?|\b(?:but|however|although|though|yet|now|ago|last|earlier|20\d\d|unhappy|fail\w*|replac\w*|switch\w*|need|needs"
    r"|looking|would|['’]d|could|can|want|wants|rather|instead|rent|lease|pric\w+|costs?|quote|demo|trial|partner\w*"
    r"|resell\w*|integrat\w*|problem|error|support|until|before|unless|if)\b",
    re.IGNORECASE,
)
_LONGEST_DECLINE = 40
_FEWEST_WORDS = 3

_LEFT_ALONE = "The sender asks not to be contacted."
_NOTHING_TO_BUY = "The sender is not asking for anything to buy."


def screen(*, email: str, message: str, profile: Profile, opted_out: bool = False) -> str:
    """A short reason why nobody should be written to, or "" for everyone else."""
    return (
        unreachable(email)
        or unwelcome(email, profile, opted_out=opted_out)
        or _own(email, profile)
        or left_alone(message)
        or unwanted(message)
        or declined(message)
    )


def unreachable(email: str) -> str:
    """Why an address cannot be written to."""
    if not email:
        return "No e-mail address was given."
    if not _ADDRESS.fullmatch(email):
        return "The e-mail address is not valid."
    return "Nobody reads mail at this no-reply address." if _NOBODY_READS.search(email) else ""


def unwelcome(email: str, profile: Profile, *, opted_out: bool) -> str:
    """Why this person must not be written to, whatever they asked."""
    if opted_out:
        return "This person has opted out of mail from us."
    listed = {entry.strip().lower().lstrip("@") for entry in profile.suppressed}
    if email.lower() in listed:
        return "This address is on the suppression list."
    return "This domain is on the suppression list." if _under(email, listed) else ""


def left_alone(message: str) -> str:
    """Whether the sender asks not to be written to. Who leaves a list, and asks for a price, is still answered."""
    parts = _SENTENCE.split(_QUOTED.sub(" ", message))
    said = [part for part in parts if not part.rstrip().endswith("?") or _REQUEST.search(part)]
    if any(_LEAVE_ALONE.search(part) and not _ONLY_NOT_SO.search(part) for part in said):
        return _LEFT_ALONE
    asks = any("?" in part and _BUYING.search(part) for part in parts)
    return _LEFT_ALONE if not asks and any(map(_OFF_THE_LIST.search, said)) else ""


def declined(message: str) -> str:
    """Whether somebody only says that they buy nothing; any sign of a wish or a question counts for them."""
    plain = _QUOTED.sub(" ", message)
    no_buyer = _NO_BUYER.search(plain)
    if no_buyer and _INTERVIEW.search(plain) and not _BUYING.search(_NO_BUYER.sub(" ", plain)):
        return _NOTHING_TO_BUY
    if len(_WORDS.findall(plain)) > _LONGEST_DECLINE or not (no_buyer or _DECLINES.search(plain)):
        return ""
    rest = _NO_REPLY.sub(" ", _DECLINES.sub(" ", _NO_BUYER.sub(" ", plain)))
    return "" if _MAY_STILL_ASK.search(rest) else _NOTHING_TO_BUY


def unwanted(message: str) -> str:
    """Why a message is no enquiry: junk, somebody's sales pitch, or a job application."""
    if _is_junk(message):
        return "The message is spam."
    if _BUYS.search(message):
        return ""
    if _APPLIES.search(message):
        return "This is a job application, not an enquiry."
    pitches = len(_PITCH.findall(message)) + bool(_SELLER.search(message))
    return "The sender sells to us; this is not an enquiry." if _PITCH.search(message) and pitches > 1 else ""


def _own(email: str, profile: Profile) -> str:
    """A rep who writes from free mail shares that domain with the customers."""
    company = {domain.strip().lower() for domain in profile.own_domains if not is_free_mail(domain.strip())}
    own = _under(email, company)
    return "The submitter is one of our own people." if own else ""


def _under(email: str, domains: set[str]) -> bool:
    """Whether an address is in one of the domains, or in a subdomain of one."""
    labels = email.rpartition("@")[2].lower().split(".")
    return any(".".join(labels[index:]) in domains for index in range(len(labels) - 1))


def _is_junk(message: str) -> bool:
    links = _LINK.findall(message)
    said = _WORDS.findall(_LINK.sub(" ", message))
    only_links = bool(links) and len(said) < _FEWEST_WORDS
    hits = len(_JUNK.findall(message))
    return only_links or ((hits > 1 or (hits == 1 and bool(links))) and not _BUYS.search(message))
