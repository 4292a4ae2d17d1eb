"""The crash tests say how often they tried: a proof without its number is none."""

import pytest


@pytest.fixture
def record_trials(request):
    """Call it with a sentence such as `60 kills`; the sentence stands at the end of the test run."""
    return lambda text: request.node.user_properties.append(("trials", text))


def pytest_terminal_summary(terminalreporter):
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "trials" and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {text}")
