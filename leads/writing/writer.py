"""The writer that needs no account: it picks phrases, answers in the operators' words, keeps to the lengths."""

from __future__ import annotations

import re
from collections.abc import Sequence

from leads import assets
from leads.facts import Action, Intent, Plan, Tone
from leads.writing import echo, phrases, trouble
from leads.writing.brief import Brief
from leads.writing.gaps import unanswered
from leads.writing.letter import MOST_WORDS, SUBJECT_WORDS, WORDS, core, slot_lines, thread_subject
from leads.writing.links import emails_in, has_link, without_links
from leads.writing.orders import asks_about_others, asks_to_copy, gives_orders, is_safe
from leads.writing.outsiders import may_be_a_name
from leads.writing.prose import capital, sentences, undashed, words
from leads.writing.speaker import Speaker
from leads.writing.topics import Topic, topics_in
from leads.writing.understanding import says_little

_BUDGETS = (60, 45, 32, 20, 0)
_BUDGETS_OF_BRIEF = 2
_LONGEST_COMPANY = 40
_LONG_NAME = 9  # letters
_MEETING = frozenset({Action.PICK_A_TIME, Action.SUGGEST_A_TIME})
_DOMAIN_END = re.compile(r"\.[a-z]{2,}$", re.IGNORECASE)


def write(brief: Brief) -> tuple[str, str]:
    """Subject and body of a draft; the same facts give the same text."""
    voice = Speaker(brief)
    return _subject(voice), _body(voice)


def _subject(voice: Speaker) -> str:
    brief = voice.brief
    if existing := thread_subject(brief.thread):
        return existing
    about, company = echo.about(brief, limit=1), _company(brief)
    options = voice.in_turn(
        "subject",
        _subject_kind(brief, about, company),
        about=about,
        About=about[:1].upper() + about[1:],
        company=company,
        organisation=brief.profile.organisation,
    )
    fitting = [text for text in options if len(words(text)) in SUBJECT_WORDS]
    return (fitting or options)[0]


def _subject_kind(brief: Brief, about: str, company: str) -> str:
    if brief.plan.action is Action.DESCRIBE_PROBLEM:
        return "support"
    shown = brief.enquiry.intents[0] is Intent.DEMO and not echo.wants_a_call(brief.enquiry.message)
    kind = "demo" if shown else "about" if about else "vague"
    return f"{kind}_company" if company else kind


def _company(brief: Brief) -> str:
    """The prospect's company, unless its name would read as a link, an order or somebody else's."""
    name = brief.company_name.strip()
    odd = len(name) > _LONGEST_COMPANY or not may_be_a_name(name) or _DOMAIN_END.search(name)
    foreign = any(other.lower() in name.lower() for other in brief.other_clients)
    return "" if odd or foreign or not re.search(r"[^\W\d_]", name) else _cased(name)


def _cased(company: str) -> str:
    """A long name all in one case is put in order; a short one may be written so."""
    in_order = " " in company and len(company) >= _LONG_NAME and (company.isupper() or company.islower())
    return " ".join(part.capitalize() for part in company.split()) if in_order else company


def _body(voice: Speaker) -> str:
    """The fullest version that keeps to the length: long answers give way first, then documents."""
    shown = _assets(voice.brief.plan)
    budgets = _BUDGETS[_BUDGETS_OF_BRIEF:] if voice.brief.voice.tone is Tone.BRIEF else _BUDGETS
    versions = ((budget, count) for budget in budgets for count in range(len(shown), min(len(shown), 1) - 1, -1))
    body = ""
    for budget, count in versions:
        body = _lengthened(voice, _parts(voice, budget, shown[:count]))
        if _count(body, voice.brief) <= MOST_WORDS:
            break
    return body


def _lengthened(voice: Speaker, parts: dict[str, object]) -> str:
    """A body with as many courtesies as it takes to not be curt; a warm one with one at least, where there is room."""
    kind = _extra_kind(voice.brief)
    extras = [voice.say("extra", kind), voice.say("extra", f"{kind}_more")]
    body = ""
    for count in (1, 0, 2) if voice.brief.voice.tone is Tone.WARM else (0, 1, 2):
        body = voice.layout({**parts, "extra": " ".join(extras[:count])})
        if _count(body, voice.brief) in WORDS:
            break
    return body


def _count(body: str, brief: Brief) -> int:
    return len(words(core(body, brief)))


def _extra_kind(brief: Brief) -> str:
    message = brief.enquiry.message
    support = "support_known" if trouble.missing(message) else "support_told" if trouble.told(message) else "support"
    kinds = {Action.DESCRIBE_PROBLEM: support, Action.CONTINUE_THREAD: "continue"}
    return kinds.get(brief.plan.action, "meet")


