"""Makes `python -m regulars` the command line of `cli.py`."""

from regulars.cli import main

main()
