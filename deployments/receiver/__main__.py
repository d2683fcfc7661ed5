"""`python -m deployments.receiver`: see `serve`."""

import sys

from deployments.receiver.serve import main

sys.exit(main())
