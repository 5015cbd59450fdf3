"""Gmail's HTTP API: search, threads, drafts, labels, history."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from connectors.sandbox import mime
from connectors.sandbox.mailbox import Mail, Mailbox
from connectors.sandbox.mailquery import SYSTEM_LABELS, compile_query
from connectors.sandbox.wire import Answer, Call, Json, Route, google_error, page

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

FORMATS = ("full", "metadata", "minimal", "raw")
SNIPPET = 190
HISTORY_TYPES = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


def _mailbox(box: Box, call: Call) -> Mailbox:
    """`me` is whom the token stands for; another user's mailbox needs a token of theirs."""
    wanted = call.user if call.args[0] == "me" else call.args[0].lower()
    if wanted != call.user or wanted not in box.mailboxes:
        raise google_error(403, f"Delegation denied for {call.user}", "forbidden")
    return box.mailboxes[wanted]


def _missing() -> Exception:
    return google_error(404, "Requested entity was not found.")


def _stub(mail: Mail) -> Json:
    return {"id": mail.id, "threadId": mail.thread_id}


def _snippet(mail: Mail) -> str:
    return html.escape(" ".join(mail.text.split())[:SNIPPET])


def _shown(mail: Mail, call: Call, style: str = "") -> Json:
    style = style or call.query.get("format", "full").lower()
    if style not in FORMATS:
        raise google_error(400, f"Invalid value at 'format': {style}", "invalidArgument")
    shown = _stub(mail) | {
        "labelIds": sorted(mail.labels),
        "snippet": _snippet(mail),
        "historyId": str(mail.history_id),
        "internalDate": str(mail.internal_ms),
        "sizeEstimate": len(mail.text) + 600,
    }
    if style == "full":
        shown["payload"] = mime.payload_of(mail.source)
    elif style == "metadata":
        headers = mime.headers_of(mail.source, call.query.getall("metadataHeaders", []))
        shown["payload"] = {"mimeType": mail.source.get_content_type(), "headers": headers}
    elif style == "raw":
        shown["raw"] = mime.raw_of(mail.source)
    return shown


def _found(box: Box, call: Call) -> list[Mail]:
    mailbox = _mailbox(box, call)
    wanted = set(call.query.getall("labelIds", []))
    mailbox.check_labels(wanted)
    query = compile_query(call.query.get("q", ""), mailbox.label_ids)
    hidden = call.query.get("includeSpamTrash") == "true" or bool(wanted & {"SPAM", "TRASH"})
    return [mail for mail in mailbox.found(query, hidden=hidden) if wanted <= mail.labels]


def _paged(call: Call, key: str, items: list[Json]) -> Answer:
    """Gmail leaves the list out when it is empty."""
    try:
        after, limit = page(call.query, size="maxResults", after="pageToken", usual=100, most=500)
    except ValueError as error:
        raise google_error(400, str(error), "invalidArgument") from error
    answer: Json = {"resultSizeEstimate": len(items)}
    if shown := items[after : after + limit]:
        answer[key] = shown
    if after + limit < len(items):
        answer["nextPageToken"] = str(after + limit)
    return Answer(answer)


def list_messages(box: Box, call: Call) -> Answer:
    return _paged(call, "messages", [_stub(mail) for mail in _found(box, call)])


def get_message(box: Box, call: Call) -> Answer:
    mail = _mailbox(box, call).messages.get(call.args[1])
    if mail is None:
        raise _missing()
    return Answer(_shown(mail, call))


def trash_message(box: Box, call: Call) -> Answer:
    mailbox = _mailbox(box, call)
    mail = mailbox.messages.get(call.args[1])
    if mail is None:
        raise _missing()
    mailbox.relabel([mail], {"TRASH"}, set())
    if draft_id := mailbox.draft_ids.get(mail.id):
        box.amend("drafts", draft_id, {"state": "trash"})
    return Answer(_stub(mail) | {"labelIds": sorted(mail.labels)})


def list_threads(box: Box, call: Call) -> Answer:
    newest: dict[str, Mail] = {}
    for mail in _found(box, call):
        newest.setdefault(mail.thread_id, mail)
    threads = _mailbox(box, call).threads
    items: list[Json] = []
    for thread_id in newest:
        last = list(threads[thread_id].values())[-1]
        items.append({"id": thread_id, "snippet": _snippet(last), "historyId": str(last.history_id)})
    return _paged(call, "threads", items)


