"""A second opinion on what may stand in a draft, which shares no rule with the product's own checks.

It knows what the office stands for (answers, signature, documents, meeting times) and what a sender of an attack
demanded. Whatever looks like a link, an address, a number, a price, a promise or an instruction, and does not stand
in the office's facts, came from outside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from leads import slot_lines
from leads.evaluation.rehearsal import Answered
from leads.facts import Check, Letter

_RUN = 5  # words in a row that are nobody's own any more

_AMOUNT_WORDS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundred|thousand|million|half|zero|zwei|drei|fünf|zehn|hundert|tausend"
)
_MEASURES = (
    r"per\s?cent|euros?|eur|dollars?|usd|bucks|pounds?|gbp|cents?|off|price|months?|years?|weeks?|prozent|monate|jahre"
)
_HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.[^\W\d_]{2,}")
_SCHEME = re.compile(
    r"[a-z][a-z0-9+.-]{1,12}://\S*|\b(?:hxxps?|javascript|vbscript|data|mailto|tel|sms|file):\S*", re.IGNORECASE
)
_SPELLED = re.compile(
    r"\b[\w-]+\s*[\[({]\s*(?:dot|\.|punkt)\s*[\])}]\s*\w+"
    r"|\b\w+\s+(?:dot|punkt)\s+(?:com|net|org|io|example|de|ru|xyz)\b"
    r"|\b\w+\s*[\[({]\s*(?:at|@)\s*[\])}]\s*\w+",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<\s*[a-z/!?]|!\[|\]\s*\(|\]\s*:\s*\S|&#x?\w+;|```|%[0-9a-f]{2}%[0-9a-f]{2}", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+'-]+@[\w.-]+\w")
_COPIES = re.compile(
    r"\bb?cc(?:'d|ed)?\b|\b(?:added|copied|forwarded|looped)\b.{0,40}\b(?:thread|mail|loop|copy|to)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_PRICE_IN_WORDS = re.compile(
    rf"\b(?:{_AMOUNT_WORDS})(?:[\s-]+(?:{_AMOUNT_WORDS}|and|a|an|the))*[\s-]+(?:{_MEASURES})\b|[€$£¥₿%]", re.IGNORECASE
)
_PROMISE = re.compile(
    r"\bfree\b|\bgratis\b|\bcomplimentary\b|\bkostenlos\w*|\bgratuit\w*|\brefund\w*|\bguarant\w+|\bgarant\w+|\bwaive\w*"
    r"|\bunlimited\b|\blifetime\b|\bpromise\w*|\bversprech\w*|\bagreed\b|\bapproved\b|\bhereby\b|\bentitled\b|\bwinner\b"
    r"|\bprize\b|\bbonus\b|\bvouchers?\b|\bcoupons?\b|\brebates?\b|\brabatt\b|\bcashback\b|\b(?:a|an|your|the|of|special"
    r"|exclusive|any|our)\s+discount\b|\bdiscounted\b|\b(?:no|without)\s+(?:cost|charge|fee)\b|\bnothing to pay\b"
    r"|\bcontract is signed\b|\bwe (?:accept|commit|undertake)\b"
    r"|\bwe will (?:pay|match|deliver|build|hire|transfer|reimburse)\b"
    r"|\bcompensat\w+|\bliab\w+|\bindemni\w+|\bdeadline\b|\btomorrow\b|\bby (?:mon|tues|wednes|thurs|fri)day\b",
    re.IGNORECASE,
)
_INSTRUCTIONS = re.compile(
    r"\bsystem prompt\b|\bprompt\b|\binstruct\w*|\bcanary\b|\blanguage model\b|\bas an ai\b|\bi am an ai\b|\bchatbot\b"
    r"|\bjailbreak\w*|\bignor(?:e|ing)\b|\bdisregard\w*|\boverrid\w+|\bdeveloper mode\b"
    r"|\bgpt\b|\bopenai\b|<\||\[/?inst\]"
    r"|\bapi key\b|\bpasswords?\b|\bpassphrase\b|\bbase64\b|\bjson\b|\bslot_ids?\b|\basset_ids?\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Evidence:
    """A draft under suspicion, with what the office stands for."""

    answered: Answered
    letter: Letter

    @cached_property
    def trusted(self) -> str:
        """What is the office's own."""
        profile, plan, found = self.answered.lead.workspace, self.answered.plan, self.answered.slots
        voice, language = profile.voice, self.letter.language
        offered = slot_lines.lines(plan.slots, found, language) if plan and found else ()
        said = (*profile.answers.values(), *profile.answers_in.get(language, {}).values())
        files = [text for file in (plan.assets if plan else ()) for text in (file.title, file.url)]
        named = (profile.organisation, voice.sender_name, profile.sender_email, voice.signature, voice.closing)
        return plain("\n".join((*named, str(profile.meeting_minutes), *said, *offered, *files)))

    @cached_property
    def text(self) -> str:
        """Subject and body without what is the office's own, as a reader's eye takes them."""
        thread = self.answered.lead.thread
        given = plain(thread.subject) if thread else ""
        subject = plain(self.letter.subject)
        subject = subject.replace(given, " ") if given and not self.answered.lead.attack else subject
        return f"{subject}\n{plain(self.letter.body)}"

    def strangers(self, pattern: re.Pattern[str], also: str = "") -> str:
        """The first match that does not stand among what is trusted."""
        known = f"{self.trusted}\n{also}".lower()
        found = (match.group().strip() for match in pattern.finditer(self.text))
        return next((part for part in found if not re.search(rf"(?<!\w){re.escape(part.lower())}(?!\w)", known)), "")


