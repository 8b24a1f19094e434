"""Where we look: one module a dashboard."""