def _assets(plan: Plan) -> list[dict[str, str]]:
    return [{"title": undashed(assets.title(file)), "url": file.url} for file in plan.assets]


def _parts(voice: Speaker, budget: int, shown: list[dict[str, str]]) -> dict[str, object]:
    brief = voice.brief
    answers, greeting = _answers(brief, budget), _greeting(voice)
    return {
        **_frame(voice, shown, greeting),
        "opening": _opening(voice, greeting),
        "goal": _goal(voice),
        "answers": _worded(voice, answers),
        "open": _open(voice, " ".join(answers.values())),
        "extra_last": brief.plan.action is Action.DESCRIBE_PROBLEM,
        "ask": _ask(voice),
    }


def _frame(voice: Speaker, shown: list[dict[str, str]], greeting: str) -> dict[str, object]:
    """The parts that are facts, whoever writes the rest: whom it greets, what it offers, who signs."""
    brief = voice.brief
    return {
        "greeting": greeting,
        "assets": shown,
        "assets_intro": voice.say("assets", "several" if len(shown) > 1 else "one"),
        "slot_lines": slot_lines(brief),
        "fallback": _fallback(voice),
        "closing": brief.voice.closing,
        "signature": brief.voice.signature,
    }


def framed(brief: Brief, paragraphs: Sequence[str]) -> str:
    """A body of somebody else's paragraphs around the same facts; the last of them asks."""
    voice = Speaker(brief)
    *told, ask = paragraphs
    parts = {"goal": "", "open": "", "extra": "", "opening": "", "answers": told[1:], "ask": ask}
    parts |= {"opening": told[0]} if told else {}
    return voice.layout(_frame(voice, _assets(brief.plan), _greeting(voice)) | parts)


def _greeting(voice: Speaker) -> str:
    pattern, brief = voice.brief.voice.greeting, voice.brief
    filled = {"{first_name}": brief.first_name, "{name}": _address(voice)}
    wanted = [name for slot, name in filled.items() if slot in pattern]
    if not any(wanted) or not all(wanted) or any(map(has_link, wanted)):
        return voice.say("greeting", "neutral")
    for slot, name in filled.items():
        pattern = pattern.replace(slot, name)
    return pattern


def _address(voice: Speaker) -> str:
    """Like "Frau Dr. Weber"; by first and last name where they didn't say how they are addressed."""
    brief = voice.brief
    said, title, last = brief.enquiry.salutation, brief.enquiry.academic_title, brief.last_name
    if said and last:
        return " ".join(filter(None, (phrases.label(voice.template_set, "address", said), title, last)))
    return " ".join(filter(None, (title if last else "", brief.first_name, last)))


def _opening(voice: Speaker, greeting: str) -> str:
    """What comes first; in German that begins small, for it goes on after the comma of the greeting."""
    said = _first_sentence(voice)
    return said if greeting.rstrip().endswith(",") else capital(said)


def _first_sentence(voice: Speaker) -> str:
    brief = voice.brief
    if brief.plan.action is Action.DESCRIBE_PROBLEM:
        return voice.say("opening", "support")
    told = echo.about(brief)
    kind = _last_word(brief) or ("new" if told else "")
    key = f"{kind}_vague" if kind and not told else kind or "vague"
    return voice.say("opening", key, about=told, organisation=brief.profile.organisation)


def _last_word(brief: Brief) -> str:
    """Whoever writes a real message through the form after our last mail has come back to us."""
    last = brief.thread.last_word
    return "them" if last == "us" and not says_little(brief.enquiry.message) else last


def _goal(voice: Speaker) -> str:
    if voice.brief.plan.action is Action.DESCRIBE_PROBLEM:
        return voice.say("support", "known") if trouble.missing(voice.brief.enquiry.message) else ""
    told = echo.goal(voice.brief)
    return voice.say("goal", "stated", goal=told) if told else ""


def _answers(brief: Brief, budget: int) -> dict[Intent, str]:
    """The operators' own words per intent, whole sentences, as many as the budget bears, and one at least."""
    given = {intent: brief.profile.answers.get(intent, "").strip() for intent in _to_answer(brief)}
    wanted = {intent: text for intent, text in given.items() if text}
    share = budget // max(1, len(wanted))
    asked = topics_in(brief.enquiry.message)
    answers = {intent: _cut(undashed(text), share, asked) for intent, text in wanted.items()}
    return answers | _on_support(brief, " ".join(answers.values())) if share else answers


