#!/usr/bin/env python
"""Django's command line. What an operator can mend is said in a sentence; `--traceback` shows where it came from."""

from __future__ import annotations

import os
import sys

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

INTERRUPTED = 130


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesagent.settings")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (ImproperlyConfigured, OperationalError, ProgrammingError) as error:
        said = sentence(error)
        if not said or "--traceback" in sys.argv:
            raise
        sys.stderr.write(f"{said}\n")
        return 1
    return 0


def sentence(error: Exception) -> str:
    """What to say instead of a traceback; empty for what is a fault of ours."""
    match error, error.__cause__:
        case ImproperlyConfigured(), _:
            return str(error)
        case _, psycopg.errors.UndefinedTable():
            return "The database has no tables for this: run `python manage.py migrate` first."
        case _, psycopg.OperationalError(sqlstate=None):
            return f"The database can't be reached: {error}".rstrip()
        case _:
            return ""


if __name__ == "__main__":
    sys.exit(main())
