"""What a company sets about its worklists.

Put here: the shape of `worklists:`. Keep out: who is on a list, and why (`pipelines/transforms/worklists`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import Part


class Worklists(Part):
    """Whom each owner calls first: `marts.owner_worklists`."""

    length: Annotated[int, Field(ge=1, le=1000)] = 25
    """How many customers the list of an owner has at most. How many more call for action, and what calls could
    keep of them, stands beside the list."""
    show_owner_names: bool = False
    """Whether every published table names the owners of customers and of tickets as the CRM and the helpdesk do. They
    are staff, so by default an owner is a number such as `owner_3`, which stays the same from run to run, and only
    `regulars worklists --export` knows the name."""