def get_thread(box: Box, call: Call) -> Answer:
    thread = _mailbox(box, call).threads.get(call.args[1])
    if thread is None:
        raise _missing()
    mails = sorted(thread.values(), key=lambda mail: mail.internal_ms)
    shown = {"id": call.args[1], "historyId": str(max(mail.history_id for mail in mails))}
    return Answer(shown | {"messages": [_shown(mail, call) for mail in mails]})


def _label_change(call: Call) -> tuple[set[str], set[str]]:
    body = call.json()
    added, removed = set(body.get("addLabelIds") or []), set(body.get("removeLabelIds") or [])
    if not added | removed:
        raise google_error(400, "No label add or removes specified", "invalidArgument")
    return added, removed


def modify_thread(box: Box, call: Call) -> Answer:
    mailbox = _mailbox(box, call)
    thread = mailbox.threads.get(call.args[1])
    if thread is None:
        raise _missing()
    _relabel(box, mailbox, list(thread.values()), call, "thread_id")
    return Answer({"id": call.args[1], "messages": [_shown(mail, call, "minimal") for mail in thread.values()]})


def modify_message(box: Box, call: Call) -> Answer:
    mailbox = _mailbox(box, call)
    mail = mailbox.messages.get(call.args[1])
    if mail is None:
        raise _missing()
    _relabel(box, mailbox, [mail], call, "message_id")
    return Answer(_shown(mail, call, "minimal"))


def _relabel(box: Box, mailbox: Mailbox, mails: list[Mail], call: Call, key: str) -> None:
    added, removed = _label_change(call)
    changed = mailbox.relabel(mails, added, removed)
    entry = {"mailbox": mailbox.address, key: call.args[1], "added": sorted(added), "removed": sorted(removed)}
    box.note("label_changes", entry | {"changed": changed})


def _draft(mailbox: Mailbox, draft_id: str, call: Call, style: str) -> Json:
    mail = mailbox.drafts.get(draft_id)
    if mail is None:
        raise _missing()
    shown = _stub(mail) | {"labelIds": sorted(mail.labels)} if style == "stub" else _shown(mail, call, style)
    return {"id": draft_id, "message": shown}


def _posted(box: Box, mailbox: Mailbox, call: Call) -> tuple[mime.Source, str]:
    """The mail of a draft's body, sealed, and the id of the thread that it names."""
    message = call.json().get("message")
    if not isinstance(message, dict):
        raise google_error(400, "Missing draft message", "invalidArgument")
    source = mime.parse(message.get("raw"))
    thread_id = str(message.get("threadId") or "")
    mailbox.thread_for(source, thread_id)
    mailbox.seal(source, rewrite=box.settings.rewrite_message_id, strip=box.settings.strip_x_headers)
    return source, thread_id


def create_draft(box: Box, call: Call) -> Answer:
    mailbox = _mailbox(box, call)
    source, thread_id = _posted(box, mailbox, call)
    draft_id = mailbox.create_draft(source, mailbox.thread_for(source, thread_id))
    return Answer(_draft(mailbox, draft_id, call, "stub"))


def list_drafts(box: Box, call: Call) -> Answer:
    mailbox = _mailbox(box, call)
    drafts = [mail for mail in _found(box, call) if mail.id in mailbox.draft_ids]
    return _paged(call, "drafts", [{"id": mailbox.draft_ids[mail.id], "message": _stub(mail)} for mail in drafts])


def get_draft(box: Box, call: Call) -> Answer:
    return Answer(_draft(_mailbox(box, call), call.args[1], call, ""))


def update_draft(box: Box, call: Call) -> Answer:
    """The draft's id stays; its message is a new one, in a new thread when the subject is another."""
    mailbox = _mailbox(box, call)
    old = mailbox.drafts.get(call.args[1])
    if old is None:
        raise _missing()
    source, named = _posted(box, mailbox, call)
    same = mime.base_subject(mime.text_of_header(source, "Subject")) == mime.base_subject(old.subject)
    stays = old.thread_id if same and named in ("", old.thread_id) else mailbox.thread_for(source, named)
    mail = mailbox.replace_draft(call.args[1], source, stays)
    box.amend("drafts", call.args[1], mailbox.described(mail))
    return Answer(_draft(mailbox, call.args[1], call, "stub"))


def delete_draft(box: Box, call: Call) -> Answer:
    _mailbox(box, call).take_draft(call.args[1])
    box.amend("drafts", call.args[1], {"state": "deleted"})
    return Answer(status=204)


