"""The command `steer`."""


def main() -> None:
    """Run the command."""
