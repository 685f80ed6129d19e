"""The contestants: one program each, started as a process of its own with the course in its environment."""
