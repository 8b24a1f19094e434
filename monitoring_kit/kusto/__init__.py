"""Kusto queries: written once, rendered for a panel and for an alert."""
