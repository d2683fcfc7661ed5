"""`python -m deployments.cli`: the same as `codeblue`."""

from deployments.cli import main

main()
