"""What a MES gets, and how: events, and the kinds of destinations. Knows no manifest."""
