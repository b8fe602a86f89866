"""What the default bounds drop of real text, and what decontamination finds and misses."""
