"""The static checks: each reads definitions or a plan and returns what it finds, so that one run reports everything."""
