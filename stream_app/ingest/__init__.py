"""The way in: exports to events by a declarative mapping, and dead letters back to their topic."""
