"""Memory that polars no longer uses goes back to the machine."""

import os
import subprocess
import sys

from regulars.pipelines.run.polars_memory import VARIABLE, return_unused_memory


def test_the_command_line_sets_polars_before_it_is_imported():
    command = "import sys, regulars.cli; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


def test_what_the_environment_says_of_the_allocator_is_kept(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for written, then in (
        ("", "background_thread:true"),
        ("dirty_decay_ms:0", "dirty_decay_ms:0,background_thread:true"),
        ("background_thread:false", "background_thread:false"),
    ):
        monkeypatch.setenv(VARIABLE, written)
        return_unused_memory()
        assert os.environ[VARIABLE] == then
