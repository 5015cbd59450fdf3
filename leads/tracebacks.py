"""An error as it may be kept: its kind, its words, and where it came from."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from types import CodeType, FrameType

from django.conf import settings
from django.db import Error as DatabaseError

from leads.codec import storable

FRAMES = 40  # of each error; of more, the middle is left out
ERRORS = 5  # of a chain
MOST = 10_000  # characters
MOST_WORDS = 2000  # characters of a message, which may quote all that it was given
LONGEST_KIND = 40
ELSEWHERE = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def kind_of(error: BaseException) -> str:
    return type(error).__name__[:LONGEST_KIND]


def explained(error: BaseException) -> str:
    """The error's words; not a database's, which quote the row that it refused."""
    if isinstance(error, DatabaseError):
        return f"The database refused a write ({getattr(error.__cause__, 'sqlstate', None) or 'no connection'})."
    words = storable(str(error))
    return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS]} … ({len(words):,} characters)"


def trace_of(error: BaseException) -> str:
    """A line for each call, outermost first, and the errors that led to it below, newest first.

    Places in code and types of errors: never a value or a message.
    """
    parts = []
    for number, one in enumerate(chain(error)):
        parts.append(f"{'after ' if number else ''}{type(one).__module__}.{type(one).__qualname__}")
        parts += shortened([f"  {place(frame, line)}" for frame, line in walk_tb(one.__traceback__)])
    return "\n".join(parts)[:MOST]


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, unless whoever raised it left that out on purpose."""
    one: BaseException | None = error
    for _ in range(ERRORS):
        if one is None:
            return
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def shortened(lines: list[str]) -> list[str]:
    if len(lines) <= FRAMES:
        return lines
    half = FRAMES // 2
    return [*lines[:half], f"  … {len(lines) - 2 * half} calls …", *lines[-half:]]


def place(frame: FrameType, line: int) -> str:
    """Our code by its file; others' by the module, which begins with the package's name."""
    code = frame.f_code
    return f"{ours(code) or frame.f_globals.get('__name__') or 'generated code'}:{line} {code.co_qualname}"


def ours(code: CodeType) -> str:
    """The file, from the root of the product; empty for a library, or what has no file."""
    path = Path(code.co_filename)
    if code.co_filename.startswith(ELSEWHERE) or not path.is_relative_to(settings.BASE_DIR):
        return ""
    return path.relative_to(settings.BASE_DIR).as_posix()
