"""Somebody of the team who owns contacts in HubSpot."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from leads.models.workspace import tones


class Rep(models.Model):
    """A HubSpot owner. While `speaks` is on, drafts for the contacts that they own are in their voice.

    What is empty here is as in the workspace; phrases are banned beside the workspace's.
    """

    workspace = models.ForeignKey("leads.Workspace", models.CASCADE, related_name="reps")
    owner_id = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, blank=True)
    speaks = models.BooleanField(default=False)
    signature = models.TextField(blank=True)
    greeting = models.CharField(max_length=80, blank=True)
    closing = models.CharField(max_length=80, blank=True)
    tone = models.CharField(max_length=10, choices=tones, blank=True)
    language = models.CharField(max_length=2, blank=True)
    banned_phrases = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    samples = ArrayField(models.TextField(), default=list, blank=True, help_text="Mails they sent, naming nobody.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "owner_id"], name="rep_once_per_workspace")]

    def __str__(self) -> str:
        return self.name
