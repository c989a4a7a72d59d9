"""How columns of a table become what a network sees, a page an idea; `datasets.columns` puts them together."""
