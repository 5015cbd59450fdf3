"""The mailbox is followed: what people do to drafts there, and what prospects answer, is taken over, never overwritten.

`follower` decides when to look, `looking` and `reconciling` find, `edits`, `departures` and `answers` take over.
Nothing is kept of a conversation with somebody who has no draft.
"""
