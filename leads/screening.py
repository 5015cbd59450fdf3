"""Why a submission gets no draft. Only the clear cases: to refuse a customer costs more than to greet a spammer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from leads import screening_german as german
from leads.domains import disposable, is_free_mail
from leads.facts import Profile
from leads.rules import SWITCHED, Rule

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_][\w-]{1,62}")
_NOBODY_READS = re.compile(r"^(?:no|do-?not|donot)[-_.]?reply\b|^mailer-daemon@|^postmaster@|^bounces?@", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|www\.)\S+|\[url[^\]]*\]|</?a\b[^>]*>", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]{2,}")

_BUYS = re.compile(
    r"\byour\s+(?:pric\w+|product|platform|software|tool|solution|system|app|demo|offering|plans?|licen[cs]\w+)\b"
    r"|\b(?:book|see|get|have|want|like|need|schedule|request)\s+(?:a|the)\s+(?:\w+\s+)?(?:demo|quote|trial|offer)\b"
    r"|\bhow\s+much\b|\bwe\s+(?:need|require|use)\b|\bwe(?:['’]re"
    r"|\s+are)\s+(?:currently\s+)?(?:looking\s+for|evaluating|comparing|considering"
    r"|hiring\s+and)\b|" + german.BUYS,
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
    r"|saas)\b.{0,80}\b(?:get|book|grow|increase|generate)\b|" + german.PITCH,
    re.IGNORECASE | re.DOTALL,
)
_SELLER = re.compile(
    r"\b(?:our|my)\s+(?:agency|services?|freelancers?|developers|portfolio|rates)\b|\bon\s+behalf\s+of\s+our\s+agency\b"
    r"|\b(?:interested\s+in|looking\s+to)\s+outsourc\w+|\bseo\b|\b(?:offer|pitch)\s+you\b"
    r"|\bquick\s+(?:call|chat)\b.{0,30}\b(?:how\s+we|show\s+you)|" + german.SELLER,
    re.IGNORECASE | re.DOTALL,
)
_APPLIES = re.compile(
    r"\b(?:my|attached)\s+(?:cv|resume|résumé|curriculum\s+vitae)\b"
    r"|\bapply(?:ing)?\s+(?:for|to)\s+(?:the|a|an|your|any)\b.{0,40}\b(?:position|job|role"
    r"|internship|opening|vacancy)\b"
    r"|\b(?:my|a|the|this)\s+(?:job\s+)?application\s+for\s+the\b.{0,40}\b(?:position|job|role)\b"
    r"|\blooking\s+for\s+(?:a|an)\s+(?:\w+\s+)?(?:job|internship|position)\b"
    r"|\bare\s+you\s+(?:currently\s+)?hiring\b|\b(?:any|your)\s+(?:open\s+positions|vacancies"
    r"|job\s+openings)\b"
    r"|\bcandidature\s+spontanée\b|" + german.APPLIES,
    re.IGNORECASE,
)
_JUNK = re.compile(
    r"\b(?:online\s+casino|casino\s+bonus|slots?\s+bonus|viagra|cialis|porn\w*|escorts?"
    r"|payday\s+loans?|crypto\s+(?:invest\w*|giveaway|profit\w*)|bitcoin\s+(?:invest\w*|profit\w*"
    r"|doubl\w*)"
    r"|forex\s+signals?|you(?:\s+have|['’]ve)\s+won|claim\s+your\s+(?:prize|reward|bonus)"
    r"|lottery\s+winner|make\s+\$?\d+\s+(?:a|per)\s+day|hot\s+singles|sex\s+dating)\b|" + german.JUNK,
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"^\W*(?:automatic\s+reply|auto(?:matic|mated)?[- ]?(?:reply|response|answer)|undeliverable"
    r"|out\s+of\s+(?:the\s+)?office(?:\s+(?:reply|message|notice))?\s*(?:$|[:\n-])"
    r"|delivery\s+status\s+notification|mail\s+delivery\s+(?:failed|subsystem))"
    r"|\b(?:i\s+am|i['’]m)\s+(?:currently\s+)?(?:out\s+of\s+(?:the\s+)?office|on\s+(?:\w+\s+)?leave)\b"
    r".{0,160}\b(?:limited\s+access|will\s+(?:reply|respond|get\s+back)|(?:up)?on\s+my\s+return|when\s+i\s+return"
    r"|urgent\w*)|" + german.AUTOMATIC,
    re.IGNORECASE | re.DOTALL,
)
_JOBS = re.compile(
    r"^(?!.*\b(?:demo|sales|pricing|quote|trial|product)\b).*"
    r"(?:\b(?:careers?|job\s+applications?|vacanc(?:y|ies)|internships?|bewerbung(?:en)?|karriere)\b|^\s*jobs?\s*$)",
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
    rf"|{_CLAUSE}leave\s+(?:me|us)\s+alone\b|" + german.LEAVE_ALONE,
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
    r"(?:e-?mails?|mails?|messages)\s+from\s+you\b|" + german.OFF_THE_LIST,
    re.IGNORECASE,
)
_REQUEST = re.compile(r"^\W*(?:(?:can|could|would|will)\s+you|why|when\s+will\s+you)\b", re.IGNORECASE)
_ONLY_NOT_SO = re.compile(
    r"\b(?:by\s+(?:phone|e-?mail)|before|until|till|after|during|instead|rather|unless|except|if|on\s+my|at\s+work"
    r"|this\s+week|today|in\s+the|with\s+the|about)\b|" + german.ONLY_NOT_SO,
    re.IGNORECASE,
)
_BUYING = re.compile(
    r"\b(?:pric\w+|costs?|how\s+much|quot\w+|demos?|trial|plans?|buy)\b|" + german.BUYING, re.IGNORECASE
)
_NO_REPLY = re.compile(
    r"\bno\s+(?:need\s+(?:to|for\s+you\s+to|for\s+an?)\s+(?:reply|respond|answer|response|get\s+back|follow\s+up|call)"
    r"|(?:reply|answer|response)\s+(?:is\s+)?(?:needed|required|necessary))|" + german.NO_REPLY,
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"\b(?:we|i)(?:['’]ve|\s+have)?\s+(?:now\s+|already\s+)?(?:picked|chose|chosen|selected|decided\s+to\s+go\s+with|went\s+with|gone\s+with"
    r"|decided\s+on|signed\s+with)\s+(?:another|a\s+different|some(?:one|body)\s+else|your\s+competitor)\b"
    r"|\b(?:decided\s+not\s+to|(?:won['’]t|not)\s+be)\s+(?:buy|proceed|purchas|go\s+ahead|go(?:ing)?\s+ahead|mov)\w*"
    r"|(?:^|[,;]\s*)(?:(?:we|i)(?:['’](?:re|m)|\s+am|\s+are)\s+)?(?:not|no\s+longer)\s+interested"
    r"(?=\W*(?:$|any\s*more\b|thank|[.!,;]))|" + german.DECLINES,
    re.IGNORECASE | re.MULTILINE,
)
_NO_BUYER = re.compile(
    r"(?<!were )(?<!was )\b(?:not|no\s+longer)\s+(?:interested\s+in|looking\s+to|planning\s+to|going\s+to|here\s+to)\s+"
    r"(?:buy|purchas)\w*\b|" + german.NO_BUYER,
    re.IGNORECASE,
)
_INTERVIEW = re.compile(
    r"\b(?:interview\w*|survey|thesis|dissertation|questionnaire|research|podcast|journalist|university)\b|"
    + german.INTERVIEW,
    re.IGNORECASE,
)
_MAY_STILL_ASK = re.compile(
    r"\?|\b(?:but|however|although|though|yet|now|ago|last|earlier|20\d\d|unhappy|fail\w*|replac\w*|switch\w*|need|needs"
    r"|looking|would|['’]d|could|can|want|wants|rather|instead|rent|lease|pric\w+|costs?|quote|demo|trial|partner\w*"
    r"|resell\w*|integrat\w*|problem|error|support|until|before|unless|if)\b|" + german.MAY_STILL_ASK,
    re.IGNORECASE,
)
_LONGEST_DECLINE = 40
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What is judged: who wrote, what, through which form, and what is known of them."""

    email: str
    message: str = ""
    form_name: str = ""
    needs_help: bool = False
    opted_out: bool = False
    is_customer: bool = False


