"""How fast Code Blue is, each figure beside a reference measured in the same command: `python -m benchmarks`.

alerts      alert → first reading, approval → applied: the whole real path, by the journal's own timestamps
gathering   twenty probes of 200 ms each
looking     the looks of `rung.high_latency`, beside the AWS CLI
keeping     the journal by itself
unlinking   what others wait for while keys are unlinked in Redis, beside the script that a source prints
large       the journal after a hundred thousand incidents
stock       the references: Prefect as it comes, with `serve()`
figures     samples and goals; `table` prints them

Nothing here asserts on time, and no test runs it: a busy machine is slow, not broken.
"""
