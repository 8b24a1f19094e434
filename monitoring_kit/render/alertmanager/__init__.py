"""Routing as Alertmanager reads it: a whole configuration, and a resource of the Prometheus operator."""
