"""The read side: merges the cells of all partitions and serves gauges, a small API and a landing page."""
