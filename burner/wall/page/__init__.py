"""The page of the wall view: HTML, style and script, and its words in both languages."""
