"""What is measured: the contracts, and the signals with their PromQL and Kusto."""
