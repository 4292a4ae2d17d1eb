"""An agent of a test: the client of the MCP library, which starts the server as an assistant does."""

import asyncio
import os
import sys
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

ROOT = Path(__file__).parents[3]


def talk(home: Path, *calls: tuple[str, dict]) -> list[tuple[bool, str]]:
    """Start the server as an agent does, call its tools, and give for each whether it failed, and the text."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "regulars", "mcp", "--home", str(home)], env=environment
    )

    async def converse() -> list[tuple[bool, str]]:
        async with stdio_client(server) as streams, ClientSession(*streams) as session:
            await session.initialize()
            answers = []
            for name, arguments in calls:
                if name == "resource":
                    read = await session.read_resource(**arguments)
                    answers.append((False, read.contents[0].text))
                else:
                    result = await session.call_tool(name, arguments)
                    answers.append((bool(result.is_error), result.content[0].text))
            return answers

    return asyncio.run(converse())
