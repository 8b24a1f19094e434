"""What the alerts of production do, as a specification: given these series, at this time, exactly these fire."""