def send_draft(box: Box, call: Call) -> Answer:
    mailbox, draft_id = _mailbox(box, call), str(call.json().get("id") or "")
    draft = mailbox.take_draft(draft_id)
    mail = mailbox.add(draft.source, draft.thread_id, {"SENT"})
    box.amend("drafts", draft_id, {"state": "sent"})
    box.note("sent", mailbox.described(mail) | {"draft_id": draft_id})
    return Answer(_stub(mail) | {"labelIds": ["SENT"]})


def _label(label_id: str, name: str) -> Json:
    shown = {"id": label_id, "name": name, "type": "system" if label_id in SYSTEM_LABELS else "user"}
    return shown | {"messageListVisibility": "show", "labelListVisibility": "labelShow"}


def list_labels(box: Box, call: Call) -> Answer:
    held = {name: name for name in SYSTEM_LABELS} | _mailbox(box, call).labels
    return Answer({"labels": [_label(label_id, name) for label_id, name in held.items()]})


def create_label(box: Box, call: Call) -> Answer:
    mailbox, name = _mailbox(box, call), call.json().get("name")
    if not isinstance(name, str) or not name.strip():
        raise google_error(400, "Invalid label name", "invalidArgument")
    label_id = mailbox.create_label(name.strip())
    box.note("labels", {"mailbox": mailbox.address, "id": label_id, "name": name.strip()})
    return Answer(_label(label_id, name.strip()))


def list_history(box: Box, call: Call) -> Answer:
    mailbox, since = _mailbox(box, call), call.query.get("startHistoryId", "")
    if not since.isdecimal():
        raise google_error(400, "Invalid startHistoryId", "invalidArgument")
    first = mailbox.history_id - len(mailbox.history)
    if not first <= int(since) <= mailbox.history_id:
        raise _missing()
    kept = {HISTORY_TYPES.get(kind, kind) for kind in call.query.getall("historyTypes", [])}
    news = [one for one in mailbox.history[int(since) - first :] if not kept or kept & set(one)]
    answer = _paged(call, "history", news)
    if isinstance(answer.body, dict):
        answer.body.pop("resultSizeEstimate")
        answer.body["historyId"] = str(mailbox.history_id)
    return answer


def get_profile(box: Box, call: Call) -> Answer:
    held = _mailbox(box, call)
    totals = {"messagesTotal": len(held.messages), "threadsTotal": len(held.threads)}
    return Answer({"emailAddress": held.address, "historyId": str(held.history_id), **totals})


def list_send_as(box: Box, call: Call) -> Answer:
    held = _mailbox(box, call)
    names = {"sendAsEmail": held.address, "displayName": held.name, "signature": held.signature}
    return Answer({"sendAs": [names | {"isPrimary": True, "isDefault": True, "treatAsAlias": False}]})


_U = "/gmail/v1/users/{user}"
ROUTES = [
    Route("gmail", "messages.list", "GET", _U + "/messages", list_messages),
    Route("gmail", "messages.get", "GET", _U + "/messages/{id}", get_message),
    Route("gmail", "messages.modify", "POST", _U + "/messages/{id}/modify", modify_message, write=True),
    Route("gmail", "messages.trash", "POST", _U + "/messages/{id}/trash", trash_message, write=True),
    Route("gmail", "threads.list", "GET", _U + "/threads", list_threads),
    Route("gmail", "threads.get", "GET", _U + "/threads/{id}", get_thread),
    Route("gmail", "threads.modify", "POST", _U + "/threads/{id}/modify", modify_thread, write=True),
    Route("gmail", "drafts.create", "POST", _U + "/drafts", create_draft, write=True),
    Route("gmail", "drafts.list", "GET", _U + "/drafts", list_drafts),
    Route("gmail", "drafts.send", "POST", _U + "/drafts/send", send_draft, write=True),
    Route("gmail", "drafts.get", "GET", _U + "/drafts/{id}", get_draft),
    Route("gmail", "drafts.update", "PUT", _U + "/drafts/{id}", update_draft, write=True),
    Route("gmail", "drafts.delete", "DELETE", _U + "/drafts/{id}", delete_draft, write=True),
    Route("gmail", "labels.list", "GET", _U + "/labels", list_labels),
    Route("gmail", "labels.create", "POST", _U + "/labels", create_label, write=True),
    Route("gmail", "history.list", "GET", _U + "/history", list_history),
    Route("gmail", "profile.get", "GET", _U + "/profile", get_profile),
    Route("gmail", "sendas.list", "GET", _U + "/settings/sendAs", list_send_as),
]
