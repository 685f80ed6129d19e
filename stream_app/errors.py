"""The error that a user caused and can fix."""


class UserError(Exception):
    """Stop a command with a sentence that names the thing and its place, and with the fix.

    The command line prints it in red, without a traceback, and exits with status 2.

    Attributes:
        message: What is wrong, with the name and the place of it.
        hint: What to do about it; may span lines, may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
