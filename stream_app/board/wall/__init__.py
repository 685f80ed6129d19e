"""The wall: one page for a screen that hangs where everybody sees it, and what it is sent."""
