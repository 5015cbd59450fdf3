"""A text under examination, with what the checks need to know of it worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from leads import assets
from leads.writing.brief import Brief
from leads.writing.languages import language_of
from leads.writing.letter import core, slot_lines, thread_subject
from leads.writing.links import without_links
from leads.writing.orders import is_safe
from leads.writing.prose import sentences


@dataclass(frozen=True)
class Draft:
    """Subject and body by whichever writer, and the brief they are held against."""

    subject: str
    body: str
    recipients: tuple[str, ...]
    brief: Brief

    @cached_property
    def text(self) -> str:
        """All that the checks read. A thread's own subject is given, not written, so it isn't judged."""
        subject = "" if self.subject == thread_subject(self.brief.thread) else self.subject
        return f"{subject}\n{self.body}"

    @cached_property
    def written(self) -> str:
        """The text without URLs, meeting times and asset titles, which have checks of their own."""
        rows = [row for row in self.text.splitlines() if not any(line in row for line in self.slot_lines)]
        text = without_links("\n".join(rows))
        for title in self.titles:
            text = text.replace(title, " ")
        return text

    @cached_property
    def core(self) -> str:
        return core(self.body, self.brief)

    @cached_property
    def language(self) -> str:
        """What it is written in, whatever it should be."""
        return language_of(self.core) or self.brief.language

    @cached_property
    def slot_lines(self) -> tuple[str, ...]:
        return slot_lines(self.brief)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """What the offered files are called, as stored and as one would say it."""
        named = ((file.title, assets.title(file)) for file in self.brief.plan.assets)
        return tuple(title for pair in named for title in pair if title)

    @cached_property
    def ours(self) -> str:
        """Facts that this team stands for: answers, signature, settings, times, documents."""
        profile, voice = self.brief.profile, self.brief.voice
        return "\n".join(
            (
                *profile.answers.values(),
                voice.signature,
                voice.greeting,
                voice.closing,
                profile.organisation,
                voice.sender_name,
                profile.sender_email,
                str(profile.meeting_minutes),
                *self.slot_lines,
                *self.titles,
                *(file.url for file in self.brief.plan.assets),
            )
        )

    @cached_property
    def theirs(self) -> str:
        """Facts about the prospect, and what they wrote, less orders and questions about others."""
        enquiry, contact, company = self.brief.enquiry, self.brief.contact, self.brief.company
        told = (enquiry.name, enquiry.company, enquiry.job_title, enquiry.domain, enquiry.country, enquiry.form_name)
        crm = (contact.first_name, contact.last_name, contact.company, contact.job_title) if contact else ()
        firm = (company.name, company.domain, company.industry) if company else ()
        return "\n".join((*told, *crm, *firm, self.brief.thread.subject, *filter(is_safe, sentences(enquiry.message))))

    @cached_property
    def facts(self) -> str:
        return f"{self.ours}\n{self.theirs}"
