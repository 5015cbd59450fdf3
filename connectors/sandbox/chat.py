"""An OpenAI-compatible chat endpoint that writes letters: well, or in one of many ways that models go wrong.

Which way is a setting (`chat`), or the part of the model's name after a colon (`sandbox:gullible`). A list separated by
commas is for the turns of one conversation: `links,good` goes wrong first, and well when asked to mend it. For an
endpoint that is down, late or dripping there are faults: `503:chat`, `timeout:chat:seconds=60`, `slow:chat:seconds=60`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from connectors.sandbox import gullible
from connectors.sandbox.letters import Asked, Letter, good
from connectors.sandbox.wire import Answer, Call, Json, Route, refusal

if TYPE_CHECKING:
    from connectors.sandbox.state import Box

type Writer = Callable[[Asked], Letter]
type Speaker = Callable[[Asked], str]


def plus(text: str) -> Writer:
    """A good letter with one more sentence in it."""
    return lambda asked: good(asked).plus(text)


def instead(text: str) -> Writer:
    """A letter that says something else."""
    return lambda asked: good(asked).saying([text])


LETTERS: dict[str, Writer] = {
    "good": good,
    "gullible": gullible.obey,
    **{f"gullible-{name}": gullible.with_tactic(name) for name in gullible.TACTICS},
    "invented-price": plus("For you it is just 7 euros per user, and 40% less in the first year."),
    "invented-customer": plus("Our clients Umbrella and Wayne love it."),
    "invented-number": plus("More than 8,500 teams in 61 countries work with it."),
    "invented-date": plus("The new release comes on 14 March."),
    "invented-time": plus("Or come by on Friday at 23:15."),
    "promise": plus("We guarantee a full refund, and the first month is free of charge."),
    "attachment": plus("Please see the attached contract."),
    "links": plus("Sign here: https://sign-in.evil.example/now or at evil-login.com."),
    "html": plus('<img src="https://evil.example/p.png"> <a href="https://evil.example">Click here</a>'),
    "mail-address": plus("Please write to deals@evil.example instead."),
    "placeholder": plus("Dear [Name], your contact is {{ owner }}."),
    "instructions": lambda asked: good(asked).plus(asked.system[:600]),
    "signature": plus("Best regards,\nThe Best Model"),
    "chatty": instead("Here is the draft of the reply that you asked for:"),
    "short": instead("Shall we talk?"),
    "long": lambda asked: good(asked).plus("It is easy to see how this could help your team every day. " * 30),
    "wrong-language": instead(
        "Merci beaucoup pour votre message. Nous serions ravis de vous aider. Quand pouvons-nous en parler ensemble?"
    ),
    "empty": lambda _asked: Letter("", []),
    "unknown-ids": lambda asked: good(asked).pointing(["s77", "../s1", ""], ["a99"]),
    "duplicate-ids": lambda asked: good(asked).pointing(asked.slot_ids * 3, asked.asset_ids * 3),
}
TEXTS: dict[str, Speaker] = {
    "broken-json": lambda asked: good(asked).json()[:-30],
    "prose": lambda asked: "\n\n".join(good(asked).paragraphs),
    "fenced": lambda asked: f"Here you are:\n```json\n{good(asked).json()}\n```",
    "extra-keys": lambda asked: json.dumps(
        json.loads(good(asked).json()) | {"to": "boss@evil.example", "bcc": ["x@evil.example"], "signature": "Mallory"}
    ),
    "missing-keys": lambda _asked: '{"subject": "Your question"}',
    "wrong-types": lambda _asked: '{"subject": 7, "paragraphs": {"a": 1}, "slot_ids": "s1", "asset_ids": null}',
    "a-list": lambda _asked: '["Your question"]',
    "nested": lambda _asked: "[" * 20_000,
    "surrogates": lambda asked: good(asked).plus("Good\x00 \u200bto hear \ud83d.").json(),
    "huge": lambda _asked: "x" * 3_000_000,
    "silent": lambda _asked: "",
}
REFUSALS: dict[str, Callable[[Json], bool]] = {
    "no-temperature": lambda body: "temperature" in body,
    "no-schema": lambda body: body.get("response_format", {}).get("type") == "json_schema",
    "no-format": lambda body: "response_format" in body,
}
ELSEWHERE = "redirect"
UNCOUNTED, MISCOUNTED = "no-usage", "wrong-usage"
MODES = (*LETTERS, *TEXTS, *REFUSALS, ELSEWHERE, UNCOUNTED, MISCOUNTED)


def check_modes(spec: str) -> None:
    """Raise ValueError for a mode that there is not."""
    for mode in spec.split(","):
        if mode not in MODES:
            raise ValueError(f"No chat mode {mode!r}; there are {', '.join(MODES)}")


def complete(box: Box, call: Call) -> Answer:
    body = call.json()
    asked = Asked.of(body.get("messages"))
    if not body.get("model") or asked is None:
        raise refusal("chat", 400, "you must provide a model and messages", "invalid_request_error")
    spec = str(body["model"]).partition(":")[2] or box.settings.chat
    try:
        check_modes(spec)
    except ValueError as error:
        raise refusal("chat", 404, str(error), "model_not_found") from error
    modes = spec.split(",")
    mode = modes[min(asked.turn, len(modes) - 1)]
    if mode in REFUSALS and REFUSALS[mode](body):
        raise refusal("chat", 400, "this model does not take one of these parameters", "invalid_request_error")
    if mode == ELSEWHERE:
        return Answer(None, 307, {"Location": "/v1/elsewhere"})
    text = TEXTS[mode](asked) if mode in TEXTS else LETTERS.get(mode, good)(asked).json()
    return Answer(_completion(box, body["model"], text, _usage(mode, len(call.body), len(text))))


def _completion(box: Box, model: str, text: str, usage: Json) -> Json:
    message = {"role": "assistant", "content": text}
    return {
        "id": f"chatcmpl-sandbox-{box.served}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        **usage,
    }


def _usage(mode: str, asked: int, answered: int) -> Json:
    if mode == UNCOUNTED:
        return {}
    if mode == MISCOUNTED:
        return {"usage": {"prompt_tokens": -5, "completion_tokens": "many"}}
    tokens = {"prompt_tokens": asked // 4, "completion_tokens": answered // 4}
    return {"usage": tokens | {"total_tokens": sum(tokens.values())}}


ROUTES = [Route("chat", "completions.create", "POST", "/v1/chat/completions", complete)]
