"""PromQL: an expression tree, its parser and printer, and what labels an expression can have."""
