"""What is read out of Gmail's JSON: text, encodings, quotes."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from connectors.gmail_messages import message_from, text_of
from connectors.gmail_text import html_to_text, own_words


def part(kind: str, content: bytes, charset: str = "utf-8", **more: Any) -> dict[str, Any]:
    data = urlsafe_b64encode(content).decode().rstrip("=")
    headers = [{"name": "Content-Type", "value": f'{kind}; charset="{charset}"'}]
    return {"mimeType": kind, "headers": headers, "body": {"data": data}, "filename": "", **more}


def test_the_plain_part_is_taken_before_the_html_one_at_any_depth() -> None:
    inner = {"mimeType": "multipart/alternative", "parts": [part("text/html", b"<b>x</b>"), part("text/plain", b"y")]}
    assert text_of({"mimeType": "multipart/mixed", "parts": [inner]}) == "y"


def test_html_alone_becomes_text() -> None:
    markup = b"<style>p{}</style><p>Hello&nbsp;Ann,</p><ul><li>one<li>two</ul><script>x()</script><br>bye"
    assert text_of(part("text/html", markup)) == "Hello Ann,\n\n- one\n- two\n\nbye"


def test_attachments_and_attached_mails_are_left_out() -> None:
    attached = {"mimeType": "message/rfc822", "parts": [part("text/plain", b"theirs")]}
    file = part("text/plain", b"notes", filename="notes.txt")
    assert text_of({"mimeType": "multipart/mixed", "parts": [file, attached, part("text/plain", b"ours")]}) == "ours"


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("für".encode("latin-1"), "iso-8859-1", "für"),
        ("für".encode(), "iso-8859-1", "für"),
        ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本"),
        ("für".encode("latin-1"), "no-such-charset", "für"),
    ],
)
def test_text_is_read_in_whatever_encoding_it_comes(content: bytes, charset: str, text: str) -> None:
    assert text_of(part("text/plain", content, charset)) == text


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Yes.\n\nOn Mon, 4 May 2026 at 10:00, Rep <r@x.example> wrote:\n> old\n> older", "Yes."),
        ("Yes.\n\nOn Mon, 4 May 2026 at 10:00, Rep\n<r@x.example> wrote:\n\nold words", "Yes."),
        ("Yes.\nAm 4. Mai schrieb Rep <r@x.example>:\n> alt", "Yes."),
        ("> question?\nanswer\n> other?\nno", "answer\nno"),
        ("Hi.\nOn Monday you wrote:\n> price?\nStill true.", "Hi.\nStill true."),
        ("Yes.\n-----Original Message-----\nFrom: Rep", "Yes."),
        ("Yes.\n________________________________\nFrom: Rep <r@x.example>\nold", "Yes."),
        ("> all of it quoted", "> all of it quoted"),
        ("On Monday we decide.", "On Monday we decide."),
    ],
)
def test_what_a_mail_quotes_is_left_out(text: str, own: str) -> None:
    assert own_words(text) == own


def test_quoted_html_is_left_out_even_when_tags_stay_open() -> None:
    markup = "<div>New<div class='gmail_quote extra'><p>old<blockquote><p>older</blockquote></div>after</div>"
    assert html_to_text(markup) == "New\n\nafter"


def test_a_mail_full_of_openings_is_read_in_reasonable_time() -> None:
    own_words("On " * 20_000)
    own_words(("On " + "x" * 290 + "\n") * 160)
    html_to_text("<blockquote>" * 20_000)


def test_a_message_knows_its_machine_and_decodes_its_headers() -> None:
    headers = {
        "From": "=?utf-8?q?J=C3=B6rg?= <Joerg@Acme.example>",
        "To": '"Rep, R" <rep@x.example>, b@x.example',
        "Precedence": "bulk",
        "References": "<a@b> <c@d>",
    }
    raw = {
        "id": "m1",
        "internalDate": "1767225600000",
        "labelIds": ["SENT"],
        "payload": {"headers": [{"name": name, "value": value} for name, value in headers.items()]},
    }
    message = message_from(raw, frozenset())
    assert (message.sender_name, message.sender, message.outgoing) == ("Jörg", "joerg@acme.example", True)
    assert message.recipients == ("rep@x.example", "b@x.example")
    assert message.auto_submitted
    assert message.references == ("<a@b>", "<c@d>")
    assert message.sent_at.isoformat() == "2026-01-01T00:00:00+00:00"