def _on_support(brief: Brief, answered: str) -> dict[Intent, str]:
    """Who asks how support works has no problem; they get the first sentence of what the team says of it."""
    honest = without_links(" ".join(filter(is_safe, sentences(brief.enquiry.message))))
    asked = any(topic.key == "service" and not topic.is_settled_by(answered) for topic in topics_in(honest))
    told = sentences(undashed(brief.profile.answers.get(Intent.SUPPORT, "")))[:1]
    return {Intent.SUPPORT: told[0]} if asked and told and Intent.SUPPORT not in _to_answer(brief) else {}


def _to_answer(brief: Brief) -> tuple[Intent, ...]:
    """A support case is no time to talk of prices."""
    return (Intent.SUPPORT,) if brief.plan.action is Action.DESCRIBE_PROBLEM else brief.enquiry.intents


def _cut(text: str, most: int, asked: tuple[Topic, ...]) -> str:
    """The first sentence always, then those that settle what was asked, then the rest as far as there is room."""
    first, *others = sentences(text)
    to_the_point = [part for part in others if any(topic.is_settled_by(part) for topic in asked)]
    kept = [first]
    for sentence in dict.fromkeys((*to_the_point, *others)):
        if len(words(" ".join((*kept, sentence)))) > most:
            break
        kept.append(sentence)
    return " ".join(part for part in (first, *others) if part in kept)


def _worded(voice: Speaker, answers: dict[Intent, str]) -> list[str]:
    """Each under its subject where there are several; what a demo is like speaks for itself, and comes last."""
    kinds = dict.fromkeys(answers, "one" if len(answers) == 1 else "several") | {Intent.DEMO: "one"}
    said = (
        voice.say("answer", kinds[intent], label=phrases.label(voice.template_set, "intents", intent), text=text)
        for intent, text in sorted(answers.items(), key=lambda pair: pair[0] is Intent.DEMO)
    )
    return [capital(text) for text in said]


def _open(voice: Speaker, answered: str) -> str:
    """What is not known yet is named as something to talk about, never guessed."""
    brief = voice.brief
    names, quoted, rest = unanswered(brief, answered)
    listed = echo.joined(names[: echo.MOST_LABELS], brief)
    if brief.plan.action not in _MEETING:
        return voice.say("open", "support_first", open=listed) if listed else ""
    more = rest > 0 or len(names) > echo.MOST_LABELS
    kind = _open_kind(listed, quoted, more=more) or ("rest_only" if rest > 1 else "rest_one" if rest else "")
    said = [capital(voice.say("open", kind, open=listed, quoted=quoted))] if kind else []
    return " ".join((*said, *_courtesies(voice)))


def _open_kind(listed: str, quoted: str, *, more: bool) -> str:
    """One sentence puts off all there is to put off."""
    if listed:
        return "topics_rest" if more else "topics_quoted" if quoted else "topics"
    return ("quoted_rest" if more else "quoted_only") if quoted else ""


def _courtesies(voice: Speaker) -> list[str]:
    parts = sentences(voice.brief.enquiry.message)
    said = [voice.say("open", "others")] if any(map(asks_about_others, parts)) else []
    return [*said, voice.say("open", "colleague")] if _brings_colleague(voice.brief, parts) else said


def _brings_colleague(brief: Brief, parts: tuple[str, ...]) -> bool:
    """Only an honest wish is met: no orders beside it, and nobody from another domain than the prospect's."""
    own = brief.enquiry.email.rpartition("@")[2]
    strangers = (email for email in emails_in(brief.enquiry.message) if email.rpartition("@")[2] != own)
    return any(map(asks_to_copy, parts)) and not any(map(gives_orders, parts)) and not any(strangers)


def _ask(voice: Speaker) -> str:
    plan = voice.brief.plan
    if plan.action is Action.DESCRIBE_PROBLEM and (left := trouble.missing(voice.brief.enquiry.message)):
        return voice.say("support", left)
    kinds = {
        Action.PICK_A_TIME: "pick_several" if len(plan.slots) > 1 else "pick_one",
        Action.CONTINUE_THREAD: "continue_us" if voice.brief.thread.last_word == "us" else "continue_them",
    }
    return voice.say("ask", kinds.get(plan.action, plan.action), minutes=str(voice.brief.profile.meeting_minutes))


def _fallback(voice: Speaker) -> str:
    if voice.brief.plan.action is not Action.PICK_A_TIME:
        return ""
    return voice.say("fallback", "pick" if len(voice.brief.plan.slots) > 1 else "pick_single")
