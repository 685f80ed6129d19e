"""The benchmark: what an event costs at each stage, and beside it plain Faust doing the same work."""
