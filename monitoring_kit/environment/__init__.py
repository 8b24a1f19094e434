"""The environment file: its model, the form of its values, and how it is read."""
