"""The words of the drafts: template sets, each a folder under templates/drafts with phrases.toml and body.txt.

A set is named for its language (`en`), or for its language and a manner (`en-direct`). What the second kind leaves
out is as in the first.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import cast

from django.template import Context, Engine, Template, TemplateSyntaxError

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "drafts"

# A variable that is missing stays visible, so that the placeholder check stops the draft.
_ENGINE = Engine(dirs=[str(FOLDER)], autoescape=False, string_if_invalid="{{ %s }}")

Values = Mapping[str, object]


@cache
def template_sets() -> tuple[str, ...]:
    """The sets there are, by name."""
    return tuple(sorted(file.parent.name for file in FOLDER.glob("*/phrases.toml")))


def language_of(template_set: str) -> str:
    return template_set.partition("-")[0]


def languages() -> tuple[str, ...]:
    """The languages that there are texts for."""
    return tuple(dict.fromkeys(map(language_of, template_sets())))


@cache
def set_in(language: str, like: str) -> str:
    """The set to write a language with: in the manner of `like` where there is one, or "" without texts for it."""
    manner = like.partition("-")[2]
    wanted = (f"{language}-{manner}", language) if manner else (language,)
    return next((name for name in wanted if name in template_sets()), "")


def alternatives(language: str, section: str, key: str, values: Values) -> tuple[str, ...]:
    """Every way to say one thing, rendered."""
    return rendered(sources(language, section, key), values)


def sources(language: str, section: str, key: str) -> tuple[str, ...]:
    """Every way to say one thing, as templates; none where the section holds single words."""
    found = _phrases(language)[section][key]
    return tuple(cast("list[str]", found)) if isinstance(found, list) else ()


def rendered(ways: Sequence[str], values: Values) -> tuple[str, ...]:
    return tuple(_render(source, values) for source in ways)


def label(language: str, section: str, key: str, values: Values | None = None) -> str:
    """A single word or fragment; "" when the language has none for it."""
    source = cast("str", _phrases(language)[section].get(key, ""))
    return _render(source, values) if values else source


def letter(language: str, name: str) -> str:
    """The usual greeting or closing of a language; {first_name} and {name} are filled in."""
    return sources(language, "letter", name)[0]


def keys(language: str, section: str) -> tuple[str, ...]:
    """The names within a section, in the order of the file."""
    return tuple(_phrases(language)[section])


def everything(language: str) -> str:
    """All texts of a set, one per line, unrendered."""
    values = (value for section in _phrases(language).values() for value in section.values())
    return "\n".join(str(text) for value in values for text in (value if isinstance(value, list) else [value]))


def layout(language: str, values: Values, own: str = "") -> str:
    """The body put together, in an order of its own if there is one."""
    body = _compiled(own) if own else _body(language)
    return body.render(Context(dict(values), autoescape=False))


def order(language: str) -> str:
    """The shipped order of the parts, as a template."""
    return str(_body(language).source)


def syntax_error(source: str) -> str:
    """What is wrong with a template; "" if nothing is."""
    try:
        _ENGINE.from_string(source)
    except TemplateSyntaxError as error:
        return f"This can't be read: {error}"
    return ""


def turn(seed: str, salt: str, count: int) -> int:
    """A number below `count` that is always the same for the same seed and salt."""
    digest = hashlib.blake2s(f"{salt}\0{seed}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) % count


def _render(source: str, values: Values) -> str:
    return _compiled(source).render(Context(dict(values), autoescape=False)) if "{{" in source else source


@lru_cache(4096)
def _compiled(source: str) -> Template:
    return _ENGINE.from_string(source)


@cache
def _body(language: str) -> Template:
    own = (FOLDER / language / "body.txt").is_file()
    return _ENGINE.get_template(f"{language if own else language_of(language)}/body.txt")


@cache
def _phrases(language: str) -> dict[str, dict[str, object]]:
    own: dict[str, dict[str, object]] = tomllib.loads((FOLDER / language / "phrases.toml").read_text(encoding="utf-8"))
    if language == language_of(language):
        return own
    common = _phrases(language_of(language))
    return {section: common.get(section, {}) | own.get(section, {}) for section in {**common, **own}}
