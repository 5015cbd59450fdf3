"""A workspace's rows, as the frozen profile that steps see."""

from __future__ import annotations

from connectors.errors import NotConfigured
from leads import wording
from leads.facts import Profile, Tone, Voice
from leads.models import Answer, Rep, Workspace
from leads.writing.phrases import letter, set_in, template_sets

PLAIN = "en"


def profile_of(workspace: Workspace) -> Profile:
    """The settings of `workspace`, with defaults filled in. `NotConfigured` without a mailbox to draft in."""
    if not workspace.sender_email:
        raise NotConfigured(f"The workspace {workspace} has no sender address. Set it under Workspaces in the admin.")
    if workspace.template_set not in template_sets():
        raise NotConfigured(
            f"The workspace {workspace} writes with the template set {workspace.template_set}, which is not there. "
            f"Choose one of {', '.join(template_sets())} under Workspaces in the admin."
        )
    own, answers = voice_of(workspace), answers_of(workspace)
    own_domain = workspace.sender_email.rpartition("@")[2].lower()
    return Profile(
        organisation=workspace.name,
        voice=own,
        voices={
            rep.owner_id: voice_of_rep(rep, own, workspace)
            for rep in Rep.objects.filter(workspace=workspace, speaks=True)
        },
        sender_email=workspace.sender_email,
        timezone=workspace.timezone,
        workdays=tuple(workspace.workdays),
        opens=workspace.opens,
        closes=workspace.closes,
        meeting_minutes=workspace.meeting_minutes,
        notice_hours=workspace.notice_hours,
        calendar_ids=tuple(workspace.calendar_ids) or (workspace.sender_email,),
        folder_ids=tuple(workspace.folder_ids),
        link_domains=tuple(workspace.link_domains),
        own_domains=(own_domain,) if own_domain else (),
        suppressed=tuple(entry.lower() for entry in workspace.suppressed),
        label=workspace.label,
        answers=answers.pop(workspace.language, {}),
        known_names=tuple(workspace.known_names),
        template_set=workspace.template_set,
        competitors=tuple(workspace.competitors),
        customers=tuple(workspace.customers),
        never_screened=tuple(workspace.never_screened),
        screening_off=tuple(workspace.screening_off),
        wordings=wording.current(workspace),
        own_hours=tuple(workspace.own_hours),
        holiday_country=workspace.holiday_country,
        holiday_region=workspace.holiday_region,
        days_off=tuple(workspace.days_off),
        buffer_before=workspace.buffer_before,
        buffer_after=workspace.buffer_after,
        days_ahead=workspace.days_ahead,
        hold_days=workspace.hold_days,
        language=workspace.language,
        answers_in=answers,
    )


def voice_of(workspace: Workspace) -> Voice:
    """The workspace's own voice, which speaks where no rep's does."""
    name = workspace.sender_name or workspace.name
    return Voice(
        sender_name=name,
        signature=workspace.signature or f"{name}\n{workspace.name}",
        greeting=in_their_language(workspace, "greeting"),
        closing=in_their_language(workspace, "closing"),
        language=workspace.language,
        banned_phrases=tuple(workspace.banned_phrases),
        tone=Tone(workspace.tone),
        samples=tuple(workspace.samples),
    )


def voice_of_rep(rep: Rep, own: Voice, workspace: Workspace) -> Voice:
    """A rep's voice: the workspace's where it says nothing else. Samples are of one person, and are not lent."""
    language = rep.language or own.language
    own_set = set_in(language, workspace.template_set) if language != own.language else ""

    def usual(name: str) -> str:
        return letter(own_set, name) if own_set else str(getattr(own, name))

    return Voice(
        sender_name=rep.name,
        signature=rep.signature or f"{rep.name}\n{workspace.name}",
        greeting=rep.greeting or usual("greeting"),
        closing=rep.closing or usual("closing"),
        language=language,
        banned_phrases=tuple(dict.fromkeys((*own.banned_phrases, *rep.banned_phrases))),
        tone=Tone(rep.tone) if rep.tone else own.tone,
        samples=tuple(rep.samples),
    )


def in_their_language(workspace: Workspace, name: str) -> str:
    """What they entered; the English that every workspace begins with gives way to the usual words of the language."""
    entered: str = getattr(workspace, name)
    own_set = set_in(workspace.language, workspace.template_set)
    untouched = entered == letter(PLAIN, name)
    return letter(own_set, name) if own_set and untouched else entered


def answers_of(workspace: Workspace) -> dict[str, dict[str, str]]:
    """By language, then by intent."""
    found: dict[str, dict[str, str]] = {}
    rows = Answer.objects.filter(workspace=workspace).values_list("language", "intent", "text")
    for language, intent, text in rows:
        found.setdefault(language, {})[intent] = text
    return found
