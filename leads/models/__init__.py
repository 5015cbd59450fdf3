"""The tables, one noun a file. Rows are changed by the use cases, never by `save()` on a shared row."""

from .alert import Alert, AlertRule
from .answer import Answer
from .api_call import ApiCall
from .backfill import Backfill
from .breaker import Breaker
from .budget import Budget
from .connection import Checkup, Connection
from .delivery import Delivery, UnsignedHour
from .draft import Draft, DraftRevision, DraftViewer
from .effect import Effect
from .error_group import ErrorGroup
from .event import Event
from .form import AllowedForm
from .form_poll import FormPoll
from .held_time import HeldTime
from .known_database import KnownDatabase
from .lead import Lead
from .mailbox_update import MailboxUpdate
from .mailbox_watch import MailboxWatch, Response
from .model_spend import ModelSpend
from .notice import Notice, NoticeAddress
from .reconciliation import Discrepancy, Reconciliation
from .rep import Rep
from .run import WorkflowRun
from .sending import Sending
from .sent_mail import SentMail
from .step import StepRun
from .submission import Submission
from .template_version import TemplateVersion
from .worker import Worker
from .workspace import Workspace

__all__ = [
    "Alert",
    "AlertRule",
    "AllowedForm",
    "Answer",
    "ApiCall",
    "Backfill",
    "Breaker",
    "Budget",
    "Checkup",
    "Connection",
    "Delivery",
    "Discrepancy",
    "Draft",
    "DraftRevision",
    "DraftViewer",
    "Effect",
    "ErrorGroup",
    "Event",
    "FormPoll",
    "HeldTime",
    "KnownDatabase",
    "Lead",
    "MailboxUpdate",
    "MailboxWatch",
    "ModelSpend",
    "Notice",
    "NoticeAddress",
    "Reconciliation",
    "Rep",
    "Response",
    "Sending",
    "SentMail",
    "StepRun",
    "Submission",
    "TemplateVersion",
    "UnsignedHour",
    "Worker",
    "WorkflowRun",
    "Workspace",
]
