"""Everything that the Review page shows about one draft. Reads only, in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from django.utils import timezone
from django.utils.safestring import SafeString

from connectors.ports import Company, Contact, File
from leads import assets, briefs, codec, drafts, editing, lacks, letter_html, slot_lines, slots, timeline, verdicts
from leads.briefs import Dossier
from leads.evidence import Evidence, evidence_of
from leads.facts import Slot, Slots
from leads.life import Moment, life
from leads.model_note import ModelNote, note_of
from leads.models import Draft, DraftRevision, MailboxUpdate, Sending, WorkflowRun
from leads.outlook import Outlook, outlook
from leads.precedents import precedents
from leads.readable import Fact
from leads.vendor_pages import gmail_page, gmail_sent, gmail_thread
from leads.worddiff import compared
from leads.writing.brief import Brief
from leads.writing.languages import name_of

REVISIONS = 10
EARLIER = 5


@dataclass(frozen=True, slots=True)
class TimeOption:
    """A meeting time that can be offered. `key` names it in a request; `line` is how it must stand in the text."""

    key: str
    line: str
    is_offered: bool
    is_past: bool


@dataclass(frozen=True, slots=True)
class FileOption:
    """A document that can be offered."""

    id: str
    title: str
    url: str
    line: str
    is_offered: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What one revision made of the one before it."""

    revision: DraftRevision
    subject: SafeString | None
    body: SafeString


