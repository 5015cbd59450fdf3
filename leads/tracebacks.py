"""Where an error came from, as it may be kept: places in code and types of errors, never a value or a message."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from types import CodeType, FrameType

from django.conf import settings

FRAMES = 40  # of each error; of more, the middle is left out
ERRORS = 5  # of a chain
MOST = 10_000  # characters
ELSEWHERE = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def trace_of(error: BaseException) -> str:
    """A line for each call, outermost first, and the errors that led to it below, newest first."""
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
