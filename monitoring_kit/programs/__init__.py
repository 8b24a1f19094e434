"""External programs: where they are, how they are run, and that they are always stopped."""
