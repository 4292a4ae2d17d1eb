"""The MCP server: agents ask the published file in a protocol of their own, over standard input and output.

Put here: tools, resources and what agents are told first. Keep out: what a tool answers (`published.py`), and running
a query (`guarded_query.py`). The only module that imports `mcp`.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.mcp import describe, explain, published
from regulars.pipelines.command.mcp.find import list_tables as list_tables_by_words
from regulars.pipelines.command.mcp.guarded_query import Limits, run_guarded_query
from regulars.pipelines.command.mcp.report_text import read_text
from regulars.pipelines.command.opened import explain_other_version
from regulars.pipelines.errors import RegularsError
from regulars.pipelines.home.home import Home

INSTRUCTIONS = """
Tables about the customers of one company: who comes back, what each is worth, how they feel, and what to do about it.
Call list_tables with the words of the question, then describe_table, before you write a query; explain_metric says how
a number is defined and gives a query for it. Rules that keep answers right:
- NULL means not known yet or not knowable, never 0; where there is a column `reason` or `is_complete`, it says why.
- Many tables hold several grains and dimensions: filter `grain` and `dimension` (the whole company is 'all'), or ask
  the view of the headline rows that explain_metric names. Never add up shares, averages or scores.
- Give n and the interval beside a rate or score, and the day `as_of` up to which the data counts: "this week" is the
  week of `as_of`, and where `run_on` is much later, say so.
- customer_id is a name of its own; names and addresses of people are not here.
"""


def make_server(home: Home, limits: Limits | None = None) -> MCPServer:
    """The server for what a home publishes; every call reads the generation that is current then.

    Args:
        home: The company's home.
        limits: What one query may take.
    """
    server = MCPServer(
        name="regulars", version=version("regulars"), instructions=INSTRUCTIONS.strip(), log_level="ERROR"
    )
    allowed = limits or Limits()

    def answer(ask: Callable[[Path], Any]) -> str:
        try:
            current = find_current(home)
            file = current.duckdb_file
            with explain_other_version(current):
                found = {**published.find_as_of(file), "answer": ask(file)}
            return json.dumps(found, default=str, ensure_ascii=False)
        except RegularsError as error:
            raise ToolError(str(error)) from None

    @server.tool(structured_output=False)
    def list_tables(words: str = "") -> str:
        """List the published tables, a line each: name | what a row is | what it answers | views of its headline rows.

        With the words of a question, such as `revenue of detractors by region`: the tables that fit best, best first.
        """
        return answer(lambda file: list_tables_by_words(file, words))

    @server.tool(structured_output=False)
    def describe_table(table: str, word: str = "") -> str:
        """Describe one table, such as `marts.churn` or `churn`: a line per column, its keys and metrics.

        With `word`, the columns that say it, or one of several words, with their whole texts and what each value means.
        """
        return answer(lambda file: describe.describe_table(file, table, word))

    @server.tool(structured_output=False)
    def explain_metric(metric: str) -> str:
        """Say how a metric, such as `churn_rate_12m`, is defined, and give a query for its latest values.

        Words do too, such as `how much a customer costs` or `month-3 retention`: the metrics that fit best, with a line
        on each where several do, or that nothing fits well and what is nearest.
        """
        return answer(lambda file: explain.explain_metric(file, metric))

    @server.tool(structured_output=False)
    def query(sql: str) -> str:
        """Run one SELECT (DuckDB SQL) on the published tables; at most 500 rows come back, fewer of wide ones.

        Name the columns that you need, and write `as` before a name of your own: some words are SQL's (share, months).
        `is_cut` says if not all did, `all_rows` how many there are, and `go_on` how to read on.
        """
        return answer(lambda file: run_guarded_query(file, sql, allowed))

    @server.tool(structured_output=False)
    def list_findings() -> str:
        """List what the last run found odd in the data, the most severe first, with what to do about it."""
        return answer(published.list_findings)

    @server.tool(structured_output=False)
    def list_restatements() -> str:
        """List which metrics of past periods the last runs changed, and why; and how many the last one compared."""
        return answer(published.list_restatements)

    @server.resource("regulars://report", mime_type="text/plain")
    def report() -> str:
        """The report of the current generation, as text."""
        return read_text(find_current(home).report_file.read_text(encoding="utf-8"))

    @server.resource("regulars://contracts", mime_type="application/yaml")
    def contracts() -> str:
        """The contracts of all tables for tools that read them: very long. describe_table says it of one table."""
        return find_current(home).contracts_file.read_text(encoding="utf-8")

    return server


def serve(home: Home) -> None:
    """Serve until the client closes the standard input.

    Raises:
        StorageFailed: Nothing is published yet.
    """
    find_current(home)
    make_server(home).run(transport="stdio")
