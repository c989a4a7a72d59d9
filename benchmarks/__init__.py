"""The programs behind every number we publish. A benchmark reports, it never gates."""
