"""Local accounts: one process that speaks the vendors' HTTP APIs, strictly, with trouble on demand."""

from connectors.sandbox.client import Control
from connectors.sandbox.seed import Seed
from connectors.sandbox.server import ENDPOINTS, Running, check_faults, running, serve
from connectors.sandbox.state import Settings

__all__ = ["ENDPOINTS", "Control", "Running", "Seed", "Settings", "check_faults", "running", "serve"]
