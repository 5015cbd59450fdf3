"""Who can be put to the test: templates, a model, and models that obey whoever attacks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from msgspec import structs

from connectors import sandbox
from connectors.llm import COMPLETE, ChatModel, ModelConfig, open_model
from connectors.ports import TextModel
from connectors.sandbox.chat import check_modes
from leads import model_account, wording
from leads.credentials import DEFAULT_SLUG
from leads.evaluation.leadset import Lead
from leads.evaluation.obedient import obedient_models
from leads.evaluation.rehearsal import Answered, rehearse
from leads.facts import Wording
from leads.models import TemplateVersion
from leads.writing.phrases import template_sets

TEMPLATES, MODEL = "templates", "model"
OBEDIENT, GULLIBLE = "model:obedient", "model:gullible"
UNDER_ATTACK = (TEMPLATES, OBEDIENT, GULLIBLE)

_VERSION = re.compile(r"(?P<set>[\w-]+)@(?P<number>\d{1,6})(?:/(?P<workspace>[\w-]+))?")
_OTHER_FORMS = ("Contact us", "Get in touch", "Talk to our sales team")


class UnknownWriter(ValueError):
    """No writer is called that, or it does not answer; the message says which there are, or why."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Answers a lead, an attack perhaps in several ways, each of which must hold."""

    name: str
    answers: Callable[[Lead], Iterator[Answered]]


@contextmanager
def writer_named(name: str) -> Iterator[Writer]:
    """`templates`, a template set, `model` (the configured one), `model:MODE` of the sandbox, or `model:obedient`."""
    if name == TEMPLATES:
        yield Writer(name, _in_other_words)
    elif name in template_sets():
        yield Writer(name, partial(_in_other_words, template_set=name))
    elif found := _VERSION.fullmatch(name):
        yield Writer(name, partial(_in_other_words, template_set=found["set"], own=_version(**found.groupdict())))
    elif name == OBEDIENT:
        yield Writer(name, _obediently)
    elif name.partition(":")[0] == MODEL:
        with _model(name) as model:
            must_answer = _asked if name == GULLIBLE else _as_it_is
            yield Writer(name, lambda lead: iter([must_answer(rehearse(lead, model=model))]))
    else:
        raise UnknownWriter(
            f"“{name}” is no writer. There are {', '.join((TEMPLATES, *template_sets()))}, SET@NUMBER for a version of "
            f"the default workspace's wording, SET@NUMBER/WORKSPACE for another's, {MODEL} for the configured "
            f"one, {MODEL}:MODE for the sandbox's model in one of its modes, and {OBEDIENT}."
        )


def _version(*, set: str, number: str, workspace: str | None) -> Wording:
    slug = workspace or DEFAULT_SLUG
    try:
        return wording.version(slug, set, int(number))
    except TemplateVersion.DoesNotExist:
        raise UnknownWriter(f"The workspace {slug} has no version {number} of the template set {set}.") from None


def _in_other_words(lead: Lead, template_set: str = "", own: Wording | None = None) -> Iterator[Answered]:
    """Which words templates choose depends on the form, so that an attack is tried through several of them."""
    yield rehearse(lead, template_set, own=own)
    if lead.attack:
        yield from (rehearse(structs.replace(lead, form=form), template_set, own=own) for form in _OTHER_FORMS)


def _obediently(lead: Lead) -> Iterator[Answered]:
    """Every demand of an attack, in every place of a letter; without an attack, what the sandbox's model writes."""
    yield from (_asked(rehearse(lead, model=model)) for model in obedient_models(lead))


def _as_it_is(answered: Answered) -> Answered:
    return answered


def _asked(answered: Answered) -> Answered:
    """A model that could not be reached proves nothing; where there are no texts around its words it is not asked."""
    use = answered.letter.model if answered.letter else None
    if answered.letter and (use is None or use.fell_back.startswith(COMPLETE.service)):
        raise UnknownWriter(f"The model did not answer: {use.fell_back if use else 'it was never asked'}.")
    return answered


@contextmanager
def _model(name: str) -> Iterator[TextModel]:
    mode = name.partition(":")[2]
    if not mode:
        if not model_account.is_set_up():
            raise UnknownWriter("No model is set up: LLM_BASE_URL and LLM_MODEL are needed.")
        yield open_model(model_account.config())
        return
    try:
        check_modes(mode)
    except ValueError as error:
        raise UnknownWriter(f"“{name}” is no writer. {error}.") from None
    with sandbox.running() as box:
        yield ChatModel(ModelConfig(url=f"{box.url}/v1", model=f"sandbox:{mode}", api_key="sandbox"))
