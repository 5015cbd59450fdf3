"""Alerts: `rules` says what is watched for and how it is found, `watch` keeps the episodes and tells of them."""
