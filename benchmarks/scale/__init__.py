"""The scale curves: what grows with relationships, partitions, load and series, and what does not."""
