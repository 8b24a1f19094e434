"""When it is bad, who hears of it, and what to do."""
