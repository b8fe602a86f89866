"""How fast text is normalised, keyed, measured, judged and searched for benchmark items."""
