"""Views: what a table says when it is looked at, each a function of a frame that gives a View."""
