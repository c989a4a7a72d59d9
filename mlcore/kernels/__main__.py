"""`python -m mlcore.kernels`: errors and speeds."""

from mlcore.kernels.report import main

if __name__ == "__main__":
    raise SystemExit(main())
