"""What worked before, for similar prospects of the same workspace. Counts and ids only, never a name or a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from connectors.ports import Company
from leads import codec
from leads.facts import Enquiry, Likeness, Patterns
from leads.likeness import industry_of, role_of
from leads.manner import Habit, Manner
from leads.models import Draft, SentMail
from leads.models.draft import DECIDED, GOOD
from leads.momentary import Momentary
from leads.planning import CONTINUE

Status = Draft.Status

LOOK_BACK = 500  # drafts that somebody decided on
MAILBOXES = 20  # whose sent mail was read
ANSWERED = 2.0  # how many approvals an answer is worth
ENOUGH = 3  # of those that worked; fewer is chance, and prospects who are less alike say more

# From the prospects who are most like this one to all who asked the same.
LEVELS: tuple[tuple[Likeness, ...], ...] = (
    (Likeness.FORM, Likeness.ROLE, Likeness.INDUSTRY),
    (Likeness.FORM, Likeness.ROLE),
    (Likeness.FORM, Likeness.INDUSTRY),
    (Likeness.FORM,),
    (),
)


@dataclass(frozen=True, slots=True)
class Decided:
    """A draft that somebody decided on. `worth` is 0 for a no, else the share of the writer's words that went; twice
    that where the prospect answered."""

    intents: list[str]
    form: str
    role: str
    industry: str
    approach: str
    ask: str
    asset_ids: list[str]
    worth: float


@dataclass(frozen=True, slots=True)
class History:
    """What a workspace can learn from."""

    decided: tuple[Decided, ...]
    habits: tuple[Habit, ...]


_history = Momentary[int, History]()


def recall(workspace_id: int, enquiry: Enquiry, company: Company | None, *, known: bool = False) -> Patterns:
    """The approach, ask and document that did best with the prospects most like this one, if there are enough of them.

    First answers are not compared with those in a conversation, as with somebody who is `known` from earlier mail.
    Where no such draft was approved: what was usual in sent mail that somebody had read. Two queries per workspace and
    moment, however many runs ask.
    """
    history = _history.recall(workspace_id, settings.SETTINGS_SECONDS, lambda: history_of(workspace_id))
    asked_the_same = [
        one for one in history.decided if enquiry.intents[0] in one.intents and (one.approach == CONTINUE) == known
    ]
    theirs = {
        Likeness.FORM: enquiry.form_name,
        Likeness.ROLE: role_of(enquiry.job_title),
        Likeness.INDUSTRY: industry_of(company.industry if company else ""),
    }
    for level in LEVELS:
        if all(theirs[like] for like in level):
            alike = [one for one in asked_the_same if all(getattr(one, like) == theirs[like] for like in level)]
            found = what_worked(alike)
            if found.approved >= ENOUGH or (found.approved and not level):
                return replace(found, like=level)
    return usual([habit for habit in history.habits if enquiry.intents[0] in habit.intents])


def history_of(workspace_id: int) -> History:
    manners = SentMail.objects.filter(workspace_id=workspace_id).order_by("-read_at").values_list("manner", flat=True)
    read = (codec.decode(manner, Manner) for manner in manners[:MAILBOXES])
    return History(decided(workspace_id), tuple(habit for manner in read for habit in manner.habits))


def usual(habits: list[Habit]) -> Patterns:
    """The ask and the document that most of these mails have; nothing where too few have any."""
    asked = best((habit.ask, 1.0) for habit in habits if habit.ask)
    offered = best((asset_id, 1.0) for habit in habits for asset_id in habit.asset_ids)
    ask = asked.what if asked and asked.worked >= ENOUGH else ""
    asset_id = offered.what if offered and offered.worked >= ENOUGH else ""
    return Patterns(
        ask=ask,
        approved=asked.worked if asked and ask else 0,
        tried=len(habits) if ask else 0,
        asset_id=asset_id,
        asset_approved=offered.worked if offered and asset_id else 0,
        asset_tried=len(habits) if asset_id else 0,
        from_sent_mail=bool(ask or asset_id),
    )


def decided(workspace_id: int) -> tuple[Decided, ...]:
    """The newest drafts of a workspace that somebody decided on; not those that only gave way to a later run.

    Nor those that came back as undeliverable: nobody has read them.
    """
    drafts = Draft.objects.filter(DECIDED, workspace_id=workspace_id, bounced_at=None)
    rows = drafts.order_by("-created_at").values_list(
        *("intents", "form", "role", "industry", "approach", "ask", "asset_ids"),
        *("status", "kept", "sent_at", "replied_at"),
    )
    return tuple(
        Decided(intents, form, role, industry, approach, ask, asset_ids, worth(status, kept, sent_at, replied_at))
        for (intents, form, role, industry, approach, ask, asset_ids, status, kept, sent_at, replied_at) in (
            rows[:LOOK_BACK]
        )
    )


def worth(status: str, kept: float, sent_at: datetime | None, replied_at: datetime | None) -> float:
    """What they wrote before it was sent is no answer to it."""
    if status not in GOOD:
        return 0.0
    return kept * ANSWERED if sent_at and replied_at and replied_at > sent_at else kept


def what_worked(drafts: list[Decided]) -> Patterns:
    """Approach and ask are judged together, documents one by one."""
    said = best(((one.approach, one.ask), one.worth) for one in drafts)
    offered = best((asset_id, one.worth) for one in drafts for asset_id in one.asset_ids)
    approach, ask = said.what if said else ("", "")
    return Patterns(
        approach=approach,
        ask=ask,
        approved=said.worked if said else 0,
        tried=said.tried if said else 0,
        asset_id=offered.what if offered else "",
        asset_approved=offered.worked if offered else 0,
        asset_tried=offered.tried if offered else 0,
    )


@dataclass(frozen=True, slots=True)
class Best[T]:
    """What did best, in how many drafts it worked, and in how many it was tried."""

    what: T
    worked: int
    tried: int


def best[T: Hashable](tried: Iterable[tuple[T, float]]) -> Best[T] | None:
    """Of things with what each try was worth: the one with the highest share, where a single try says little.

    Of several that did as well, always the same one: a draft written twice must say the same things.
    """
    worths: defaultdict[T, list[float]] = defaultdict(list)
    for what, worth in tried:
        worths[what].append(worth)
    ranked = sorted(worths.items(), key=lambda item: (-sum(item[1]) / (len(item[1]) + 1), str(item[0])))
    if not ranked or not any(ranked[0][1]):
        return None
    what, found = ranked[0]
    return Best(what, sum(worth > 0 for worth in found), len(found))
