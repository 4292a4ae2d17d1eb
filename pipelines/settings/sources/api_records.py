"""What a company may set about records of an API of which a page does not bring everything.

Put here: how the rest is asked for. Keep out: pages and the way in (`api_way.py`), and asking
(`pipelines/sources/fetching/api/`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import Part

Text = Annotated[str, Field(min_length=1)]


class HalfRecords(Part):
    """Records that hold arrays of which only a part comes, as the lines of an order do with GraphQL.

    A page with such a record is asked for again; when it still holds one, the source is refused: half of a record would
    be read as the whole.
    """

    more_path: Annotated[list[Text], Field(min_length=1)]
    """Where a record says, as true or false, that it has more than came, such as `lineItems.pageInfo.hasNextPage`; in
    every element of an array: `refunds[*].transactions.pageInfo.hasNextPage`."""
    ask_again_with: dict[Text, int | str] = {}
    """What `json` holds then: path and value, such as `{variables.first: 1, variables.lines: 250}`. The pages behind it
    are asked for as before. Without it, the source is refused at once."""


class Lookup(Part):
    """What records lack and a second request brings, as a search of HubSpot lacks what a deal belongs to.

    The ids of each page are sent by POST as `{inputs: [{id: …}, …]}`, and what comes of each is put into its record. An
    id of which nothing comes has nothing; any other error in the answer refuses the source.
    """

    path: Text
    """Where it is asked for, from `base_url`."""
    data_selector: Text = "results"
    """Where the answer has what was found, an object per id."""
    id_path: Text
    """Where each object names the id, such as `from.id`."""
    value_path: Text
    """Where it has what is wanted, such as `to`."""
    put_at: Text
    """Where that is put into the record, such as `associations.contacts.results`."""
    errors_path: Text = "errors"
    """Where the answer lists what went wrong."""
    code_path: Text = "subCategory"
    """Where each of them has its code."""
    nothing_found: list[Text] = []
    """The codes by which the server says that an id has nothing."""
    most_ids: Annotated[int, Field(ge=1)] = 100
    """So many ids are sent at once."""
