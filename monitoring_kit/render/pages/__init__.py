"""Pages for people: one runbook an alert, and the index of an environment."""
