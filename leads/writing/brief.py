"""Everything a writer may use, and everything its text is held against."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.ports import Busy, Company, Contact
from leads.facts import Enquiry, Plan, Profile, Slots, ThreadState, Voice, Wording
from leads.writing import phrases
from leads.writing.outsiders import may_be_a_name
from leads.writing.prose import has_word

LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Brief:
    """The facts of one draft. `secrets` are texts that no draft may carry, such as a canary or a prompt.

    Its profile has greeting, closing and answers in the language that the draft is to be written in.
    """

    profile: Profile
    enquiry: Enquiry
    plan: Plan
    slots: Slots
    now: datetime
    thread: ThreadState = field(default_factory=ThreadState)
    contact: Contact | None = None
    company: Company | None = None
    busy: tuple[Busy, ...] = ()
    thread_now: ThreadState | None = None
    secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "profile", spoken(self.profile, self.template_set))

    @property
    def voice(self) -> Voice:
        return self.profile.voice

    @property
    def wanted_language(self) -> str:
        """That of the prospect's message; of whoever speaks to one who wrote nothing."""
        return (self.enquiry.language if self.enquiry.message else "") or self.voice.language

    @property
    def template_set(self) -> str:
        """What to write with: texts in the language that is wanted, else in our own, else those that there are."""
        usual = self.profile.template_set or LANGUAGE
        known = (phrases.set_in(language, usual) for language in (self.wanted_language, self.voice.language))
        return self.profile.write_with or next(filter(None, known), usual)

    @property
    def language(self) -> str:
        """The language that the draft is to be in; not the wanted one if there are no texts for that."""
        return phrases.language_of(self.template_set)

    @property
    def wording(self) -> Wording | None:
        """What the workspace says otherwise than the template set."""
        return self.profile.wordings.get(self.template_set)

    @property
    def speaks_theirs(self) -> bool:
        """Whether there are texts in the language that is wanted, or somebody chose others on purpose."""
        return self.language == self.wanted_language or bool(self.profile.write_with)

    @property
    def first_name(self) -> str:
        """Whom to greet; one Latin letter is an initial, not a name."""
        return self._name(self.enquiry.first_name or (self.contact.first_name if self.contact else ""))

    @property
    def last_name(self) -> str:
        return self._name(self.enquiry.last_name or (self.contact.last_name if self.contact else ""))

    def _name(self, name: str) -> str:
        initial = len(name.strip(". ")) < 2 and name.isascii()
        somebody_else = any(has_word(name, other) for other in self.other_clients)
        return "" if initial or somebody_else or not may_be_a_name(name) else name

    @property
    def company_name(self) -> str:
        """What the prospect's company is called: by the CRM, else by themselves."""
        return (self.company.name if self.company else "") or self.enquiry.company

    @property
    def other_clients(self) -> tuple[str, ...]:
        """Names that must not appear; a prospect who is a known client may read their own."""
        own = {self.company_name.lower(), self.enquiry.company.lower()}
        return tuple(name for name in self.profile.known_names if name.strip() and name.lower() not in own)


def turned(profile: Profile, language: str) -> Profile:
    """The profile as it would be if its own language were this one; the same if there are no texts in it."""
    template_set = phrases.set_in(language, profile.template_set or LANGUAGE)
    if not template_set or language == profile.language == profile.voice.language:
        return profile
    words = spoken(profile, template_set)
    return replace(
        words,
        language=language,
        voice=replace(words.voice, language=language),
        answers_in={profile.language: profile.answers, **profile.answers_in},
    )


def spoken(profile: Profile, template_set: str) -> Profile:
    """The profile with what this team says in the set's language; an answer that it has in another only is none."""
    language = phrases.language_of(template_set)
    voice, answers = profile.voice, profile.answers
    if language != voice.language:
        greeting, closing = (_usual(profile, template_set, name) for name in ("greeting", "closing"))
        voice = replace(voice, greeting=greeting, closing=closing)
    if language != profile.language:
        answers = profile.answers_in.get(language, {})
    return replace(profile, voice=voice, answers=answers)


def _usual(profile: Profile, template_set: str, name: str) -> str:
    """The greeting or closing of a template set, as the workspace worded it, if it did."""
    own = profile.wordings.get(template_set)
    ways = own.ways.get(f"letter.{name}") if own else None
    return ways[0] if ways else phrases.letter(template_set, name)
