"""The specification of the alerts on platform metrics: minutes of a metric in, what fires at each moment out."""
