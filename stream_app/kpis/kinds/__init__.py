"""The kinds of formula that a KPI can have, one per file."""
