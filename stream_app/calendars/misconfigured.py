"""The error of a value in the configuration that cannot be meant."""


class MisconfiguredError(ValueError):
    """Refuse a configured value, and say how to put it right.

    Attributes:
        message: What is wrong, quoting the value.
        fix: What to write instead.
    """

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}; {fix}")
        self.message = message
        self.fix = fix