def screen(asked: Asked, profile: Profile) -> Rule | None:
    """The first rule by which nobody should be written to; None for everyone else."""
    if rule := unreachable(asked.email) or unwelcome(asked.email, profile, opted_out=asked.opted_out):
        return rule
    if left_alone(asked.message):
        return Rule.LEFT_ALONE
    if _under_or_is(asked.email, profile.never_screened):
        return None
    return next(
        (rule for rule, holds in _BY_TASTE.items() if rule not in profile.screening_off and holds(asked, profile)), None
    )


def waived(profile: Profile) -> Profile:
    """The profile for a run that a person wants drafted anyway: only what nobody may click away still holds."""
    return replace(profile, screening_off=SWITCHED)


def unreachable(email: str) -> Rule | None:
    """Why an address cannot be written to."""
    if not email:
        return Rule.NO_ADDRESS
    if not _ADDRESS.fullmatch(email):
        return Rule.BAD_ADDRESS
    return Rule.NOBODY_READS if _NOBODY_READS.search(email) else None


def unwelcome(email: str, profile: Profile, *, opted_out: bool) -> Rule | None:
    """Why this person must not be written to, whatever they asked."""
    if opted_out:
        return Rule.OPTED_OUT
    listed = {entry.strip().lower().lstrip("@") for entry in profile.suppressed}
    if email.lower() in listed:
        return Rule.SUPPRESSED
    return Rule.SUPPRESSED_DOMAIN if _under(email, listed) else None


