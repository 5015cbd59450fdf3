"""The rows and people of the admin's tests."""

from tests.admin.conftest import *  # noqa: F403  the same rows, looked at from home
