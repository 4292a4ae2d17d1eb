"""A run without DAGSTER_HOME does all that a recorded one does, and keeps nothing but how it ended."""

import dagster as dg

from regulars.assets.unrecorded import open_unrecorded_instance

FIRST, SECOND = dg.AssetKey("first"), dg.AssetKey("second")


def run_job(*, sound: bool) -> dg.ExecuteInProcessResult:
    check = dg.AssetCheckSpec("is_sound", asset=FIRST, blocking=True)

    @dg.asset(key=FIRST, check_specs=[check])
    def first() -> dg.MaterializeResult:
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="is_sound", passed=sound)])

    @dg.asset(key=SECOND, deps=[FIRST])
    def second() -> None: ...

    job = dg.Definitions([first, second], jobs=[dg.define_asset_job("run")]).resolve_job_def("run")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with open_unrecorded_instance() as instance:
        done = job.execute_in_process(run_config=quiet, instance=instance, raise_on_error=False)
        assert instance.get_latest_materialization_event(FIRST) is None
        run = instance.get_run_by_id(done.run_id)
        assert run is not None
        assert run.is_success == done.success
        return done


def made_by(done: dg.ExecuteInProcessResult) -> set[dg.AssetKey | None]:
    return {event.asset_key for event in done.all_node_events if event.is_step_materialization}


def test_every_step_runs_and_no_event_is_kept():
    done = run_job(sound=True)
    assert done.success
    assert made_by(done) == {FIRST, SECOND}


def test_a_blocking_check_that_fails_stops_what_comes_after():
    done = run_job(sound=False)
    assert not done.success
    assert made_by(done) == {FIRST}
