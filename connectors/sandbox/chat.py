"""An OpenAI-compatible chat endpoint that always has the same good answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from connectors.sandbox.wire import Answer, Call, Route, refusal

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

CONTENT = {
    "subject": "Your question to Northwind",
    "paragraphs": [
        "Thank you for getting in touch. Your question deserves a proper answer, so here is the short version.",
        "Would one of these times suit you for a first call?",
    ],
    "slot_ids": [],
    "asset_ids": [],
}


def complete(box: Box, call: Call) -> Answer:
    body = call.json()
    messages = body.get("messages")
    if not body.get("model") or not isinstance(messages, list) or not messages:
        raise refusal("chat", 400, "you must provide a model and messages", "invalid_request_error")
    text = msgspec.json.encode(CONTENT).decode()
    return Answer(
        {
            "id": f"chatcmpl-sandbox-{box.served}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": len(call.body) // 4, "completion_tokens": len(text) // 4, "total_tokens": 0},
        }
    )


ROUTES = [Route("chat", "completions.create", "POST", "/v1/chat/completions", complete)]