def left_alone(message: str) -> bool:
    """Whether the sender asks not to be written to. Who leaves a list, and asks for a price, is still answered."""
    parts = _SENTENCE.split(_QUOTED.sub(" ", message))
    said = [part for part in parts if not part.rstrip().endswith("?") or _REQUEST.search(part)]
    if any(_LEAVE_ALONE.search(part) and not _ONLY_NOT_SO.search(part) for part in said):
        return True
    asks = any("?" in part and _BUYING.search(part) for part in parts)
    return not asks and any(map(_OFF_THE_LIST.search, said))


def declined(message: str) -> bool:
    """Whether somebody only says that they buy nothing; any sign of a wish or a question counts for them."""
    plain = _QUOTED.sub(" ", message)
    no_buyer = _NO_BUYER.search(plain)
    if no_buyer and _INTERVIEW.search(plain) and not _BUYING.search(_NO_BUYER.sub(" ", plain)):
        return True
    if len(_WORDS.findall(plain)) > _LONGEST_DECLINE or not (no_buyer or _DECLINES.search(plain)):
        return False
    rest = _NO_REPLY.sub(" ", _DECLINES.sub(" ", _NO_BUYER.sub(" ", plain)))
    return not _MAY_STILL_ASK.search(rest)


def is_automatic(message: str) -> bool:
    """Whether a machine wrote it: somebody's absence, or a mail that could not be delivered."""
    return bool(_AUTOMATIC.search(message)) and not _BUYS.search(message) and "?" not in message


def applies(message: str, form_name: str = "") -> bool:
    """Whether it is about a job."""
    return bool(_APPLIES.search(message) or _JOBS.search(form_name)) and not _BUYS.search(message)


def pitches(message: str) -> bool:
    """Whether somebody wants to sell us something."""
    if _BUYS.search(message):
        return False
    hits = len(_PITCH.findall(message))
    return hits > 1 or (hits == 1 and bool(_SELLER.search(message)))


def _is_own(email: str, profile: Profile) -> bool:
    """A rep who writes from free mail shares that domain with the customers."""
    return _under(email, {domain.strip().lower() for domain in profile.own_domains if not is_free_mail(domain.strip())})


def _is_customer(asked: Asked, profile: Profile) -> bool:
    return asked.is_customer or _under_or_is(asked.email, profile.customers)


def _under_or_is(email: str, listed: Iterable[str]) -> bool:
    entries = {entry.strip().lower().lstrip("@") for entry in listed}
    return email.lower() in entries or _under(email, entries)


def _under(email: str, domains: AbstractSet[str]) -> bool:
    """Whether an address is in one of the domains, or in a subdomain of one."""
    labels = email.rpartition("@")[2].lower().split(".")
    return any(".".join(labels[index:]) in domains for index in range(len(labels) - 1))


def _is_junk(message: str) -> bool:
    links = _LINK.findall(message)
    said = _WORDS.findall(_LINK.sub(" ", message))
    only_links = bool(links) and len(said) < _FEWEST_WORDS
    hits = len(_JUNK.findall(message))
    return only_links or ((hits > 1 or (hits == 1 and bool(links))) and not _BUYS.search(message))


_BY_TASTE: dict[Rule, Callable[[Asked, Profile], bool]] = {
    Rule.OWN_PEOPLE: lambda asked, profile: _is_own(asked.email, profile),
    Rule.COMPETITOR: lambda asked, profile: _under_or_is(asked.email, profile.competitors),
    Rule.CUSTOMER_SUPPORT: lambda asked, profile: asked.needs_help and _is_customer(asked, profile),
    Rule.CUSTOMER: _is_customer,
    Rule.DISPOSABLE: lambda asked, _: _under(asked.email, disposable()),
    Rule.FREE_MAIL: lambda asked, _: is_free_mail(asked.email.rpartition("@")[2]),
    Rule.AUTOMATIC: lambda asked, _: is_automatic(asked.message),
    Rule.SPAM: lambda asked, _: _is_junk(asked.message),
    Rule.APPLICANT: lambda asked, _: applies(asked.message, asked.form_name),
    Rule.VENDOR: lambda asked, _: pitches(asked.message),
    Rule.NOT_BUYING: lambda asked, _: declined(asked.message),
}
