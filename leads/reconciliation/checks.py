"""All checks, by the names under which their findings are stored."""

from __future__ import annotations

from leads.reconciliation.doubles import DOUBLES
from leads.reconciliation.drafts import NOT_IN_MAILBOX
from leads.reconciliation.finding import Check
from leads.reconciliation.followups import HALVES, WITHHELD
from leads.reconciliation.stopped import FORGOTTEN, OVERDUE
from leads.reconciliation.strays import STRAYS
from leads.reconciliation.submissions import LOST_RUN, NEVER_CAME, WITHOUT_RUN

CHECKS: dict[str, Check] = {
    "overdue": OVERDUE,
    "forgotten": FORGOTTEN,
    "without_run": WITHOUT_RUN,
    "lost_run": LOST_RUN,
    "never_came": NEVER_CAME,
    "not_in_mailbox": NOT_IN_MAILBOX,
    "strays": STRAYS,
    "doubles": DOUBLES,
    "halves": HALVES,
    "withheld": WITHHELD,
}
