"""The page of ``report --html``: a result, drawn."""
