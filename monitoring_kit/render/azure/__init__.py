"""Azure Resource Manager: its template language, the names of what is deployed, and Azure Monitor's limits."""
