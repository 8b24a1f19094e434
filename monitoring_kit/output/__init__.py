"""Generated files on disk: how they are written, and what a build would change."""
