"""`python -m mlcore` is `mlj`."""

import sys

from mlcore.cli import main

sys.exit(main())
