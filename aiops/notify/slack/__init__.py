"""Slack: `receiver` posts and edits, `blocks` lays out within Block Kit's limits, `interaction` reads presses."""
