"""Durable runs: claim, lease, fence, checkpoints, effects that happen once."""
