"""Proofs of alerts: cases derived from what an alert is meant to do, and mutants that the cases have to tell apart."""
