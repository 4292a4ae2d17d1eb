"""Defines the error of a connection that may work at the next attempt.

Put here: that error. Keep out: who raises it (`postgresql.py`), and attempts (`fetch.py`).
"""


class ConnectionLost(Exception):
    """The server did not answer, refused the connection, or went away; the text says why, without a secret."""
