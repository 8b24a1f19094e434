"""Words that every layer shares: units, lengths of time, findings, tables of text."""
