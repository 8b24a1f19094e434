"""What people write: metrics, log tables, signals, thresholds, alerts, dashboards, objectives and routing."""
