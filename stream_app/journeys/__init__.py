"""The state machines that follow one relationship: pure code, no broker, no clock, no randomness."""
