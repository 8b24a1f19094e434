"""What an expression yields: labels of PromQL, names and columns of Kusto."""
