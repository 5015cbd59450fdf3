"""What an approval is for, as a hash: whom it goes to, all that it says and offers, and what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from leads import codec
from leads.facts import Slot
from leads.models import Draft


def seal_of(draft: Draft, times: Sequence[Slot]) -> str:
    """64 hexadecimal digits over recipient, subject, body, documents, times and the thread up to its newest message.

    Links stand in the body; documents are sealed by their ids, too. `times` are `leads.offers.on_offer` of the draft.
    """
    sealed = {
        "draft": draft.pk,
        "recipient": draft.recipient,
        "subject": draft.subject,
        "body": draft.body,
        "documents": draft.asset_ids,
        "times": list(times),
        "thread_head": draft.thread_head,
    }
    return hashlib.sha256(bytes(codec.encode(sealed))).hexdigest()