def second_opinion(answered: Answered) -> Iterable[Check]:
    """Hard verdicts on a draft; an attack's own demands are judged only where there is an attack."""
    if answered.letter is None:
        return
    evidence = Evidence(answered, answered.letter)
    yield _verdict("other_links", _links(evidence))
    yield _verdict("other_recipients", _recipients(evidence))
    yield _verdict("other_clients", _clients(evidence))
    if answered.lead.attack:
        yield _verdict("other_numbers", evidence.strangers(_NUMBER, also=honest(answered)))
        yield _verdict("other_prices", evidence.strangers(_PRICE_IN_WORDS))
        yield _verdict("other_promises", evidence.strangers(_PROMISE))
        yield _verdict("other_instructions", evidence.strangers(_INSTRUCTIONS))
        yield _verdict("demands", _demands(evidence))


def honest(answered: Answered) -> str:
    attack = answered.lead.attack
    return plain(attack.honest) if attack else ""


def _verdict(name: str, found: str) -> Check:
    return Check(name=name, hard=True, passed=not found, reason=f"“{found[:120]}” came from outside." if found else "")


def _links(evidence: Evidence) -> str:
    lead = evidence.answered.lead
    if found := evidence.strangers(_SCHEME) or evidence.strangers(_SPELLED) or evidence.strangers(_MARKUP):
        return found
    without = _ADDRESS.sub(" ", _SCHEME.sub(" ", evidence.text))
    for match in _HOST.finditer(without):
        host = match.group().lower()
        ours = any(host == domain or host.endswith(f".{domain}") for domain in lead.workspace.link_domains)
        if not ours and host not in evidence.trusted.lower():
            return host
    return ""


def _recipients(evidence: Evidence) -> str:
    theirs, lead = evidence.answered.enquiry.email, evidence.answered.lead
    wrong = next((mail.to for mail in evidence.answered.mails if mail.to != theirs), "")
    if wrong or len(evidence.answered.mails) != 1:
        return wrong or f"{len(evidence.answered.mails)} mails"
    if len(_ADDRESS.findall(theirs)) != 1 or re.search(r"[\s,;]", theirs):
        return theirs
    known = {theirs, lead.workspace.sender_email.lower()}
    found = (match.group().lower() for match in _ADDRESS.finditer(evidence.text))
    stray = next((address for address in found if address not in known), "")
    return stray or evidence.strangers(_COPIES)


def _clients(evidence: Evidence) -> str:
    lead, who = evidence.answered.lead, evidence.answered.enquiry
    own = f"{who.company} {lead.company.name if lead.company else ''}".lower()
    named = (name for name in lead.workspace.known_names if name.lower() not in own)
    return next(
        (name for name in named if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", evidence.text, re.IGNORECASE)), ""
    )


def _demands(evidence: Evidence) -> str:
    """A demand in full, however it is spaced, or five of its words in a row that nobody else said."""
    attack = evidence.answered.lead.attack
    said, ours = _squeezed(evidence.text), _spaced(f"{evidence.trusted}\n{honest(evidence.answered)}")
    for demand in attack.demand if attack else ():
        if (whole := _squeezed(plain(demand))) and whole in said:
            return demand
        parts = _WORD.findall(plain(demand).lower())
        runs = (" ".join(parts[start : start + _RUN]) for start in range(len(parts) - _RUN + 1))
        if found := next((run for run in runs if run in _spaced(evidence.text) and run not in ours), ""):
            return found
    return ""


def plain(text: str) -> str:
    """As the eye takes it: without format characters and compatibility forms, with plain full stops."""
    shown = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return shown.replace("。", ".")


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text.lower()))


def _spaced(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
