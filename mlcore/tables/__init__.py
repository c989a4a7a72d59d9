"""Tables: rows of named columns, read from files, looked at, and brought into shape before anybody trains on them."""