class Opened:
    """One draft with all that a reviewer needs. Each part is worked out when it is asked for, once."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.lost = ""

    @cached_property
    def dossier(self) -> Dossier | None:
        try:
            return briefs.dossier_of(self.draft.run)
        except briefs.Lost as lost:
            self.lost = str(lost)
            return None

    @cached_property
    def revisions(self) -> list[DraftRevision]:
        """Newest first."""
        return list(self.draft.revisions.select_related("by").order_by("-number")[:REVISIONS])

    @cached_property
    def changes(self) -> list[Change]:
        return [change(newer, older) for newer, older in pairwise(self.revisions)]

    @property
    def revision(self) -> int:
        """The number of the wording that stands."""
        return self.revisions[0].number if self.revisions else 1

    @property
    def mailbox(self) -> MailboxUpdate | None:
        return getattr(self.draft, "mailbox", None)

    @property
    def gmail_page(self) -> str:
        return gmail_page(self.draft.workspace, self.draft.gmail_message_id)

    @cached_property
    def times(self) -> tuple[Slot, ...]:
        """The meeting times that the draft offers."""
        if self.revisions:
            return codec.decode(self.revisions[0].slots, tuple[Slot, ...])
        return self.dossier.brief.plan.slots if self.dossier else ()

    @cached_property
    def time_options(self) -> list[TimeOption]:
        dossier, soonest = self.dossier, timezone.now()
        if dossier is None:
            return []
        soonest = slots.earliest(dossier.brief.profile, soonest)
        return [
            TimeOption(key_of(slot), dossier.time_line(slot), slot in self.times, slot.start < soonest)
            for slot in dossier.times
        ]

    @property
    def past(self) -> list[str]:
        """Offered times that can no longer be met with due notice."""
        return [option.line for option in self.time_options if option.is_offered and option.is_past]

    @cached_property
    def file_options(self) -> list[FileOption]:
        dossier = self.dossier
        return [self.file_option(file, dossier) for file in dossier.files] if dossier else []

    def file_option(self, file: File, dossier: Dossier) -> FileOption:
        return FileOption(
            file.id, assets.title(file), file.url, dossier.file_line(file), file.id in self.draft.asset_ids
        )

    @cached_property
    def checks(self) -> list[verdicts.CheckView]:
        """Failed ones first, and of those the hard ones. A draft that waits is held against the clock again."""
        views = verdicts.stored(self.draft.checks)
        if not (self.is_ready and self.past):
            return views
        return verdicts.failing(views, "times_ahead", f"{self.past[0]} is past, or too soon to be offered.")

    @cached_property
    def missing(self) -> list[lacks.Missing]:
        """What could not be read for it."""
        return lacks.missing_in(self.draft)

    @property
    def missing_said(self) -> str:
        return lacks.summed_up(self.missing)

    @property
    def fails(self) -> int:
        return verdicts.fails(self.checks)

    @property
    def is_sound(self) -> bool:
        return self.draft.is_sound and not self.fails

    @property
    def passed(self) -> str:
        return verdicts.passed(self.checks)

    @cached_property
    def evidence(self) -> Evidence:
        if self.dossier is None:
            return Evidence(())
        first = self.revisions[-1] if self.revisions else self.draft
        adds_nothing = self.draft.writer.startswith("templates") and getattr(first, "by_id", None) is None
        return evidence_of(self.draft.body, self.dossier, first.body if adds_nothing else "")

    @cached_property
    def letter(self) -> SafeString:
        return letter_html.paragraphs(self.evidence) if self.dossier else letter_html.plain(self.draft.body)

    @cached_property
    def precedents(self) -> list[str]:
        return precedents(self.dossier) if self.dossier else []

    @property
    def who(self) -> list[Fact]:
        """The prospect, by the form, else by HubSpot."""
        lead = self.draft.lead
        if self.dossier is None:
            known = {"Name": str(lead or self.draft.recipient), "Company": lead.company if lead else ""}
        else:
            brief = self.dossier.brief
            form, contact, company = brief.enquiry, brief.contact or Contact(""), brief.company or Company("")
            ids = [f"contact {contact.id}" if contact.id else "", f"company {company.id}" if company.id else ""]
            known = {
                "Name": form.name or f"{contact.first_name} {contact.last_name}".strip(),
                "Job": form.job_title or contact.job_title,
                "Company": brief.company_name,
                "Industry": company.industry,
                "Country": form.country or contact.country,
                "Language": language_told(brief),
                "Time zone": zone_told(brief.slots),
                "Times": "on offer in another draft too: nothing else was free" if brief.slots.is_shared else "",
                "Not before": f"{brief.slots.begins:%-d %B %Y}, as they wrote" if brief.slots.begins else "",
                "HubSpot": ", ".join(filter(None, ids)) or "not there yet",
                "Owner": brief.voice.sender_name if contact.owner_id in brief.profile.voices else "",
            }
        return [Fact(label, value) for label, value in known.items() if value]

    @cached_property
    def earlier(self) -> list[Draft]:
        """What else was written to this lead, newest first."""
        if self.draft.lead_id is None:
            return []
        others = Draft.objects.filter(lead=self.draft.lead_id).exclude(pk=self.draft.pk)
        return list(others.only("subject", "status", "created_at", "lead").order_by("-created_at")[:EARLIER])

    @property
    def model_note(self) -> ModelNote | None:
        return note_of(self.draft.model_use)

    @property
    def is_ready(self) -> bool:
        return self.draft.status == Draft.Status.READY

    @property
    def verdict_by(self) -> str:
        by = self.draft.reviewed_by
        return (by.get_full_name() or by.get_username()) if by else "the system"

    @cached_property
    def outlook(self) -> Outlook:
        """What approving does, and where it was approved, sending."""
        return outlook(self.draft)

    @property
    def sending(self) -> Sending | None:
        return getattr(self.draft, "sending", None)

    @property
    def may_take_back(self) -> bool:
        """Whether offering it makes sense; `drafts.reopen` has the last word."""
        return self.draft.status in drafts.TAKEN_BACK and self.later is None

    @property
    def later(self) -> WorkflowRun | None:
        return timeline.later_run(self.draft.run)

    @property
    def has_newer_mail(self) -> bool:
        """Whether they wrote, or the thread has a message, after the draft was written."""
        if not self.is_ready or self.draft.replied_at is not None:
            return self.is_ready
        if not self.draft.thread_head or self.dossier is None:
            return False
        read = self.dossier.brief.thread.messages
        return not read or read[-1].id != self.draft.thread_head

    @property
    def may_start_again(self) -> bool:
        return timeline.may_start_again(self.draft.run)

    @property
    def thread_page(self) -> str:
        return gmail_thread(self.draft.workspace, self.draft.gmail_thread_id)

    @property
    def sent_page(self) -> str:
        return gmail_sent(self.draft.workspace, self.draft.recipient)

    @cached_property
    def life(self) -> list[Moment]:
        return life(self.draft)


def opened(pk: int) -> Opened:
    """`Draft.DoesNotExist` if it isn't there."""
    related = ("workspace", "lead", "reviewed_by", "mailbox", "run__workspace", "run__submission__form", "run__again")
    return Opened(Draft.objects.select_related(*related, "sending__approved_by").get(pk=pk))


def language_told(brief: Brief) -> str:
    """What the prospect reads, and where there are no texts in that, what the draft is in instead."""
    wanted, used = name_of(brief.wanted_language), name_of(brief.language)
    return wanted if brief.language == brief.wanted_language else f"{wanted}; no texts in it, so written in {used}"


def zone_told(found: Slots) -> str:
    """Whose clock the times are printed by, and what says so."""
    if found.place is None:
        return slot_lines.city(found.zone)
    return f"{slot_lines.city(found.zone)}: {found.place.confidence}, by {found.place.source}"


def change(newer: DraftRevision, older: DraftRevision) -> Change:
    subject = letter_html.changes(*compared(older.subject, newer.subject)) if newer.subject != older.subject else None
    return Change(newer, subject, letter_html.changes(*compared(older.body, newer.body)))


def key_of(slot: Slot) -> str:
    return slot.start.isoformat()


def wording_from(dossier: Dossier, sent: Mapping[str, str], times: list[str], asset_ids: list[str]) -> editing.Edit:
    """What was typed and ticked; ticks that mean nothing here are left out."""
    return editing.Edit(
        subject=sent.get("subject", ""),
        body=sent.get("body", ""),
        times=tuple(slot for slot in dossier.times if key_of(slot) in times),
        asset_ids=tuple(file.id for file in dossier.files if file.id in asset_ids),
    ).tidied()
