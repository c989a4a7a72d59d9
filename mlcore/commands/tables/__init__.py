"""`mlj data …` of tables: looking at them, bringing them into shape, and what is found in them."""
